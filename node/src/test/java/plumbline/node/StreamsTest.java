package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// What each API's stream says when the answer breaks off, and while nothing happens; and what names model and
/// arithmetic in its answers (A21, A24, A29, A71, A74, A77, A83).
class StreamsTest extends ServerFixture {

    private HttpResponse<String> send(String path, String question, String more) throws Exception {
        return post(path, body(question, more).getBytes(StandardCharsets.UTF_8));
    }

    private static String body(String question, String more) {
        return "{\"model\":\"test/fake\"," + question + more + "}";
    }

    private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"ping\"}]";

    private static String asked(String question) {
        return question.replace("MESSAGES", MESSAGES);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "/v1/chat/completions | MESSAGES | data: {\"error\":{\"message\":",
        "/v1/completions | \"prompt\":\"x\" | data: {\"error\":{\"message\":",
        "/v1/responses | \"input\":\"x\" | event: response.failed\\ndata: {\"type\":\"response.failed\",",
        "/v1/messages | MESSAGES,\"max_tokens\":9 | event: error\\ndata: {\"type\":\"error\",\"error\":{",
        "/api/chat | MESSAGES | {\"error\":\"", "/api/generate | \"prompt\":\"x\" | {\"error\":\"",
    })
    void endWithTheApisErrorWhereTheAnswerBreaksOff(String path, String question, String error) throws Exception {
        model.failsAfter = 2;
        String stream = send(path, asked(question), ",\"stream\":true").body();
        String start = error.replace("\\n", "\n");
        int at = stream.indexOf(start);
        assertTrue(at > 0 && stream.indexOf("pong") < at, stream);
        assertFalse(stream.substring(at + start.length()).contains("\n\ndata"), "it is the last: " + stream);
        assertFalse(stream.contains("[DONE]") || stream.contains("message_stop")
                || stream.contains("response.completed") || stream.contains("\"done\":true"), stream);
        assertEquals(0, server.node().receipts().size());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "/v1/chat/completions | MESSAGES,\"max_tokens\":1 | \\n: ",
        "/v1/completions | \"prompt\":\"x\",\"max_tokens\":1 | : ",
        "/v1/responses | \"input\":\"x\",\"max_output_tokens\":1 | \\n: ",
        "/v1/messages | MESSAGES,\"max_tokens\":1 | event: ping\\ndata: {\"type\":\"ping\"}",
        "/api/chat | MESSAGES,\"options\":{\"num_predict\":1} | \"content\":\"\"},\"done\":false}",
        "/api/generate | \"prompt\":\"x\",\"options\":{\"num_predict\":1} | \"response\":\"\",\"done\":false}",
    })
    void showThatTheNodeIsThereWhileNothingComes(String path, String question, String beat) throws Exception {
        model.gate = new CountDownLatch(1);
        String sign = beat.replace("\\n", "\n");
        StringBuilder stream = new StringBuilder();
        HttpRequest request = to(path).header("Content-Type", "application/json").POST(BodyPublishers.ofString(
                body(asked(question), ",\"stream\":true,\"plumbline\":{\"heartbeat_ms\":100}"))).build();
        try (InputStream bytes = client.send(request, BodyHandlers.ofInputStream()).body()) {
            // The model says nothing before that; the test's time limit ends this.
            while (stream.indexOf(sign, stream.indexOf(sign) + 1) < 0) {
                int next = bytes.read();
                assertTrue(next >= 0, stream::toString);
                stream.append((char) next);
            }
            assertFalse(stream.toString().contains("pong"), stream::toString);
            model.gate.countDown();
            stream.append(new String(bytes.readAllBytes(), StandardCharsets.UTF_8));
        }
        assertTrue(stream.toString().contains("pong"), stream::toString);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "/v1/chat/completions | MESSAGES", "/v1/completions | \"prompt\":\"x\"", "/v1/responses | \"input\":\"x\"",
        "/v1/messages | MESSAGES,\"max_tokens\":9", "/api/chat | MESSAGES", "/api/generate | \"prompt\":\"x\"",
    })
    void nameModelAndArithmetic(String path, String question) throws Exception {
        JsonNode json = JSON.readTree(send(path, asked(question), ",\"stream\":false").body());
        JsonNode said = path.endsWith("completions")
                ? json.path("system_fingerprint") : json.path("plumbline").path("fingerprint");
        assertEquals(FakeModel.ID + "+plumbline-exact-1", said.asString(""), json.toString());
    }
}

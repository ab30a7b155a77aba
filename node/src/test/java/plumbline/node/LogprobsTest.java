package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Logprobs in the shape of each API, whole and streamed (A85 of spec/api.md). The fake model gives the token that it
/// draws half of the probability, and a quarter to each of the next two.
class LogprobsTest extends ServerFixture {

    private static final double HALF = -726_818 * 0x1p-20;
    private static final double QUARTER = HALF - 726_817 * 0x1p-20;

    private JsonNode send(String path, String json) throws Exception {
        HttpResponse<String> response = post(path, json.getBytes(StandardCharsets.UTF_8));
        assertEquals(200, response.statusCode(), response.body());
        return JSON.readTree(response.body());
    }

    private List<JsonNode> stream(String path, String json) throws Exception {
        List<JsonNode> chunks = new ArrayList<>();
        for (String line : post(path, json.getBytes(StandardCharsets.UTF_8)).body().split("\n")) {
            String data = line.startsWith("data: ") ? line.substring(6) : line;
            if (data.startsWith("{")) {
                chunks.add(JSON.readTree(data));
            }
        }
        return chunks;
    }

    private static void assertScored(JsonNode content, int top) {
        assertEquals(4, content.size(), "the end token has no text, so it isn't listed: " + content);
        for (int i = 0; i < 4; i++) {
            assertEquals("t" + (300 + i), content.get(i).path("token").asString());
            assertEquals(HALF, content.get(i).path("logprob").asDouble());
            assertEquals("[116," + (300 + i & 0xff) + "]", content.get(i).path("bytes").toString());
            assertEquals(top, content.get(i).path("top_logprobs").size());
        }
        if (top > 0) {
            JsonNode second = content.get(0).path("top_logprobs").get(1);
            assertEquals("t301", second.path("token").asString());
            assertEquals(QUARTER, second.path("logprob").asDouble());
        }
    }

    private static final String CHAT_BODY =
            "{\"model\":\"test/fake\",\"messages\":[{\"role\":\"user\",\"content\":\"ping\"}]";

    @Test
    void standInAChatCompletionAndItsStream() throws Exception {
        for (int top : new int[] {0, 3}) {
            String body = CHAT_BODY + ",\"logprobs\":true" + (top > 0 ? ",\"top_logprobs\":" + top : "");
            JsonNode whole = send(CHAT, body + "}").path("choices").get(0).path("logprobs");
            assertScored(whole.path("content"), top);
            assertTrue(whole.path("refusal").isNull());
            var together = JSON.createArrayNode();
            for (JsonNode chunk : stream(CHAT, body + ",\"stream\":true}")) {
                chunk.path("choices").get(0).path("logprobs").path("content").forEach(together::add);
            }
            assertEquals(whole.path("content"), together);
        }
        assertTrue(send(CHAT, CHAT_BODY + "}").path("choices").get(0).path("logprobs").isNull());
    }

    @Test
    void standInACompletionWithTheirOffsets() throws Exception {
        String body = "{\"model\":\"test/fake\",\"prompt\":\"ping\",\"logprobs\":2";
        JsonNode whole = send("/v1/completions", body + "}").path("choices").get(0).path("logprobs");
        assertEquals("[\"t300\",\"t301\",\"t302\",\"t303\"]", whole.path("tokens").toString());
        assertEquals(HALF, whole.path("token_logprobs").get(3).asDouble());
        assertEquals(QUARTER, whole.path("top_logprobs").get(0).path("t301").asDouble());
        assertEquals(2, whole.path("top_logprobs").get(0).size());
        assertEquals("[0,4,8,12]", whole.path("text_offset").toString());
        var offsets = JSON.createArrayNode();
        for (JsonNode chunk : stream("/v1/completions", body + ",\"stream\":true}")) {
            chunk.path("choices").get(0).path("logprobs").path("text_offset").forEach(offsets::add);
        }
        assertEquals(whole.path("text_offset"), offsets);
    }

    @Test
    void standInAResponseAndItsStream() throws Exception {
        String body = "{\"model\":\"test/fake\",\"input\":\"ping\",\"top_logprobs\":2,"
                + "\"include\":[\"message.output_text.logprobs\"]";
        JsonNode part = send("/v1/responses", body + "}").path("output").get(0).path("content").get(0);
        assertScored(part.path("logprobs"), 2);
        var together = JSON.createArrayNode();
        for (JsonNode event : stream("/v1/responses", body + ",\"stream\":true}")) {
            if (event.path("type").asString("").equals("response.output_text.delta")) {
                event.path("logprobs").forEach(together::add);
            } else if (event.path("type").asString("").equals("response.output_text.done")) {
                assertEquals(together, event.path("logprobs"));
            }
        }
        assertEquals(part.path("logprobs"), together);
    }

    @Test
    void standInOllamasAnswersAndLines() throws Exception {
        String chat = "\"logprobs\":true,\"top_logprobs\":2,\"stream\":";
        assertScored(send("/api/chat", CHAT_BODY + "," + chat + "false}").path("logprobs"), 2);
        for (String raw : List.of("false", "true")) {
            String body = "{\"model\":\"test/fake\",\"prompt\":\"ping\",\"raw\":" + raw + ",";
            assertScored(send("/api/generate", body + chat + "false}").path("logprobs"), 2);
            var together = JSON.createArrayNode();
            for (JsonNode line : stream("/api/generate", body + chat + "true}")) {
                line.path("logprobs").forEach(together::add);
            }
            assertScored(together, 2);
        }
        assertFalse(send("/api/chat", CHAT_BODY + ",\"stream\":false}").has("logprobs"));
        assertEquals(400, post("/api/chat", (CHAT_BODY + ",\"top_logprobs\":2}").getBytes(StandardCharsets.UTF_8))
                .statusCode());
    }

    /// Nothing is computed for a repeated nonce, and logprobs aren't stored.
    @Test
    void aStoredAnswerHasNone() throws Exception {
        String body = CHAT_BODY + ",\"logprobs\":true,\"nonce\":\"" + "7".repeat(64) + "\"}";
        JsonNode first = send(CHAT, body).path("choices").get(0);
        JsonNode again = send(CHAT, body).path("choices").get(0);
        assertEquals(first.path("message"), again.path("message"));
        assertTrue(again.path("logprobs").isNull());
        assertEquals(1, model.runs.get());
    }
}

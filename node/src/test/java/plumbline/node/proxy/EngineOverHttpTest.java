package plumbline.node.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What only a real engine tells, in each API's words: how much of a prompt it had already (A130), and what turns out
/// to be impossible when the request has been read (A71, O1).
@Timeout(120)
final class EngineOverHttpTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String LONG = "the same words at the beginning of each of them";

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private TinyNodes nodes;

    @BeforeEach
    void start() throws Exception {
        nodes = new TinyNodes(folder, 1);
    }

    @AfterEach
    void stop() throws Exception {
        http.close();
        nodes.close();
    }

    private HttpResponse<String> send(String path, String fields) throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create(nodes.url(0) + path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"model\":\"" + TinyNodes.NAME + "\"," + fields + "}")).build(),
                BodyHandlers.ofString());
    }

    private JsonNode usage(String path, String fields) throws Exception {
        HttpResponse<String> response = send(path, fields);
        assertEquals(200, response.statusCode(), response.body());
        return JSON.readTree(response.body()).path("usage");
    }

    private static String chat(String words, String more) {
        return "\"max_tokens\":3,\"messages\":[{\"role\":\"user\",\"content\":\"" + words + "\"}]" + more;
    }

    private static int cached(JsonNode usage) {
        return usage.path("prompt_tokens_details").path("cached_tokens").asInt(-1);
    }

    @Test
    void saysHowManyTokensOfThePromptWereThereAlready() throws Exception {
        String path = "/v1/chat/completions";
        assertEquals(0, cached(usage(path, chat(LONG, ""))));
        JsonNode again = usage(path, chat(LONG, ""));
        assertEquals(again.path("prompt_tokens").asInt() - 1, cached(again), "the last one is fed for what it gives");
        int begun = cached(usage(path, chat(LONG + ", and others", "")));
        assertTrue(begun >= LONG.length() && begun < cached(again) + 5, "only what they have in common: " + begun);
        assertEquals(0, cached(usage(path, chat("x", ""))), "nothing in common that is worth a copy");
        JsonNode several = usage(path, chat(LONG, ",\"n\":3"));
        assertEquals(cached(again), cached(several));
        String stream = send(path, chat(LONG, ",\"stream\":true,\"stream_options\":{\"include_usage\":true}")).body();
        assertTrue(stream.contains("\"cached_tokens\":" + cached(again)), stream);
        JsonNode response = usage("/v1/responses", "\"max_output_tokens\":3,\"input\":\"" + LONG + "\"");
        assertEquals(cached(again), response.path("input_tokens_details").path("cached_tokens").asInt());
        String nonce = ",\"nonce\":\"" + "5".repeat(64) + "\"";
        assertEquals(cached(again), cached(usage(path, chat(LONG, nonce))));
        assertEquals(0, cached(usage(path, chat(LONG, nonce))), "a stored answer");
    }

    private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";
    private static final String SCHEMA = "\"schema\":{\"type\":\"object\",\"unevaluatedProperties\":false}";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "/v1/chat/completions | MESSAGES,\"max_tokens\":5000 | max_tokens",
        "/v1/chat/completions | MESSAGES,\"response_format\":{\"type\":\"json_schema\","
                + "\"json_schema\":{\"name\":\"n\",SCHEMA}} | response_format.json_schema.schema",
        "/v1/responses | \"input\":\"x\",\"max_output_tokens\":5000 | max_output_tokens",
        "/v1/responses | \"input\":\"x\",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\",SCHEMA}}"
                + " | text.format.schema",
        "/v1/messages | MESSAGES,\"max_tokens\":5000 | max_tokens",
        "/v1/messages | MESSAGES,\"max_tokens\":5,\"output_config\":{\"format\":{\"type\":\"json_schema\",SCHEMA}}"
                + " | output_config.format.schema",
    })
    void refusesByTheFieldsOwnNameWhatCannotBe(String path, String fields, String param) throws Exception {
        HttpResponse<String> response =
                send(path, fields.replace("MESSAGES", MESSAGES).replace("SCHEMA", SCHEMA));
        assertEquals(400, response.statusCode(), response.body());
        assertEquals(param, JSON.readTree(response.body()).path("error").path("param").asString(), response.body());
    }

    @Test
    void refusesInAStreamAsInAWholeAnswer() throws Exception {
        for (String more : List.of("", ",\"stream\":true")) {
            HttpResponse<String> response = send("/v1/responses", "\"input\":\"x\",\"text\":{\"format\":{"
                    + "\"type\":\"json_schema\",\"name\":\"n\"," + SCHEMA + "}}" + more);
            assertEquals(400, response.statusCode(), response.body());
            assertTrue(response.body().contains("text.format.schema")
                    && response.body().contains("unevaluatedProperties"), response.body());
        }
    }
}

package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.engine.request.Message;
import plumbline.verify.Bundle;
import tools.jackson.databind.JsonNode;

/// The dialects over real HTTP: what each asks reaches the model as the same canonical request, and each answers in its
/// own shape (spec/api.md A70-A84).
class DialectsTest extends ServerFixture {

    private static final String TOOL_CALL =
            "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}\n</tool_call>";

    private HttpResponse<String> send(String path, String json) throws Exception {
        return post(path, json.getBytes(StandardCharsets.UTF_8));
    }

    private JsonNode ok(String path, String json) throws Exception {
        HttpResponse<String> response = send(path, json);
        assertEquals(200, response.statusCode(), response.body());
        return JSON.readTree(response.body());
    }

    private String requestOf(HttpResponse<String> response) throws Exception {
        String bundle = get("/v1/receipts/" + header(response, "plumb-receipt")).body();
        return new String(Bundle.parse(bundle.getBytes(StandardCharsets.UTF_8)).exchange().request(),
                StandardCharsets.UTF_8);
    }

    private List<Message> conversation() {
        return ((Input.Messages) model.asked.orElseThrow()).messages();
    }

    /// Names and data of the events of a stream.
    private static List<String[]> events(String body) {
        List<String[]> events = new ArrayList<>();
        for (String event : body.split("\n\n")) {
            if (event.startsWith("event: ")) {
                int newline = event.indexOf('\n');
                events.add(new String[] {event.substring("event: ".length(), newline),
                    event.substring(newline + "\ndata: ".length())});
            }
        }
        return events;
    }

    // ---- OpenAI's chat completions: tools

    private static final String TOOLS = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"add\","
            + "\"description\":\"adds\",\"parameters\":{\"type\":\"object\"}}}]";

    @Test
    void givesToolCallsWholeAndStreamed() throws Exception {
        model.says = List.of("Hm.", " <tool", "_call>\n{\"name\": \"add\",", " \"arguments\": {\"a\": 1}}\n</too"
                + "l_call>");
        JsonNode choice = JSON.readTree(ask("," + TOOLS).body()).path("choices").get(0);
        assertEquals("tool_calls", choice.path("finish_reason").asString());
        assertEquals("Hm.", choice.path("message").path("content").asString());
        JsonNode call = choice.path("message").path("tool_calls").get(0);
        assertEquals("function", call.path("type").asString());
        assertEquals("add", call.path("function").path("name").asString());
        assertEquals("{\"a\": 1}", call.path("function").path("arguments").asString());
        String stream = ask("," + TOOLS + ",\"stream\":true").body();
        assertTrue(stream.contains("\"arguments\":\"{\\\"a\\\": 1}\""), stream);
        assertTrue(stream.contains("\"finish_reason\":\"tool_calls\""), stream);
        assertFalse(stream.contains("<tool"), stream);
        model.says = List.of(TOOL_CALL);
        assertTrue(JSON.readTree(ask("," + TOOLS).body()).path("choices").get(0).path("message").path("conten"
                + "t").isNull());
    }

    @Test
    void takesBackWhatAnAnswerHeldAndTheToolsResult() throws Exception {
        HttpResponse<String> response = send(CHAT, "{\"model\":\"test/fake\"," + TOOLS + ",\"messages\":["
                + "{\"role\":\"developer\",\"content\":\"be exact\"},{\"role\":\"user\",\"content\":\"1+1\",\"na"
                        + "me\":\"bob\"},"
                + "{\"role\":\"assistant\",\"content\":null,\"refusal\":null,\"annotations\":[],\"audio\":null,"
                + "\"function_call\":null,\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\",\"function\":"
                + "{\"name\":\"add\",\"arguments\":\"{\\\"a\\\":1}\"}}]},"
                + "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"2\"}]}");
        assertEquals(200, response.statusCode(), response.body());
        assertEquals(List.of(Message.Role.SYSTEM, Message.Role.USER, Message.Role.ASSISTANT, Message.Role.TOOL),
                conversation().stream().map(Message::role).toList());
        assertEquals("add", conversation().get(2).toolCalls().getFirst().name());
        assertEquals("c1", conversation().get(3).toolCallId().orElseThrow());
    }

    // ---- Anthropic

    private static final String ANTHROPIC = "{\"model\":\"test/fake\",\"max_tokens\":50,\"messages\":"
            + "[{\"role\":\"user\",\"content\":\"ping\"}]";

    @Test
    void answersAnthropicsMessages() throws Exception {
        HttpResponse<String> response = send("/v1/messages", ANTHROPIC + ",\"system\":[{\"type\":\"text\",\"tex"
                + "t\":\"be "
                + "brief\"}],\"temperature\":0.5,\"stop_sequences\":[\"x\"],\"metadata\":{\"user_id\":\"u\"}}");
        assertEquals(200, response.statusCode(), response.body());
        JsonNode json = JSON.readTree(response.body());
        assertEquals("message", json.path("type").asString());
        assertEquals("pong pong pong pong ", json.path("content").get(0).path("text").asString());
        assertEquals("end_turn", json.path("stop_reason").asString());
        assertEquals(4, json.path("usage").path("input_tokens").asInt());
        assertEquals(5, json.path("usage").path("output_tokens").asInt());
        assertEquals("{\"model\":\"test/fake\",\"messages\":[{\"role\":\"system\",\"content\":\"be brief\"},"
                + "{\"role\":\"user\",\"content\":\"ping\"}],\"max_tokens\":50,\"temperature\":0.5,\"stop\":[\"x\"],"
                + "\"user\":\"u\"}", requestOf(response));
    }

    @Test
    void streamsAnthropicsEventsInOrder() throws Exception {
        model.says = List.of("Hm. ", TOOL_CALL);
        String tools = ",\"tools\":[{\"name\":\"add\",\"input_schema\":{\"type\":\"object\"}}]";
        List<String[]> events = events(send("/v1/messages", ANTHROPIC + ",\"stream\":true" + tools + "}").body());
        assertEquals(List.of("message_start", "ping", "content_block_start", "content_block_delta",
                "content_block_stop", "content_block_start", "content_block_delta", "content_block_stop",
                "message_delta", "message_stop"), events.stream().map(event -> event[0]).toList());
        for (String[] event : events) {
            assertEquals(event[0], JSON.readTree(event[1]).path("type").asString());
        }
        assertEquals("tool_use", JSON.readTree(events.get(8)[1]).path("delta").path("stop_reason").asString());
        JsonNode whole = ok("/v1/messages", ANTHROPIC + tools + "}");
        assertEquals("{\"a\":1}", whole.path("content").get(1).path("input").toString());
    }

    @Test
    void takesAnthropicsToolResults() throws Exception {
        ok("/v1/messages", "{\"model\":\"test/fake\",\"max_tokens\":9,\"tools\":[{\"name\":\"add\",\"input_schem"
                + "a\":{}}],"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"1+1\"},{\"role\":\"assistant\",\"content\":"
                + "[{\"type\":\"text\",\"text\":\"Hm\"},{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"add\",\""
                        + "input\":{\"a\":1}}]},"
                + "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":\"2\","
                + "\"is_error\":true},{\"type\":\"text\",\"text\":\"go on\"}]}]}");
        assertEquals("[USER 1+1, ASSISTANT Hm, TOOL error: 2, USER go on]", conversation().stream()
                .map(message -> message.role() + " " + message.content()).toList().toString());
    }

    @Test
    void countsTokensForAnthropic() throws Exception {
        assertEquals("{\"input_tokens\":4}", ok("/v1/messages/count_tokens",
                "{\"model\":\"test/fake\",\"messages\":[{\"role\":\"user\",\"content\":\"ping\"}]}").toString());
        assertEquals("messages[0].content[0].type", JSON.readTree(send("/v1/messages/count_tokens",
                "{\"model\":\"test/fake\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\"}]}]}")
                .body()).path("error").path("param").asString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "\"top_a\":1 | top_a", "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":9} | thinking.type",
        "\"mcp_servers\":[] | mcp_servers", "\"container\":\"c\" | container", "\"temperature\":\"x\" | temperature",
        "\"tools\":[{\"type\":\"bash_20250124\",\"name\":\"bash\"}] | tools[0].type",
        "\"tool_choice\":{\"type\":\"all\"} | tool_choice.type", "\"service_tier\":\"fast\" | service_tier",
        "\"system\":[{\"type\":\"image\"}] | system[0].type", "\"stream\":1 | stream",
        "\"stop_sequences\":3 | stop_sequences", "\"stop_sequences\":\"a\" | stop_sequences",
        "\"stop_sequences\":[1] | stop_sequences[0]",
    })
    void refusesAnthropicsFieldsByName(String field, String param) throws Exception {
        HttpResponse<String> response = send("/v1/messages", ANTHROPIC + "," + field + "}");
        JsonNode json = JSON.readTree(response.body());
        assertEquals(400, response.statusCode(), response.body());
        assertEquals("error", json.path("type").asString());
        assertEquals("invalid_request_error", json.path("error").path("type").asString());
        assertEquals(param, json.path("error").path("param").asString());
    }

    // ---- Ollama

    @Test
    void answersOllamasChatInLinesAndWhole() throws Exception {
        String body = "\"messages\":[{\"role\":\"user\",\"content\":\"ping\"}],\"options\":{\"temperature\":0.5,"
                + "\"num_predict\":3,\"repetition_penalty\":1.25,\"num_thread\":4},\"keep_alive\":\"5m\"}";
        HttpResponse<String> stream = send("/api/chat", "{\"name\":\"test/fake:latest\",\"model\":\"\"," + body);
        assertEquals("application/x-ndjson", header(stream, "Content-Type"));
        String[] lines = stream.body().split("\n");
        assertEquals("pong ", JSON.readTree(lines[0]).path("message").path("content").asString());
        JsonNode last = JSON.readTree(lines[lines.length - 1]);
        assertTrue(last.path("done").asBoolean());
        assertEquals("length", last.path("done_reason").asString());
        assertEquals(3, last.path("eval_count").asInt());
        assertEquals("{\"model\":\"test/fake\",\"messages\":[{\"role\":\"user\",\"content\":\"ping\"}],\"stream\":true,"
                + "\"repetition_penalty\":1.25,\"temperature\":0.5,\"max_tokens\":3}", requestOf(stream));
        JsonNode whole = ok("/api/chat", "{\"model\":\"test/fake\",\"stream\":false," + body);
        assertEquals("pong pong pong ", whole.path("message").path("content").asString());
        model.says = List.of(TOOL_CALL);
        JsonNode call = ok("/api/chat", "{\"model\":\"test/fake\",\"stream\":false," + TOOLS + "," + body);
        assertEquals("{\"a\":1}", call.path("message").path("tool_calls").get(0).path("function")
                .path("arguments").toString());
    }

    @Test
    void takesOllamasBodiesWithoutATypeFromProgramsAlone() throws Exception {
        String chat = "{\"stream\":false,\"model\":\"test/fake\","
                + "\"messages\":[{\"role\":\"user\",\"content\":\"ping\"}]}";
        for (String headers : List.of("", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n",
                "Content-Type: text/plain\r\n", "Content-Type: application/x-www-form-urlencoded\r\n",
                "Content-Type: application/x-www-form-urlencoded\r\nOrigin: http://x.example\r\n")) {
            for (String path : List.of("/api/chat", CHAT)) {
                String answer = raw("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers
                        + "Content-Length: " + chat.length() + "\r\n\r\n" + chat);
                boolean isTaken = (headers.isEmpty() || headers.endsWith("urlencoded\r\n")) && path.equals("/api/chat");
                assertTrue(answer.startsWith("HTTP/1.1 " + (isTaken ? "200" : "415")), headers + answer);
            }
        }
    }

    @Test
    void generatesForOllama() throws Exception {
        JsonNode json = ok("/api/generate",
                "{\"model\":\"test/fake\",\"prompt\":\"ping\",\"system\":\"s\",\"stream\":false}");
        assertEquals("pong pong pong pong ", json.path("response").asString());
        assertEquals(2, conversation().size());
        ok("/api/generate", "{\"model\":\"test/fake\",\"prompt\":\"ping\",\"raw\":true,\"stream\":false}");
        assertEquals(new Input.Prompt("ping"), model.asked.orElseThrow());
        assertEquals("load", ok("/api/generate", "{\"name\":\"test/fake\",\"model\":\"\"}").path("done_reaso"
                + "n").asString());
        for (String path : List.of("/api/generate", "/api/chat")) {
            HttpResponse<String> refused = send(path, "{\"model\":\"test/fake\",\"options\":{\"num_ctx\":9}}");
            assertTrue(refused.statusCode() == 400 && refused.body().contains("options.num_ctx"), refused.body());
        }
        assertEquals("unload", ok("/api/generate", "{\"model\":\"test/fake\",\"keep_alive\":0}")
                .path("done_reason").asString());
    }

    @Test
    void tellsOllamasClientsWhatThereIs() throws Exception {
        assertEquals(200, client.send(to("/").method("HEAD", BodyPublishers.noBody()).build(),
                BodyHandlers.ofString()).statusCode());
        JsonNode tag = JSON.readTree(get("/api/tags").body()).path("models").get(0);
        assertEquals("test/fake", tag.path("name").asString());
        assertEquals(FakeModel.ID.digest().hex(), tag.path("digest").asString());
        assertTrue(JSON.readTree(get("/api/version").body()).path("version").asString().matches("[0-9.]+"));
        assertTrue(JSON.readTree(get("/api/ps").body()).path("models").isArray());
        assertTrue(ok("/api/show", "{\"name\":\"test/fake\"}").path("capabilities").toString().contains("completion"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "\"options\":{\"mirostat\":1} | options.mirostat", "\"options\":{\"num_ctx\":9} | options.num_ctx",
        "\"options\":{\"repeat_penalty\":1.1} | options.repeat_penalty", "\"think\":true | think", "\"template\""
                + ":\"x\" | template", "\"images\":[\"aa\"] | images",
        "\"options\":{\"stop\":3} | options.stop", "\"options\":{\"stop\":{}} | options.stop",
        "\"context\":[1] | context", "\"suffix\":\"x\" | suffix", "\"unknown\":1 | unknown",
    })
    void refusesOllamasFieldsByName(String field, String param) throws Exception {
        HttpResponse<String> response =
                send("/api/generate", "{\"model\":\"test/fake\",\"prompt\":\"x\"," + field + "}");
        assertEquals(400, response.statusCode());
        JsonNode json = JSON.readTree(response.body());
        assertEquals(1, json.size());
        assertTrue(json.path("error").asString().contains("`" + param + "`"), response.body());
    }

    // ---- OpenAI's responses

    @Test
    void answersResponses() throws Exception {
        HttpResponse<String> response = send("/v1/responses", "{\"model\":\"test/fake\",\"instructions\":\"be brief\","
                + "\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"ping\"}]},"
                + "{\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"add\",\"arguments\":\"{}\"},"
                + "{\"type\":\"function_call_output\",\"call_id\":\"c1\",\"output\":\"2\"}],"
                + "\"tools\":[{\"type\":\"function\",\"name\":\"add\",\"parameters\":{},\"strict\":true}],"
                + "\"max_output_tokens\":9}");
        assertEquals(200, response.statusCode(), response.body());
        JsonNode json = JSON.readTree(response.body());
        assertEquals("completed", json.path("output").get(0).path("status").asString());
        assertEquals("completed", json.path("status").asString());
        assertEquals("pong pong pong pong ",
                json.path("output").get(0).path("content").get(0).path("text").asString());
        assertEquals("be brief", json.path("instructions").asString());
        assertEquals(List.of(Message.Role.SYSTEM, Message.Role.USER, Message.Role.ASSISTANT, Message.Role.TOOL),
                conversation().stream().map(Message::role).toList());
        assertEquals("incomplete", ok("/v1/responses", "{\"model\":\"test/fake\",\"input\":\"ping\","
                + "\"max_output_tokens\":2}").path("output").get(0).path("status").asString());
    }

    @Test
    void streamsResponsesEventsNumbered() throws Exception {
        model.says = List.of("Hm. ", TOOL_CALL);
        List<String[]> events = events(send("/v1/responses", "{\"model\":\"test/fake\",\"input\":\"ping\","
                + "\"stream\":true,\"tools\":[{\"type\":\"function\",\"name\":\"add\"}]}").body());
        assertEquals(List.of("created", "in_progress", "output_item.added", "content_part.added", "output_text.delta",
                "output_text.done", "content_part.done", "output_item.done", "output_item.added",
                "function_call_arguments.delta", "function_call_arguments.done", "output_item.done", "completed"),
                events.stream().map(event -> event[0].substring("response.".length())).toList());
        for (int i = 0; i < events.size(); i++) {
            assertEquals(i, JSON.readTree(events.get(i)[1]).path("sequence_number").asInt());
        }
        JsonNode done = JSON.readTree(events.getLast()[1]).path("response");
        assertEquals("{\"a\": 1}", done.path("output").get(1).path("arguments").asString());
        assertEquals(2, done.path("output").size());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "\"previous_response_id\":\"r\" | previous_response_id", "\"store\":true | store",
        "\"background\":true | background", "\"truncation\":\"auto\" | truncation", "\"prompt\":{} | prompt",
        "\"conversation\":\"c\" | conversation", "\"max_tool_calls\":1 | max_tool_calls",
        "\"tools\":[{\"type\":\"web_search\"}] | tools[0].type", "\"include\":[\"x\"] | include",
        "\"text\":{\"verbosity\":\"low\"} | text.verbosity", "\"unknown\":1 | unknown",
        "\"reasoning\":{\"summary\":\"auto\"} | reasoning.summary",
    })
    void refusesResponsesFieldsByName(String field, String param) throws Exception {
        HttpResponse<String> response =
                send("/v1/responses", "{\"model\":\"test/fake\",\"input\":\"x\"," + field + "}");
        assertError(response, 400, "");
        assertEquals(param, JSON.readTree(response.body()).path("error").path("param").asString());
    }

    @Test
    void saysWhatIsNotServed() throws Exception {
        for (String path : List.of("/v1/embeddings", "/v1/moderations", "/v1/images/generations", "/v1/responses/r1",
                "/v1/audio/speech")) {
            assertError(send(path, "{}"), 404, "not_supported");
        }
        String large = " ".repeat((1 << 20) + 100_000);
        refusesAsOllama(404, send("/api/pull", "{}"));
        refusesAsOllama(404, send("/api/none", "{}"));
        refusesAsOllama(413, send("/api/chat", large));
        refusesAsAnthropic(404, send("/v1/messages/batches", "{}"));
        refusesAsAnthropic(413, send("/v1/messages", large));
        refusesAsAnthropic(404, get("/v1/models/no/such", "anthropic-version", "2023-06-01"));
        assertEquals("the body isn't valid JSON, line 1 column 2: Unexpected end-of-input: expected close marker for"
                + " Object", JSON.readTree(send("/api/chat", "{").body()).path("error").asString());
    }

    private static void refusesAsOllama(int status, HttpResponse<String> refused) {
        assertEquals(status, refused.statusCode(), refused.body());
        assertTrue(JSON.readTree(refused.body()).path("error").isString(), refused.body());
    }

    private static void refusesAsAnthropic(int status, HttpResponse<String> refused) {
        assertEquals(status, refused.statusCode(), refused.body());
        assertEquals("error", JSON.readTree(refused.body()).path("type").asString(), refused.body());
    }
}

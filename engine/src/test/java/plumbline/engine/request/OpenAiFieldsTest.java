package plumbline.engine.request;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every field of OpenAI's chat completions: taken, with bounds, or refused by its name; none is ignored
/// (spec/api.md A4, A5, A17-A19, A85, A86).
class OpenAiFieldsTest {

    private static final String TOOL = "{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\","
            + "\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"}}},\"strict\":true}}";

    private static InferenceRequest read(String more) throws RequestException {
        return InferenceRequestTest.chat(
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]," + more + "}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "\"max_completion_tokens\":5", "\"max_tokens\":5", "\"temperature\":0.5", "\"top_p\":0.5", "\"n\":128",
        "\"stop\":[\"a\"]", "\"seed\":-1", "\"stream\":true,\"stream_options\":{\"include_usage\":true}",
        "\"stream\":true,\"stream_options\":{\"include_obfuscation\":false}", "\"logprobs\":true",
        "\"logprobs\":true,\"top_logprobs\":20", "\"logprobs\":false", "\"logit_bias\":{\"1\":-100}",
        "\"presence_penalty\":-2", "\"frequency_penalty\":2", "\"reasoning_effort\":\"low\"", "\"user\":\"u\"",
        "\"safety_identifier\":\"s\"", "\"prompt_cache_key\":\"k\"", "\"metadata\":{\"a\":\"b\"}",
        "\"service_tier\":\"auto\"", "\"store\":false", "\"response_format\":{\"type\":\"text\"}",
        "\"response_format\":{\"type\":\"json_object\"}",
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"strict\":true,\"schema\":{}}}",
        "\"tools\":[],\"tool_choice\":\"none\"", "\"modalities\":[\"text\"]", "\"verbosity\":\"medium\"",
    })
    void takes(String field) throws RequestException {
        read(field);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "\"audio\":{\"voice\":\"a\"} | audio", "\"modalities\":[\"text\",\"audio\"] | modalities",
        "\"prediction\":{} | prediction",
        "\"web_search_options\":{} | web_search_options", "\"verbosity\":\"low\" | verbosity",
        "\"functions\":[] | functions", "\"function_call\":\"auto\" | function_call", "\"store\":true | store",
        "\"service_tier\":\"flex\" | service_tier", "\"reasoning_effort\":\"huge\" | reasoning_effort",
        "\"user\":\"\" | user", "\"user\":1 | user", "\"metadata\":{\"a\":1} | metadata.a", "\"metadata\":[] | m"
                + "etadata",
        "\"logprobs\":3 | logprobs", "\"top_logprobs\":3 | top_logprobs", "\"n\":0 | n", "\"n\":1.0 | n",
        "\"logprobs\":true,\"top_logprobs\":21 | top_logprobs",
        "\"stream\":true,\"stream_options\":{\"include_obfuscation\":true} | stream_options.include_obfuscation",
        "\"response_format\":\"json\" | response_format", "\"response_format\":{} | response_format.type",
        "\"response_format\":{\"type\":\"grammar\"} | response_format.type",
        "\"response_format\":{\"type\":\"text\",\"x\":1} | response_format.x",
        "\"response_format\":{\"type\":\"json_schema\"} | response_format.json_schema",
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{}}} | response_format.json_s"
                + "chema.name",
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\"}}"
                + " | response_format.json_schema.schema",
        "\"tools\":{} | tools", "\"tools\":[1] | tools[0]", "\"tools\":[{\"type\":\"custom\"}] | tools[0].type",
        "\"tools\":[{\"type\":\"function\"}] | tools[0].function",
        "\"tools\":[{\"type\":\"function\",\"function\":{}}] | tools[0].function.name",
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a b\"}}] | tools[0].function.name",
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":1}}]"
                + " | tools[0].function.parameters",
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"x\":1}}] | tools[0].function.x",
        "\"tool_choice\":\"auto\" | tool_choice", "\"parallel_tool_calls\":true | parallel_tool_calls",
    })
    void refusesByName(String field, String param) {
        RequestException e = assertThrows(RequestException.class, () -> read(field), field);
        assertEquals(400, e.status());
        assertEquals(Optional.of(param), e.param(), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "\"prompt\":\"x\" |", "\"prompt\":[\"x\"] |", "\"prompt\":\"x\",\"echo\":false,\"suffix\":\"\" |",
        "\"prompt\":\"x\",\"best_of\":1 |", "\"prompt\":\"x\",\"best_of\":3,\"n\":3 |",
        "\"prompt\":[] | prompt[0]", "\"prompt\":[\"x\",\"y\"] | prompt", "\"prompt\":[1] | prompt[0]",
        "\"prompt\":\"x\",\"echo\":true | echo", "\"prompt\":\"x\",\"suffix\":\"y\" | suffix",
        "\"prompt\":\"x\",\"best_of\":2 | best_of", "\"prompt\":\"x\",\"n\":2,\"best_of\":1 | best_of",
        "\"prompt\":\"x\",\"modalities\":[\"text\"] | modalities",
    })
    void completionsTakeWhatAsksForNothingElse(String fields, String param) throws RequestException {
        byte[] body = ("{\"model\":\"m\"," + fields + "}").getBytes(StandardCharsets.UTF_8);
        if (param == null) {
            InferenceRequest request =
                    InferenceRequest.parse(InferenceRequest.COMPLETION, body, RequestDefaults.standard());
            assertEquals(new InferenceRequest.Input.Prompt("x"), request.input());
        } else {
            RequestException e = assertThrows(RequestException.class, () ->
                    InferenceRequest.parse(InferenceRequest.COMPLETION, body, RequestDefaults.standard()));
            assertEquals(Optional.of(param), e.param(), e.getMessage());
        }
    }

    @Test
    void readsToolsAndTheChoiceBetweenThem() throws RequestException {
        AnswerOptions options = read("\"tools\":[" + TOOL + "]").options();
        assertEquals(new ToolChoice.Auto(), options.toolChoice());
        assertEquals("f", options.offered().getFirst().name());
        assertEquals("object", options.tools().getFirst().parameters().get("type"));
        assertEquals(List.of(), read("\"tools\":[" + TOOL + "],\"tool_choice\":\"none\"").options().offered());
        assertEquals(new ToolChoice.Required(),
                read("\"tools\":[" + TOOL + "],\"tool_choice\":\"required\"").options().toolChoice());
        String named = ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"%s\"}}";
        assertEquals(new ToolChoice.Function("f"),
                read("\"tools\":[" + TOOL + "]" + named.formatted("f")).options().toolChoice());
        assertThrows(RequestException.class, () -> read("\"tools\":[" + TOOL + "]" + named.formatted("g")));
        assertThrows(RequestException.class, () -> read("\"tools\":[" + TOOL + "," + TOOL + "]"));
        assertThrows(RequestException.class, () -> read("\"tools\":[" + TOOL
                + "],\"tool_choice\":\"required\",\"response_format\":{\"type\":\"json_object\"}"));
    }

    @Test
    void readsLogprobsAndChoices() throws RequestException {
        assertEquals(OptionalInt.empty(), read("\"logprobs\":false").options().topLogprobs());
        assertEquals(OptionalInt.of(0), read("\"logprobs\":true").options().topLogprobs());
        assertEquals(OptionalInt.of(5), read("\"top_logprobs\":5,\"logprobs\":true").options().topLogprobs());
        assertEquals(3, read("\"n\":3").options().choices());
        assertEquals(OptionalInt.of(2), InferenceRequestTest.completion(
                "{\"model\":\"m\",\"prompt\":\"x\",\"logprobs\":2}").options().topLogprobs());
    }
}

package plumbline.node.api;

import java.util.List;
import plumbline.engine.request.InferenceRequest;

/// A body for each way to ask, with all of its fields.
final class DialectSamples {

    private static final String SCHEMA = "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\","
            + "\"minimum\":0}},\"required\":[\"a\"]}";
    private static final String SAMPLING = "\"temperature\":0.5,\"top_p\":0.9,\"top_k\":40,\"min_p\":0.05,";
    private static final String NONCE = "\"nonce\":\"" + "ab".repeat(32) + "\"";
    private static final String EXTENSION = "\"plumbline\":{\"tokens\":true,\"heartbeat_ms\":1000,\"continue\":[1,2]},";
    private static final String FUNCTION = "{\"type\":\"function\",\"function\":{\"name\":\"add\",\"description\":"
            + "\"adds\",\"parameters\":" + SCHEMA + ",\"strict\":true}}";

    /// Where it is sent, who reads it, and the body.
    record Sample(String path, Dialect dialect, String body) {}

    private DialectSamples() {}

    static List<Sample> all() {
        return List.of(
                new Sample(InferenceRequest.CHAT, new OpenAiDialect(), chat(
                        "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"add\"}}")),
                new Sample(InferenceRequest.CHAT, new OpenAiDialect(), chat("\"response_format\":{\"type\":"
                        + "\"json_schema\",\"json_schema\":{\"name\":\"n\",\"strict\":true,"
                        + "\"schema\":" + SCHEMA + "}}")),
                new Sample(InferenceRequest.COMPLETION, new OpenAiDialect(), "{\"model\":\"a/b\",\"prompt\":\"x\","
                        + SAMPLING + "\"max_tokens\":5,\"seed\":7,\"stop\":[\"a\"],\"stream\":true,\"logit_bias\":"
                        + "{\"3\":1},\"n\":1,\"logprobs\":null,"
                        + EXTENSION + NONCE + "}"),
                new Sample(ResponsesDialect.RESPONSES, new ResponsesDialect(), responses(
                        "\"tool_choice\":{\"type\":\"function\",\"name\":\"add\"}")),
                new Sample(ResponsesDialect.RESPONSES, new ResponsesDialect(), responses("\"text\":{\"format\":{"
                        + "\"type\":\"json_schema\",\"name\":\"n\",\"schema\":" + SCHEMA
                        + ",\"description\":\"d\",\"strict\":true},\"verbosity\":\"medium\"}")),
                new Sample(AnthropicDialect.MESSAGES, new AnthropicDialect(), anthropic()),
                new Sample(OllamaDialect.CHAT, new OllamaDialect(), "{\"model\":\"a/b:latest\",\"messages\":[{\"role\":"
                        + "\"user\",\"content\":\"x\",\"images\":[]},{\"role\":\"assistant\",\"content\":\"\","
                        + "\"thinking\":\"\",\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{"
                        + "\"index\":0,\"name\":\"add\",\"arguments\":{\"a\":1}}}]},{\"role\":\"tool\","
                        + "\"content\":\"2\","
                        + "\"tool_name\":\"add\",\"tool_call_id\":\"c\"}],\"tools\":[" + FUNCTION + "],"
                        + ollama(SCHEMA)),
                new Sample(OllamaDialect.CHAT, new OllamaDialect(),
                        "{\"model\":\"a/b\",\"messages\":[],\"keep_alive\":0}"),
                new Sample(OllamaDialect.GENERATE, new OllamaDialect(), "{\"model\":\"\",\"name\":\"a/b\",\"prompt\":"
                        + "\"x\",\"system\":\"y\",\"raw\":false,\"images\":[],\"suffix\":\"\",\"template\":\"\","
                        + "\"context\":[]," + ollama("\"json\"")));
    }

    private static String ollama(String format) {
        return "\"format\":" + format + ",\"stream\":false,\"think\":false,\"logprobs\":false,\"keep_alive\":\"5m\","
                + "\"options\":{" + SAMPLING + "\"seed\":7,\"num_predict\":5,\"num_thread\":2,\"stop\":[\"a\"],"
                + "\"repetition_penalty\":1.1},\"plumbline\":{}," + NONCE + "}";
    }

    private static String chat(String last) {
        return "{\"model\":\"a/b\",\"messages\":[{\"role\":\"system\",\"content\":[{\"type\":\"text\","
                + "\"text\":\"s\"}]},"
                + "{\"role\":\"user\",\"content\":\"x\",\"name\":\"n\"},{\"role\":\"assistant\",\"content\":null,"
                + "\"refusal\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"add\","
                + "\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"content\":\"2\",\"tool_call_id\":\"c\"}]," + SAMPLING
                + "\"max_completion_tokens\":5,\"seed\":7,\"stop\":[\"a\"],\"stream\":true,\"stream_options\":"
                + "{\"include_usage\":true},\"logit_bias\":{\"3\":1.5},\"presence_penalty\":0,\"frequency_penalty\":0,"
                + "\"repetition_penalty\":1.1,\"n\":1,\"logprobs\":false,\"reasoning_effort\":\"low\",\"store\":false,"
                + "\"user\":\"u\",\"service_tier\":\"auto\",\"metadata\":{\"k\":\"v\"},\"tools\":[" + FUNCTION + "],"
                + "\"parallel_tool_calls\":false," + last + "," + EXTENSION + NONCE + "}";
    }

    private static String responses(String last) {
        return "{\"model\":\"a/b\",\"instructions\":\"i\",\"input\":[{\"type\":\"message\",\"role\":\"user\","
                + "\"content\":"
                + "[{\"type\":\"input_text\",\"text\":\"x\",\"annotations\":[],\"logprobs\":[]}],\"id\":\"m\","
                + "\"status\":"
                + "\"completed\"},{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"add\",\"arguments\":\"{}\"},"
                + "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"2\"}],\"temperature\":0.5,"
                + "\"top_p\":0.9,\"max_output_tokens\":5,\"include\":[],\"stream\":true,\"stream_options\":"
                + "{\"include_obfuscation\":false},\"store\":false,\"background\":false,\"truncation\":\"disabled\","
                + "\"reasoning\":{\"effort\":\"low\"},\"user\":\"u\",\"metadata\":{\"k\":\"v\"},"
                + "\"tools\":[{\"type\":\"function\",\"name\":\"add\",\"description\":\"adds\","
                + "\"parameters\":" + SCHEMA + ",\"strict\":true}],"
                + "\"parallel_tool_calls\":false,\"previous_response_id\":null," + last + "," + EXTENSION + NONCE + "}";
    }

    private static String anthropic() {
        String hint = "\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"5m\"}";
        return "{\"model\":\"a/b\",\"max_tokens\":5,\"system\":[{\"type\":\"text\",\"text\":\"s\"," + hint + "}],"
                + "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\",\"citations\":[]}]},"
                + "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\","
                + "\"text\":\"y\"},{\"type\":\"tool_use\",\"id\":"
                + "\"c\",\"name\":\"add\",\"input\":{\"a\":1}," + hint + "}]},{\"role\":\"user\","
                + "\"content\":[{\"type\":"
                + "\"tool_result\",\"tool_use_id\":\"c\",\"content\":\"2\",\"is_error\":false," + hint + "}]}],"
                + "\"temperature\":0.5,\"top_p\":0.9,\"top_k\":40,\"stop_sequences\":[\"a\"],\"stream\":true,\"tools\":"
                + "[{\"name\":\"add\",\"description\":\"adds\",\"input_schema\":" + SCHEMA + "," + hint + "}],"
                + "\"tool_choice\":{\"type\":\"tool\",\"name\":\"add\",\"disable_parallel_tool_use\":true},"
                + "\"metadata\":"
                + "{\"user_id\":\"u\"},\"service_tier\":\"auto\","
                + "\"thinking\":{\"type\":\"disabled\"}," + EXTENSION + NONCE
                + "}";
    }
}

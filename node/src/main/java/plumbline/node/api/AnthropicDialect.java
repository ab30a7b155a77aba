package plumbline.node.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Anthropic's `/v1/messages` and `/v1/messages/count_tokens`. Source: spec/api.md A72-A75.
final class AnthropicDialect implements Dialect {

    static final String MESSAGES = "/v1/messages";
    static final String COUNT = "/v1/messages/count_tokens";

    private static final Map<String, String> NAMES = Map.of("stop", "stop_sequences", "user", "metadata.user_id",
            "reasoning_effort", "output_config.effort", "response_format", "output_config.format",
            "response_format.json_schema", "output_config.format",
            "parallel_tool_calls", "tool_choice.disable_parallel_tool_use");

    @Override
    public Asked read(String path, byte[] body, RequestDefaults defaults) throws RequestException {
        Fields fields = Fields.of(body);
        CanonicalChat chat = new CanonicalChat(fields.requiredText("model"));
        system(fields, chat);
        for (Fields message : fields.objects("messages")) {
            message(message, chat);
        }
        if (path.equals(MESSAGES)) {
            chat.body().set("max_tokens",
                    fields.number("max_tokens").orElseThrow(() -> fields.refused("max_tokens", "is missing")));
        }
        for (String name : List.of("temperature", "top_p", "top_k")) {
            fields.number(name).ifPresent(value -> chat.body().set(name, value));
        }
        List<JsonNode> stops = fields.list("stop_sequences");
        if (!stops.isEmpty()) {
            chat.body().putArray("stop").addAll(stops);
        }
        fields.bool("stream").ifPresent(stream -> chat.body().put("stream", stream));
        tools(fields, chat);
        Optional<Fields> metadata = fields.object("metadata");
        if (metadata.isPresent()) {
            metadata.get().text("user_id").ifPresent(user -> chat.body().put("user", user));
            metadata.get().done();
        }
        fields.only("service_tier", "auto", "standard_only");
        Optional<Fields> thinking = fields.object("thinking");
        if (thinking.isPresent()) {
            thinking.get().only("type", "disabled");
            thinking.get().done();
        }
        outputConfig(fields, chat);
        cacheControl(fields);
        fields.take("plumbline").ifPresent(extension -> chat.body().set("plumbline", extension));
        fields.text("nonce").ifPresent(nonce -> chat.body().put("nonce", nonce));
        fields.done();
        return new Question(chat.read(defaults, NAMES));
    }

    private static void outputConfig(Fields fields, CanonicalChat chat) throws RequestException {
        Optional<Fields> config = fields.object("output_config");
        if (config.isEmpty()) {
            return;
        }
        Optional<Fields> format = config.get().object("format");
        if (format.isPresent()) {
            format.get().only("type", "json_schema");
            chat.schema("format", format.get().take("schema")
                    .orElseThrow(() -> format.get().refused("schema", "is missing")));
            format.get().done();
        }
        config.get().text("effort").ifPresent(effort -> chat.body().put("reasoning_effort", effort));
        config.get().done();
    }

    private static void system(Fields fields, CanonicalChat chat) throws RequestException {
        Optional<JsonNode> system = fields.take("system");
        if (system.isPresent()) {
            chat.message("system", text(fields.at("system"), system.get()));
        }
    }

    /// A string, or blocks of text put together.
    private static String text(String at, JsonNode content) throws RequestException {
        if (content.isString()) {
            return content.asString();
        }
        if (!content.isArray()) {
            throw Fields.bad(at, "`" + at + "` must be a string or a list of blocks");
        }
        StringBuilder text = new StringBuilder();
        int index = 0;
        for (JsonNode block : content) {
            Fields fields = Fields.of(at + "[" + index++ + "]", block);
            String type = fields.requiredText("type");
            if (!type.equals("text")) {
                throw fields.refused("type", "is \"" + type + "\": only text can be read here");
            }
            text.append(textBlock(fields));
        }
        return text.toString();
    }

    private static String textBlock(Fields block) throws RequestException {
        String text = block.requiredText("text");
        block.list("citations");
        cacheControl(block);
        block.done();
        return text;
    }

    // A hint that changes no answer: prompts that begin alike are computed once anyhow.
    private static void cacheControl(Fields block) throws RequestException {
        Optional<Fields> hint = block.object("cache_control");
        if (hint.isPresent()) {
            hint.get().only("type", "ephemeral");
            hint.get().only("ttl", "5m", "1h");
            hint.get().done();
        }
    }

    private static void message(Fields fields, CanonicalChat chat) throws RequestException {
        String role = fields.requiredText("role");
        if (!role.equals("user") && !role.equals("assistant")) {
            throw fields.refused("role", "is none of user, assistant");
        }
        JsonNode content = fields.take("content").orElseThrow(() -> fields.refused("content", "is missing"));
        if (content.isString()) {
            chat.message(role, content.asString());
        } else if (role.equals("user")) {
            userBlocks(fields.at("content"), content, chat);
        } else {
            assistantBlocks(fields.at("content"), content, chat);
        }
        fields.done();
    }

    private static void userBlocks(String at, JsonNode content, CanonicalChat chat) throws RequestException {
        StringBuilder text = new StringBuilder();
        for (Fields block : Fields.objects(at, content)) {
            String type = block.requiredText("type");
            switch (type) {
                case "text" -> text.append(textBlock(block));
                case "tool_result" -> {
                    flush(text, chat);
                    toolResult(block, chat);
                }
                default -> throw block.refused(
                        "type", "is \"" + type + "\": only text and tool_result can be read here");
            }
        }
        flush(text, chat);
    }

    private static void flush(StringBuilder text, CanonicalChat chat) {
        if (!text.isEmpty()) {
            chat.message("user", text.toString());
            text.setLength(0);
        }
    }

    private static void toolResult(Fields block, CanonicalChat chat) throws RequestException {
        String id = block.requiredText("tool_use_id");
        Optional<JsonNode> content = block.take("content");
        String text = content.isPresent() ? text(block.at("content"), content.get()) : "";
        boolean isError = block.bool("is_error").orElse(false);
        cacheControl(block);
        block.done();
        chat.message("tool", isError ? "error: " + text : text).put("tool_call_id", id);
    }

    private static void assistantBlocks(String at, JsonNode content, CanonicalChat chat) throws RequestException {
        StringBuilder text = new StringBuilder();
        ObjectNode message = chat.message("assistant");
        for (Fields block : Fields.objects(at, content)) {
            String type = block.requiredText("type");
            switch (type) {
                case "text" -> text.append(textBlock(block));
                case "tool_use" -> {
                    JsonNode input = block.take("input").orElseThrow(() -> block.refused("input", "is missing"));
                    CanonicalChat.call(message, block.requiredText("id"), block.requiredText("name"),
                            input.toString());
                    cacheControl(block);
                    block.done();
                }
                default -> throw block.refused(
                        "type", "is \"" + type + "\": only text and tool_use can be read here");
            }
        }
        message.put("content", text.toString());
    }

    private static void tools(Fields fields, CanonicalChat chat) throws RequestException {
        for (Fields tool : fields.objects("tools")) {
            tool.only("type", "custom");
            chat.tool(tool.requiredText("name"), tool.text("description").orElse(""),
                    tool.take("input_schema").orElseThrow(() -> tool.refused("input_schema", "is missing")),
                    tool.bool("strict").orElse(false));
            cacheControl(tool);
            tool.done();
        }
        Optional<Fields> choice = fields.object("tool_choice");
        if (choice.isEmpty()) {
            return;
        }
        String type = choice.get().requiredText("type");
        switch (type) {
            case "auto", "none" -> chat.body().put("tool_choice", type);
            case "any" -> chat.body().put("tool_choice", "required");
            case "tool" -> chat.toolChoice(choice.get().requiredText("name"));
            default -> throw choice.get().refused("type", "is none of auto, any, tool, none");
        }
        choice.get().bool("disable_parallel_tool_use")
                .ifPresent(disabled -> chat.body().put("parallel_tool_calls", !disabled));
        choice.get().done();
    }

    @Override
    public ObjectNode error(ApiError error) {
        return errorJson(error);
    }

    static ObjectNode errorJson(ApiError error) {
        String type = switch (error.status()) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 503 -> "overloaded_error";
            default -> error.status() < 500 ? "invalid_request_error" : "api_error";
        };
        ObjectNode json = Json.object().put("type", "error");
        json.putObject("error").put("type", type).put("message", error.message())
                .put("param", error.param().orElse(null)).put("code", error.code().orElse(null));
        return json;
    }

    private record Question(CanonicalRequest canonical) implements Asked {
        @Override
        public Map<String, String> names() {
            return NAMES;
        }

        @Override
        public Presentation present(AnswerEvent.Started started, long createdSeconds) {
            return new AnthropicPresentation(canonical.request(), started);
        }
    }
}

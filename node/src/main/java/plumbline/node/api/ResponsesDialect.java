package plumbline.node.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// OpenAI's `/v1/responses`, without state: each request brings the whole conversation. Source: spec/api.md A80-A83.
final class ResponsesDialect implements Dialect {

    static final String RESPONSES = "/v1/responses";

    private static final Map<String, String> NAMES = Map.of("messages", "input", "max_completion_tokens",
            "max_output_tokens", "reasoning_effort", "reasoning.effort", "response_format", "text.format",
            "response_format.json_schema", "text.format", "logprobs", "include", "max_tokens", "max_output_tokens");

    @Override
    public Asked read(String path, byte[] body, RequestDefaults defaults) throws RequestException {
        Fields fields = Fields.of(body);
        CanonicalChat chat = new CanonicalChat(fields.requiredText("model"));
        ObjectNode request = chat.body();
        Optional<String> instructions = fields.text("instructions");
        instructions.filter(text -> !text.isEmpty()).ifPresent(text -> chat.message("system", text));
        input(fields, chat);
        fields.number("max_output_tokens").ifPresent(most -> request.set("max_completion_tokens", most));
        for (String name : List.of("temperature", "top_p", "seed", "top_k", "min_p")) {
            fields.number(name).ifPresent(value -> request.set(name, value));
        }
        Optional<JsonNode> top = fields.number("top_logprobs");
        boolean wantsLogprobs = include(fields) || top.isPresent();
        if (wantsLogprobs) {
            request.put("logprobs", true);
            top.ifPresent(value -> request.set("top_logprobs", value));
        }
        fields.bool("stream").ifPresent(stream -> request.put("stream", stream));
        ObjectNode echo = Json.object();
        echo.put("instructions", instructions.orElse(null));
        tools(fields, chat, echo);
        text(fields, chat, echo);
        labels(fields, request, echo);
        stateless(fields);
        fields.take("plumbline").ifPresent(extension -> request.set("plumbline", extension));
        fields.text("nonce").ifPresent(nonce -> request.put("nonce", nonce));
        fields.done();
        return new Question(chat.read(defaults, NAMES), echo);
    }

    private static boolean include(Fields fields) throws RequestException {
        boolean logprobs = false;
        for (JsonNode item : fields.list("include")) {
            if (item.asString("").equals("message.output_text.logprobs")) {
                logprobs = true;
            } else if (!item.asString("").equals("reasoning.encrypted_content")) {
                // The latter asks for something where there is reasoning, of which there is none here.
                throw fields.refused("include", "can only have message.output_text.logprobs");
            }
        }
        return logprobs;
    }

    private static void stateless(Fields fields) throws RequestException {
        if (fields.text("previous_response_id").isPresent()) {
            throw fields.refused("previous_response_id",
                    "isn't supported: nothing is remembered here, so send the whole conversation in `input`");
        }
        fields.onlyFalse("store");
        fields.onlyFalse("background");
        fields.only("truncation", "disabled");
        Optional<Fields> stream = fields.object("stream_options");
        if (stream.isPresent()) {
            stream.get().onlyFalse("include_obfuscation");
            stream.get().done();
        }
    }

    private static void labels(Fields fields, ObjectNode request, ObjectNode echo) throws RequestException {
        Optional<Fields> reasoning = fields.object("reasoning");
        ObjectNode said = echo.putObject("reasoning").putNull("effort").putNull("summary");
        if (reasoning.isPresent()) {
            Optional<String> effort = reasoning.get().text("effort");
            effort.ifPresent(word -> request.put("reasoning_effort", word));
            effort.ifPresent(word -> said.put("effort", word));
            reasoning.get().done();
        }
        for (String name : List.of("user", "safety_identifier", "prompt_cache_key", "service_tier")) {
            Optional<String> label = fields.text(name);
            label.ifPresent(text -> request.put(name, text));
            label.filter(_ -> !name.equals("service_tier")).ifPresent(text -> echo.put(name, text));
        }
        Optional<JsonNode> metadata = fields.take("metadata");
        metadata.ifPresent(value -> request.set("metadata", value));
        echo.set("metadata", metadata.orElse(Json.object()));
    }

    private static void text(Fields fields, CanonicalChat chat, ObjectNode echo) throws RequestException {
        Optional<Fields> text = fields.object("text");
        ObjectNode said = echo.putObject("text");
        Optional<Fields> format = text.isPresent() ? text.get().object("format") : Optional.empty();
        if (format.isPresent()) {
            String type = format.get().requiredText("type");
            ObjectNode saidFormat = said.putObject("format").put("type", type);
            if (type.equals("json_schema")) {
                schema(format.get(), chat, saidFormat);
            } else {
                chat.body().putObject("response_format").put("type", type);
            }
            format.get().done();
        } else {
            said.putObject("format").put("type", "text");
        }
        if (text.isPresent()) {
            text.get().only("verbosity", "medium");
            text.get().done();
        }
    }

    private static void schema(Fields format, CanonicalChat chat, ObjectNode said) throws RequestException {
        String name = format.requiredText("name");
        JsonNode schema = format.take("schema").orElseThrow(() -> format.refused("schema", "is missing"));
        format.text("description");
        format.bool("strict");
        chat.schema(name, schema);
        said.put("name", name).put("strict", true).set("schema", schema);
    }

    private static void tools(Fields fields, CanonicalChat chat, ObjectNode echo) throws RequestException {
        Optional<JsonNode> tools = fields.take("tools");
        echo.set("tools", tools.orElse(Json.mapper().createArrayNode()));
        Fields list = Fields.of(Json.bytes(Json.object().set("tools", tools.orElse(Json.mapper().createArrayNode()))));
        for (Fields tool : list.objects("tools")) {
            String type = tool.requiredText("type");
            if (!type.equals("function")) {
                throw tool.refused("type", "is \"" + type + "\": there are no tools but functions here");
            }
            chat.tool(tool.requiredText("name"), tool.text("description").orElse(""),
                    tool.take("parameters").orElse(Json.mapper().missingNode()),
                    tool.bool("strict").orElse(false));
            tool.done();
        }
        Optional<JsonNode> choice = fields.take("tool_choice");
        echo.set("tool_choice", choice.orElse(Json.mapper().getNodeFactory().stringNode("auto")));
        if (choice.isPresent() && choice.get().isObject()) {
            Fields chosen = Fields.of("tool_choice", choice.get());
            chosen.only("type", "function");
            chat.toolChoice(chosen.requiredText("name"));
            chosen.done();
        } else if (choice.isPresent() && (tools.isPresent() || !choice.get().asString("").equals("auto"))) {
            chat.body().set("tool_choice", choice.get());
        }
        Optional<Boolean> parallel = fields.bool("parallel_tool_calls");
        echo.put("parallel_tool_calls", parallel.orElse(true));
        if (parallel.isPresent() && tools.isPresent() && !tools.get().isEmpty()) {
            chat.body().put("parallel_tool_calls", parallel.get());
        }
    }

    private static void input(Fields fields, CanonicalChat chat) throws RequestException {
        JsonNode input = fields.take("input").orElseThrow(() -> fields.refused("input", "is missing"));
        if (input.isString()) {
            chat.message("user", input.asString());
            return;
        }
        if (!input.isArray()) {
            throw fields.refused("input", "must be a string or a list of items");
        }
        Optional<ObjectNode> calling = Optional.empty();
        int index = 0;
        for (JsonNode node : input) {
            Fields item = Fields.of("input[" + index++ + "]", node);
            String type = item.text("type").orElse("message");
            switch (type) {
                case "message" -> message(item, chat);
                case "function_call" -> {
                    ObjectNode message = calling.isPresent() ? calling.get() : chat.message("assistant", "");
                    calling = Optional.of(message);
                    CanonicalChat.call(message, item.requiredText("call_id"), item.requiredText("name"),
                            item.requiredText("arguments"));
                }
                case "function_call_output" -> chat.message("tool", content(item, "output"))
                        .put("tool_call_id", item.requiredText("call_id"));
                default -> throw item.refused("type", "is \"" + type + "\", which can't be read here");
            }
            if (!type.equals("function_call")) {
                calling = Optional.empty();
            }
            item.text("id");
            item.only("status", "completed", "incomplete", "in_progress");
            item.done();
        }
    }

    private static void message(Fields item, CanonicalChat chat) throws RequestException {
        String role = item.requiredText("role");
        chat.message(role, content(item, "content"));
    }

    private static String content(Fields item, String name) throws RequestException {
        JsonNode content = item.take(name).orElseThrow(() -> item.refused(name, "is missing"));
        if (content.isString()) {
            return content.asString();
        }
        StringBuilder text = new StringBuilder();
        for (Fields part : Fields.objects(item.at(name), content)) {
            String type = part.requiredText("type");
            if (!List.of("input_text", "output_text", "text").contains(type)) {
                throw part.refused("type", "is \"" + type + "\": only text can be read here");
            }
            text.append(part.requiredText("text"));
            part.list("annotations");
            part.list("logprobs");
            part.done();
        }
        return text.toString();
    }

    @Override
    public ObjectNode error(ApiError error) {
        return Json.error(error);
    }

    private record Question(CanonicalRequest canonical, ObjectNode echo) implements Asked {
        @Override
        public Map<String, String> names() {
            return NAMES;
        }

        @Override
        public Presentation present(AnswerEvent.Started started, long createdSeconds) {
            return new ResponsesPresentation(canonical.request(), echo, started, createdSeconds);
        }
    }
}

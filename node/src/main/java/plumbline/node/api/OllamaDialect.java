package plumbline.node.api;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Ollama's `/api/chat` and `/api/generate`. Source: spec/api.md A76-A79.
final class OllamaDialect implements Dialect {

    static final String CHAT = "/api/chat";
    static final String GENERATE = "/api/generate";

    /// Options that say how to compute and can't change an answer here.
    private static final List<String> HARDWARE = List.of("num_thread", "num_gpu", "main_gpu", "num_batch", "use_mmap",
            "use_mlock", "numa", "low_vram", "f16_kv", "vocab_only", "logits_all");

    /// Options that have another name in the canonical request.
    private static final Map<String, String> NAMES = Map.of(
            "temperature", "temperature", "top_p", "top_p", "top_k", "top_k", "min_p", "min_p", "seed", "seed",
            "repetition_penalty", "repetition_penalty", "presence_penalty", "presence_penalty",
            "frequency_penalty", "frequency_penalty");

    private static final Map<String, String> OWN_NAMES = Stream.concat(NAMES.keySet().stream()
                    .map(name -> Map.entry(name, "options." + name)), Stream.of(
                    Map.entry("max_tokens", "options.num_predict"), Map.entry("stop", "options.stop"),
                    Map.entry("response_format", "format"), Map.entry("response_format.json_schema.schema", "format")))
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

    @Override
    public Asked read(String path, byte[] body, RequestDefaults defaults) throws RequestException {
        Fields fields = Fields.of(body);
        String name = model(fields);
        boolean isChat = path.equals(CHAT);
        boolean raw = !isChat && fields.bool("raw").orElse(false);
        CanonicalChat chat = new CanonicalChat(withoutTag(name));
        ObjectNode request = chat.body();
        if (isChat) {
            messages(fields, chat);
            tools(fields, chat);
        } else {
            prompt(fields, chat, raw);
        }
        // Ollama's default is to stream.
        request.put("stream", fields.bool("stream").orElse(true));
        format(fields, chat, raw);
        options(fields, request);
        fields.onlyFalse("think");
        logprobs(fields, request, raw);
        fields.take("keep_alive"); // models stay as long as there is memory; it can't change an answer
        fields.take("plumbline").ifPresent(extension -> request.set("plumbline", extension));
        fields.text("nonce").ifPresent(nonce -> request.put("nonce", nonce));
        fields.done();
        CanonicalRequest canonical = raw
                ? CanonicalChat.read(InferenceRequest.COMPLETION, request, defaults, OWN_NAMES)
                : chat.read(defaults, OWN_NAMES);
        return new Question(canonical, name, isChat);
    }

    /// The model: old clients say `name`, new ones `model`, some both with one of them empty (A76).
    static String model(Fields fields) throws RequestException {
        String model = fields.text("model").orElse("");
        String name = fields.text("name").orElse("");
        if (model.isEmpty() && name.isEmpty()) {
            throw fields.refused("model", "is missing: name a model, GET /api/tags lists them");
        }
        if (!model.isEmpty() && !name.isEmpty() && !model.equals(name)) {
            throw fields.refused("name", "is another than `model`: send one of them");
        }
        return model.isEmpty() ? name : model;
    }

    /// Ollama's clients may add the tag that means none.
    static String withoutTag(String name) {
        return name.endsWith(":latest") ? name.substring(0, name.length() - ":latest".length()) : name;
    }

    /// A request without a prompt asks to load the model, or to unload it; which one, if it is such (A78).
    static Optional<String> loads(String path, byte[] body) throws RequestException {
        Fields fields = Fields.of(body);
        boolean isEmpty = path.equals(CHAT) ? fields.list("messages").isEmpty()
                : fields.text("prompt").orElse("").isEmpty();
        if (!isEmpty) {
            return Optional.empty();
        }
        filled(path, body);
        Optional<JsonNode> keep = fields.take("keep_alive");
        boolean unloads = keep.isPresent() && List.of("0", "0s", "0m").contains(keep.get().asString(""));
        return Optional.of(unloads ? "unload" : "load");
    }

    // Its other fields are read as if something were asked: none is ignored here either.
    private static void filled(String path, byte[] body) throws RequestException {
        ObjectNode asked = (ObjectNode) Json.mapper().readTree(body);
        if (path.equals(CHAT)) {
            asked.putArray("messages").addObject().put("role", "user").put("content", "x");
        } else {
            asked.put("prompt", "x");
        }
        new OllamaDialect().read(path, Json.bytes(asked), RequestDefaults.standard());
    }

    private static void messages(Fields fields, CanonicalChat chat) throws RequestException {
        int calls = 0;
        for (Fields message : fields.objects("messages")) {
            String role = message.requiredText("role");
            ObjectNode made = chat.message(role, message.text("content").orElse(""));
            if (role.equals("tool")) {
                // Ollama's answers of tools name no call: they answer the last ones.
                message.text("tool_name").ifPresent(tool -> made.put("name", tool));
                message.text("tool_call_id");
                made.put("tool_call_id", "call_" + calls);
            }
            for (Fields call : message.objects("tool_calls")) {
                Fields function = call.object("function").orElseThrow(() -> call.refused("function", "is missing"));
                function.take("index");
                call.text("id");
                call.text("type");
                JsonNode arguments = function.take("arguments").orElse(Json.object());
                CanonicalChat.call(made, "call_" + ++calls, function.requiredText("name"), arguments.toString());
                function.done();
                call.done();
            }
            refuseImages(message);
            if (!message.text("thinking").orElse("").isEmpty()) {
                throw message.refused("thinking", "isn't supported here: leave it out");
            }
            message.done();
        }
    }

    private static void refuseImages(Fields fields) throws RequestException {
        if (!fields.list("images").isEmpty()) {
            throw fields.refused("images", "can't be read here: send text only");
        }
    }

    private static void tools(Fields fields, CanonicalChat chat) throws RequestException {
        List<JsonNode> tools = fields.list("tools");
        if (!tools.isEmpty()) {
            tools.forEach(chat.body().putArray("tools")::add);
        }
    }

    private static void prompt(Fields fields, CanonicalChat chat, boolean raw) throws RequestException {
        String prompt = fields.requiredText("prompt");
        Optional<String> system = fields.text("system").filter(text -> !text.isEmpty());
        if (raw) {
            if (system.isPresent()) {
                throw fields.refused("system", "doesn't go with `raw`");
            }
            chat.body().remove("messages");
            chat.body().put("prompt", prompt);
        } else {
            system.ifPresent(text -> chat.message("system", text));
            chat.message("user", prompt);
        }
        refuseImages(fields);
        for (String empty : List.of("suffix", "template")) {
            if (!fields.text(empty).orElse("").isEmpty()) {
                throw fields.refused(empty, "isn't supported here: leave it out");
            }
        }
        if (!fields.list("context").isEmpty()) {
            throw fields.refused("context", "isn't supported here: send the conversation to /api/chat");
        }
    }

    private static void logprobs(Fields fields, ObjectNode request, boolean raw) throws RequestException {
        boolean wanted = fields.bool("logprobs").orElse(false);
        Optional<JsonNode> top = fields.number("top_logprobs");
        if (!wanted) {
            if (top.isPresent() && !top.get().asString().equals("0")) {
                throw fields.refused("top_logprobs", "goes only with `logprobs`: true");
            }
        } else if (raw) {
            request.set("logprobs", top.orElse(Json.mapper().getNodeFactory().numberNode(0)));
        } else {
            request.put("logprobs", true);
            top.ifPresent(value -> request.set("top_logprobs", value));
        }
    }

    private static void format(Fields fields, CanonicalChat chat, boolean raw) throws RequestException {
        Optional<JsonNode> format = fields.take("format").filter(value -> !value.asString("x").isEmpty());
        if (format.isEmpty()) {
            return;
        }
        if (raw) {
            throw fields.refused("format", "doesn't go with `raw`");
        }
        if (format.get().isObject()) {
            chat.schema("format", format.get());
        } else if (format.get().asString("").equals("json")) {
            chat.body().putObject("response_format").put("type", "json_object");
        } else {
            throw fields.refused("format", "must be \"json\" or a JSON Schema");
        }
    }

    private static void options(Fields fields, ObjectNode request) throws RequestException {
        Optional<Fields> found = fields.object("options");
        if (found.isEmpty()) {
            return;
        }
        Fields options = found.get();
        for (String name : NAMES.keySet().stream().sorted().toList()) {
            options.number(name).ifPresent(value -> request.set(NAMES.get(name), value));
        }
        Optional<JsonNode> most = options.number("num_predict");
        if (most.isPresent() && !most.get().asString().equals("-1")) {
            request.set("max_tokens", most.get());
        }
        options.take("stop").filter(stop -> !(stop.isArray() && stop.isEmpty()))
                .ifPresent(stop -> request.set("stop", stop));
        HARDWARE.forEach(options::take);
        options.done();
    }

    @Override
    public ObjectNode error(ApiError error) {
        return errorJson(error);
    }

    static ObjectNode errorJson(ApiError error) {
        return Json.object().put("error", error.message());
    }

    private record Question(CanonicalRequest canonical, String name, boolean isChat) implements Asked {
        @Override
        public Map<String, String> names() {
            return OWN_NAMES;
        }

        @Override
        public Presentation present(AnswerEvent.Started started, long createdSeconds) {
            String created = Instant.ofEpochSecond(createdSeconds).toString();
            return new OllamaPresentation(canonical.request(), name, isChat, started, created);
        }
    }
}

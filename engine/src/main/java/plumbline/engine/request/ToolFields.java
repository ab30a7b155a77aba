package plumbline.engine.request;

import static plumbline.engine.request.BodyReader.bad;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonToken;

/// The fields of a chat request that say what tools there are and what the answer must look like.
/// Source: spec/api.md A17-A19.
final class ToolFields {

    private static final int TOOLS_MAX = 128;
    private static final int NAME_CHARS_MAX = 64;

    private final BodyReader body;

    private List<Tool> tools = List.of();
    private Optional<ToolChoice> choice = Optional.empty();
    private Optional<Boolean> parallel = Optional.empty();
    private AnswerFormat format = new AnswerFormat.Text();

    ToolFields(BodyReader body) {
        this.body = body;
    }

    /// Reads the value of the field `name`; false if that isn't one of these.
    boolean read(String name) throws RequestException {
        switch (name) {
            case "tools" -> tools = body.absent() ? List.of() : tools(name);
            case "tool_choice" -> choice = body.absent() ? Optional.empty() : Optional.of(choice(name));
            case "parallel_tool_calls" -> parallel =
                    body.absent() ? Optional.empty() : Optional.of(body.bool(name));
            case "response_format" -> format = body.absent() ? new AnswerFormat.Text() : format(name);
            default -> {
                return false;
            }
        }
        return true;
    }

    /// What holds between the fields, once all are read.
    void check() throws RequestException {
        if (tools.isEmpty() && choice.isPresent() && !(choice.get() instanceof ToolChoice.None)) {
            throw bad("tool_choice", "`tool_choice` goes only with `tools`");
        }
        if (tools.isEmpty() && parallel.isPresent()) {
            throw bad("parallel_tool_calls", "`parallel_tool_calls` goes only with `tools`");
        }
        if (choice.orElse(null) instanceof ToolChoice.Function(String name)
                && tools.stream().noneMatch(tool -> tool.name().equals(name))) {
            throw bad("tool_choice", "`tool_choice` names the function `" + name + "`, which isn't in `tools`");
        }
        boolean forced = choice().equals(new ToolChoice.Required()) || choice() instanceof ToolChoice.Function;
        if (forced && !(format instanceof AnswerFormat.Text)) {
            throw bad("response_format", "`response_format` can't be had together with a `tool_choice` that forces a"
                    + " call: leave one out");
        }
    }

    List<Tool> tools() {
        return tools;
    }

    ToolChoice choice() {
        return choice.orElse(tools.isEmpty() ? new ToolChoice.None() : new ToolChoice.Auto());
    }

    boolean parallel() {
        return parallel.orElse(true);
    }

    AnswerFormat format() {
        return format;
    }

    private List<Tool> tools(String name) throws RequestException {
        body.expect(JsonToken.START_ARRAY, name, "a list of tools");
        List<Tool> read = new ArrayList<>();
        while (body.next() != JsonToken.END_ARRAY) {
            if (read.size() == TOOLS_MAX) {
                throw bad(name, "more than " + TOOLS_MAX + " tools");
            }
            Tool tool = tool(name + "[" + read.size() + "]");
            if (read.stream().anyMatch(other -> other.name().equals(tool.name()))) {
                throw bad(name, "two tools are named `" + tool.name() + "`");
            }
            read.add(tool);
        }
        return read;
    }

    private Tool tool(String at) throws RequestException {
        Map<String, Object> definition = JsonTree.object(body, at);
        if (!"function".equals(definition.get("type"))) {
            throw bad(at + ".type", "`" + at + ".type` must be \"function\": there are no other tools here");
        }
        if (!(definition.get("function") instanceof Map<?, ?> function)) {
            throw bad(at + ".function", "`" + at + ".function` must be an object");
        }
        requireKnown(at, definition, List.of("type", "function"));
        requireKnown(at + ".function", function, List.of("name", "description", "parameters", "strict"));
        String name = function.get("name") instanceof String text ? functionName(at + ".function.name", text) : "";
        if (name.isEmpty()) {
            throw bad(at + ".function.name", "`" + at + ".function.name` is missing");
        }
        requireType(at + ".function.description", function.get("description"), String.class);
        requireType(at + ".function.strict", function.get("strict"), Boolean.class);
        requireType(at + ".function.parameters", function.get("parameters"), Map.class);
        return new Tool(name, object(function.get("parameters")), definition);
    }

    private static void requireKnown(String at, Map<?, ?> fields, List<String> known) throws RequestException {
        for (Object field : fields.keySet()) {
            if (!known.contains(field)) {
                String param = at + "." + field;
                throw bad(param, "`" + param + "` isn't supported here: leave it out");
            }
        }
    }

    private static void requireType(String param, Object value, Class<?> type) throws RequestException {
        if (value != null && !type.isInstance(value)) {
            String what = type == Map.class ? "an object" : type == String.class ? "a string" : "true or false";
            throw bad(param, "`" + param + "` must be " + what);
        }
    }

    // What JsonTree makes has text as keys.
    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(Object value) {
        return value == null ? Map.of() : (Map<String, Object>) value;
    }

    private static String functionName(String param, String name) throws RequestException {
        if (!name.matches("[a-zA-Z0-9_-]{1," + NAME_CHARS_MAX + "}")) {
            throw bad(param, "`" + param + "` must be 1 to " + NAME_CHARS_MAX + " of a-z A-Z 0-9 _ -");
        }
        return name;
    }

    private ToolChoice choice(String name) throws RequestException {
        if (body.token() != JsonToken.VALUE_STRING) {
            Map<String, Object> chosen = JsonTree.object(body, name);
            requireKnown(name, chosen, List.of("type", "function"));
            if ("function".equals(chosen.get("type")) && chosen.get("function") instanceof Map<?, ?> function
                    && function.get("name") instanceof String called) {
                requireKnown(name + ".function", function, List.of("name"));
                return new ToolChoice.Function(called);
            }
            throw bad(name, "`" + name + "` must be \"none\", \"auto\", \"required\" or"
                    + " {\"type\":\"function\",\"function\":{\"name\":...}}");
        }
        String word = body.string(name);
        return switch (word) {
            case "none" -> new ToolChoice.None();
            case "auto" -> new ToolChoice.Auto();
            case "required" -> new ToolChoice.Required();
            default -> throw bad(name, "`" + name + "` is none of none, auto, required");
        };
    }

    private AnswerFormat format(String at) throws RequestException {
        Map<String, Object> format = JsonTree.object(body, at);
        Object type = format.get("type");
        if ("json_schema".equals(type)) {
            requireKnown(at, format, List.of("type", "json_schema"));
            if (!(format.get("json_schema") instanceof Map<?, ?> schema)) {
                throw bad(at + ".json_schema", "`" + at + ".json_schema` must be an object");
            }
            return schema(at + ".json_schema", schema);
        }
        requireKnown(at, format, List.of("type"));
        if ("text".equals(type)) {
            return new AnswerFormat.Text();
        }
        if ("json_object".equals(type)) {
            return new AnswerFormat.JsonObject();
        }
        throw bad(at + ".type", "`" + at + ".type` is none of text, json_object, json_schema");
    }

    private static AnswerFormat schema(String at, Map<?, ?> fields) throws RequestException {
        requireKnown(at, fields, List.of("name", "description", "schema", "strict"));
        requireType(at + ".description", fields.get("description"), String.class);
        requireType(at + ".strict", fields.get("strict"), Boolean.class);
        if (!(fields.get("name") instanceof String name)) {
            throw bad(at + ".name", "`" + at + ".name` is missing");
        }
        functionName(at + ".name", name);
        if (!(fields.get("schema") instanceof Map<?, ?> schema)) {
            throw bad(at + ".schema", "`" + at + ".schema` must be an object, a JSON Schema");
        }
        return new AnswerFormat.JsonSchema(name, object(schema));
    }

    /// Requires the value `function`.
    static void functionType(BodyReader body, String param) throws RequestException {
        if (!body.string(param).equals("function")) {
            throw bad(param, "`" + param + "` must be \"function\"");
        }
    }
}

package plumbline.node.api;

import java.util.Comparator;
import java.util.Map;
import java.util.regex.Pattern;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The body of a canonical chat request, as a dialect puts it together. Fields stand in the order in which they are
/// put, so that the same request of a dialect always gives the same bytes (A70).
final class CanonicalChat {

    private final ObjectNode body = Json.object();
    private final ArrayNode messages;

    CanonicalChat(String model) {
        body.put("model", model);
        messages = body.putArray("messages");
    }

    ObjectNode body() {
        return body;
    }

    /// Adds a message; its content is still to be put.
    ObjectNode message(String role) {
        return messages.addObject().put("role", role);
    }

    /// Adds a message of text.
    ObjectNode message(String role, String content) {
        return message(role).put("content", content);
    }

    /// Adds a call to a message of the assistant.
    static void call(ObjectNode message, String id, String name, String arguments) {
        ArrayNode calls = message.get("tool_calls") instanceof ArrayNode made ? made : message.putArray("tool_calls");
        calls.addObject().put("id", id).put("type", "function")
                .putObject("function").put("name", name).put("arguments", arguments);
    }

    /// Adds a tool, whose arguments must be valid by its parameters where it is strict.
    void tool(String name, String description, JsonNode parameters, boolean strict) {
        ArrayNode tools = body.get("tools") instanceof ArrayNode made ? made : body.putArray("tools");
        ObjectNode function = tools.addObject().put("type", "function").putObject("function").put("name", name);
        if (!description.isEmpty()) {
            function.put("description", description);
        }
        if (!parameters.isMissingNode()) {
            function.set("parameters", parameters);
        }
        if (strict) {
            function.put("strict", true);
        }
    }

    /// Demands the call of one tool.
    void toolChoice(String name) {
        body.putObject("tool_choice").put("type", "function").putObject("function").put("name", name);
    }

    /// Demands JSON that is valid by a schema.
    void schema(String name, JsonNode schema) {
        ObjectNode format = body.putObject("response_format").put("type", "json_schema");
        format.putObject("json_schema").put("name", name).put("strict", true).set("schema", schema);
    }

    /// Reads what was put together; what is wrong with it is said of the dialect's own field.
    ///
    /// @param names of the dialect's fields, by those of the canonical request where they differ
    CanonicalRequest read(RequestDefaults defaults, Map<String, String> names) throws RequestException {
        return read(InferenceRequest.CHAT, body, defaults, names);
    }

    static CanonicalRequest read(String endpoint, ObjectNode body, RequestDefaults defaults,
            Map<String, String> names) throws RequestException {
        try {
            return CanonicalRequest.read(endpoint, Json.bytes(body), defaults);
        } catch (RequestException e) {
            String param = e.param().orElse("");
            String own = own(param, names);
            throw new RequestException(e.status(), own, e.code().orElse(""),
                    e.getMessage().replace("`" + param + "`", "`" + own + "`"));
        }
    }

    /// An error that was found after the request was read, said of the dialect's own field.
    static ApiError own(ApiError error, Map<String, String> names) {
        String param = error.param().orElse("");
        String own = own(param, names);
        return new ApiError(error.status(), Json.text(own), error.code(),
                error.message().replace("`" + param + "`", "`" + own + "`"), error.retryAfterSeconds());
    }

    /// The longest name that the path begins with is replaced.
    private static String own(String param, Map<String, String> names) {
        return names.keySet().stream()
                .filter(name -> param.matches(Pattern.quote(name) + "([.\\[].*)?"))
                .max(Comparator.comparingInt(String::length))
                .map(name -> names.get(name) + param.substring(name.length())).orElse(param);
    }
}

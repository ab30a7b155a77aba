package plumbline.node.api;

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

    /// Adds a tool.
    void tool(String name, String description, JsonNode parameters) {
        ArrayNode tools = body.get("tools") instanceof ArrayNode made ? made : body.putArray("tools");
        ObjectNode function = tools.addObject().put("type", "function").putObject("function").put("name", name);
        if (!description.isEmpty()) {
            function.put("description", description);
        }
        if (!parameters.isMissingNode()) {
            function.set("parameters", parameters);
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

    CanonicalRequest read(RequestDefaults defaults) throws RequestException {
        return CanonicalRequest.read(InferenceRequest.CHAT, Json.bytes(body), defaults);
    }
}

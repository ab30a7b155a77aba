package plumbline.node.api;

import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// JSON as it goes out, and errors in OpenAI's shape. Source: spec/api.md A50.
public final class Json {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Json() {}

    /// A new object.
    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /// Compact UTF-8.
    public static byte[] bytes(ObjectNode json) {
        return MAPPER.writeValueAsBytes(json);
    }

    /// For reading what the owner of the node sends.
    public static JsonMapper mapper() {
        return MAPPER;
    }

    static ObjectNode error(ApiError error) {
        ObjectNode json = object();
        json.putObject("error")
                .put("message", error.message())
                .put("type", type(error.status()))
                .put("param", error.param().orElse(null))
                .put("code", error.code().orElse(null));
        return json;
    }

    private static String type(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 429 -> "rate_limit_error";
            default -> status < 500 ? "invalid_request_error" : "server_error";
        };
    }

    static Optional<String> text(String text) {
        return Optional.of(text).filter(t -> !t.isEmpty());
    }
}

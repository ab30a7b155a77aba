package plumbline.node.api;

import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/// A whole HTTP answer.
///
/// @param headers besides the content type
public record Reply(int status, String contentType, Body body, Map<String, String> headers) {

    /// Content type of JSON.
    public static final String JSON = "application/json";
    /// Content type of text.
    public static final String TEXT = "text/plain; charset=utf-8";

    /// The bytes of a body; whoever makes one gives them away.
    public static final class Body {
        private final byte[] bytes;

        Body(byte[] bytes) {
            this.bytes = bytes;
        }

        /// The bytes themselves.
        public byte[] bytes() {
            return bytes;
        }
    }

    /// Status 200 with these bytes.
    public static Reply bytes(String contentType, byte[] bytes) {
        return new Reply(200, contentType, new Body(bytes), Map.of());
    }

    /// Status 200 with a text.
    public static Reply text(String text) {
        return bytes(TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    /// Status 200 with JSON.
    public static Reply json(ObjectNode json) {
        return bytes(JSON, Json.bytes(json));
    }

    /// This answer with one more header.
    public Reply with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new Reply(status, contentType, body, more);
    }

    /// An error in OpenAI's shape (spec/api.md A50).
    public static Reply error(ApiError error) {
        return error(error, Json.error(error));
    }

    /// An error, with the headers that tell a client whether asking again can help.
    static Reply error(ApiError error, ObjectNode json) {
        Reply reply = new Reply(error.status(), JSON, new Body(Json.bytes(json)), Map.of());
        if (error.retryAfterSeconds().isPresent()) {
            return reply.with("Retry-After", Integer.toString(error.retryAfterSeconds().getAsInt()));
        }
        if (error.status() == 401) {
            reply = reply.with("WWW-Authenticate", "Bearer");
        }
        return error.status() < 500 ? reply.with("x-should-retry", "false") : reply;
    }

    /// An error in OpenAI's shape that is about no field.
    public static Reply error(int status, String code, String message) {
        return error(ApiError.of(status, "", code, message));
    }

    /// Status 404.
    public static Reply notFound() {
        return error(ApiError.notFound());
    }

    /// Sends it.
    public void send(ServerResponse response) {
        response.status(status);
        response.header("Content-Type", contentType);
        response.header("X-Content-Type-Options", "nosniff");
        headers.forEach(response::header);
        response.send(body.bytes());
    }
}

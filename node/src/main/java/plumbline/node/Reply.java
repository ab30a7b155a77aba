package plumbline.node;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import plumbline.engine.request.RequestException;
import tools.jackson.databind.node.ObjectNode;

/// A whole HTTP answer.
///
/// @param headers besides the content type
record Reply(int status, String contentType, Body body, Map<String, String> headers) {

    static final String JSON = "application/json";
    static final String TEXT = "text/plain; charset=utf-8";

    /// The bytes of a body; whoever makes one gives them away.
    static final class Body {
        private final byte[] bytes;

        Body(byte[] bytes) {
            this.bytes = bytes;
        }

        byte[] bytes() {
            return bytes;
        }
    }

    static Reply bytes(String contentType, byte[] bytes) {
        return new Reply(200, contentType, new Body(bytes), Map.of());
    }

    static Reply text(String text) {
        return bytes(TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    static Reply json(ObjectNode json) {
        return bytes(JSON, ApiJson.bytes(json));
    }

    /// This answer with one more header.
    Reply with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new Reply(status, contentType, body, more);
    }

    /// An error in OpenAI's shape (spec/api.md A50).
    static Reply error(int status, Optional<String> param, Optional<String> code, String message) {
        return new Reply(
                status, JSON, new Body(ApiJson.bytes(ApiJson.error(status, param, code, message))), Map.of());
    }

    static Reply error(int status, String code, String message) {
        return error(status, Optional.empty(), Optional.of(code), message);
    }

    static Reply notFound() {
        return error(404, "not_found", "there is nothing here; spec/api.md lists what there is");
    }

    static Reply refused(RequestException e) {
        Reply reply = error(e.status(), e.param(), e.code(), e.getMessage());
        return e.status() == 429 || e.status() == 503
                ? reply.with("Retry-After", "2") : reply.with("x-should-retry", "false");
    }

    /// Asking again with a used nonce never helps; with one that is being answered it does.
    static Reply refused(NonceReusedException e) {
        Reply reply = error(409, Optional.of("nonce"), Optional.of("nonce_reused"), e.getMessage());
        return e.inUse() ? reply.with("Retry-After", "1") : reply.with("x-should-retry", "false");
    }
}

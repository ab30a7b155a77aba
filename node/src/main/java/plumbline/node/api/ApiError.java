package plumbline.node.api;

import java.util.Optional;
import java.util.OptionalInt;
import plumbline.engine.request.RequestException;

/// Why a request gets no answer; each dialect says it in its own shape. Source: spec/api.md A50.
///
/// @param status HTTP status, 4xx or 5xx
/// @param param the field at fault, as a path
/// @param code machine-readable name
/// @param message a sentence for a person: what, why, what to do
/// @param retryAfterSeconds when asking again can help; empty where it can't
public record ApiError(
        int status, Optional<String> param, Optional<String> code, String message, OptionalInt retryAfterSeconds) {

    private static final int RETRY_SECONDS = 2;

    /// An error that asking again doesn't mend, unless its status is 429 or 503.
    public static ApiError of(int status, String param, String code, String message) {
        return new ApiError(status, Json.text(param), Json.text(code), message,
                status == 429 || status == 503 ? OptionalInt.of(RETRY_SECONDS) : OptionalInt.empty());
    }

    /// What a refused request is answered with.
    public static ApiError of(RequestException e) {
        return of(e.status(), e.param().orElse(""), e.code().orElse(""), e.getMessage());
    }

    /// Says nothing of what failed: that is in the node's log.
    public static ApiError internal() {
        return of(500, "", "internal", "the node failed at this request; its log says why");
    }

    static ApiError notFound() {
        return of(404, "", "not_found", "there is nothing here; spec/api.md lists what there is");
    }

    static ApiError wrongMethod(String path, String allowed, String method) {
        return of(405, "", "method_not_allowed", path + " takes " + allowed + ", not " + method);
    }

    /// As something to throw.
    public ApiException thrown() {
        return new ApiException(this);
    }
}

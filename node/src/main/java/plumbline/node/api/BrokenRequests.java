package plumbline.node.api;

import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import plumbline.engine.request.InferenceRequest;

/// The answers to what never becomes a request: HTTP that can't be read, bodies over the limit. They have
/// the shape of every other error and end the connection. Source: spec/api.md A50, A94.
final class BrokenRequests implements DirectHandler {

    static DirectHandlers handlers() {
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (EventType type : EventType.values()) {
            handlers.addHandler(type, new BrokenRequests());
        }
        return handlers.build();
    }

    @Override
    public TransportResponse handle(TransportRequest request, EventType type, Status status,
            ServerResponseHeaders headers, String message) {
        if (Guard.CURRENT.isBound()) {
            Guard guard = Guard.CURRENT.get();
            guard.linger();
            // The web server takes some of what it can't read for its own fault, and would log each with its stack.
            if (status.code() == 500 && !guard.isAnswering()) {
                return handle(request, type, Status.BAD_REQUEST_400, headers, message);
            }
        }
        byte[] json = Json.bytes(Endpoints.errorShape(request.path()).error(
                ApiError.of(status.code(), "", code(status.code()), message(status.code()))));
        headers.set(HeaderNames.CONTENT_TYPE, Reply.JSON);
        if (status.code() == 503) {
            headers.set(HeaderNames.RETRY_AFTER, "2");
        } else {
            headers.set(HeaderNames.create("x-should-retry"), "false");
        }
        return TransportResponse.builder().status(status).headers(headers).entity(json).keepAlive(false).build();
    }

    private static String code(int status) {
        return switch (status) {
            case 413 -> "request_too_large";
            case 503 -> "busy";
            case 500 -> "internal";
            default -> "request_malformed";
        };
    }

    private static String message(int status) {
        return switch (status) {
            case 413 -> "the body has more than " + InferenceRequest.BODY_BYTES_MAX + " bytes, or came in too many"
                    + " small pieces: send less text";
            case 414 -> "the request's first line has more than 4,096 bytes";
            case 500 -> "the node failed at this request; its log says why";
            case 501 -> "the one transfer encoding is chunked";
            case 503 -> "the node has as much to read as it can hold: ask again in a moment";
            case 505 -> "the node speaks HTTP/1.1";
            default -> "this can't be read as a request of HTTP/1.1: look at its first line, its headers, and how"
                    + " its body is framed";
        };
    }
}

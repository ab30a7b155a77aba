package plumbline.node;

import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestException;
import plumbline.verify.MalformedException;
import plumbline.verify.ReceiptId;
import plumbline.verify.Secret;
import plumbline.verify.TilePath;

/// Every path of the node and what is behind it. Whatever isn't named here is 404; nothing is looked
/// up on disk by a path that came from outside. Source: spec/api.md.
final class ApiRoutes {

    private static final System.Logger LOG = System.getLogger(ApiRoutes.class.getName());
    private static final int RECEIPTS_LISTED_MAX = 1000;
    private static final String RECEIPTS = "/v1/receipts/";
    private static final String MODELS = "/v1/models/";

    private final Node node;
    private final Completions completions;
    private final Admin admin;

    private volatile boolean open;

    ApiRoutes(Node node, Completions completions, Admin admin) {
        this.node = node;
        this.completions = completions;
        this.admin = admin;
    }

    void handle(ServerRequest request, ServerResponse response) {
        Reply reply;
        try {
            Optional<Reply> whole = route(request, response);
            if (whole.isEmpty()) {
                return;
            }
            reply = whole.get();
        } catch (RequestException e) {
            reply = Reply.refused(e);
        } catch (NonceReusedException e) {
            reply = Reply.refused(e);
        } catch (NodeException e) {
            LOG.log(System.Logger.Level.ERROR, e.getMessage());
            reply = Reply.error(500, "node_failed", e.getMessage());
        } catch (CloseConnectionException callerIsGone) {
            throw callerIsGone;
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a request failed", e);
            reply = Reply.error(500, "internal", "the node failed at this request; its log says why");
        }
        send(reply, response);
    }

    private static void send(Reply reply, ServerResponse response) {
        response.status(reply.status());
        response.header("Content-Type", reply.contentType());
        response.header("X-Content-Type-Options", "nosniff");
        for (Map.Entry<String, String> header : reply.headers().entrySet()) {
            response.header(header.getKey(), header.getValue());
        }
        response.send(reply.body().bytes());
    }

    /// Empty if the answer has been sent already.
    private Optional<Reply> route(ServerRequest request, ServerResponse response)
            throws RequestException, NonceReusedException, NodeException {
        String path = request.prologue().uriPath().rawPath();
        String method = request.prologue().method().text();
        boolean isPost = path.equals(InferenceRequest.CHAT) || path.equals(InferenceRequest.COMPLETION)
                || path.equals(Admin.PUBLISH);
        if (!isPost && !isKnown(path)) {
            return Optional.of(Reply.notFound());
        }
        String allowed = isPost ? "POST" : "GET";
        if (!method.equals(allowed)) {
            return Optional.of(Reply.error(405, "method_not_allowed",
                    path + " takes " + allowed + ", not " + method).with("Allow", allowed));
        }
        Caller caller = new Caller(request);
        if (!isPost) {
            return Optional.of(get(path, caller));
        }
        if (!isJson(caller.header("content-type"))) {
            throw new RequestException(415, "", "unsupported_media_type",
                    "the body must be JSON: send the header Content-Type: application/json");
        }
        if (path.equals(Admin.PUBLISH)) {
            admin.check(caller);
            return Optional.of(admin.publish(body(request, caller)));
        }
        return completions.answer(path, body(request, caller), response);
    }

    private static boolean isKnown(String path) {
        return switch (path) {
            case "/v2/health/live", "/v2/health/ready", "/v1/models", "/v1/key", "/v1/receipts",
                    "/checkpoint" -> true;
            default -> path.startsWith("/tile/") || path.startsWith(RECEIPTS)
                    || path.startsWith(MODELS);
        };
    }

    private Reply get(String path, Caller caller) throws RequestException, NodeException {
        return switch (path) {
            case "/v2/health/live" -> Reply.json(ApiJson.object().put("live", true));
            case "/v2/health/ready" -> ready();
            case "/v1/models" -> Reply.json(ApiJson.models(node.models().names()));
            case "/v1/key" -> Reply.text(node.key().verifierKey().encode() + "\n");
            case "/v1/receipts" -> receipts(caller);
            case "/checkpoint" -> Reply.bytes(Reply.TEXT, node.log().checkpoint().encode())
                    .with("Cache-Control", "no-cache");
            default -> path.startsWith(RECEIPTS) ? receipt(path.substring(RECEIPTS.length()), caller)
                    : path.startsWith(MODELS) ? model(path.substring(MODELS.length()))
                    : tile(path.substring(1));
        };
    }

    /// From now on the node says that it is ready.
    void open() {
        open = true;
    }

    private Reply ready() {
        if (!open) {
            return Reply.error(503, "not_ready", "the node is starting");
        }
        try {
            node.log().check();
            return Reply.json(ApiJson.object().put("ready", true));
        } catch (NodeException e) {
            return Reply.error(503, "not_ready", e.getMessage());
        }
    }

    private Reply model(String encoded) throws RequestException, NodeException {
        try {
            String name = URLDecoder.decode(encoded, StandardCharsets.UTF_8);
            return Reply.json(ApiJson.model(name, node.loadedModels().find(name)));
        } catch (IllegalArgumentException badEscape) {
            return Reply.notFound();
        }
    }

    private Reply receipts(Caller caller) throws NodeException {
        return caller.isLocal()
                ? Reply.json(ApiJson.receipts(node.receipts().latest(RECEIPTS_LISTED_MAX)))
                : Reply.notFound();
    }

    // One answer for "no such receipt" and "wrong secret", so that ids can't be tried out.
    private Reply receipt(String id, Caller caller) throws NodeException {
        Optional<StoredReceipt> stored;
        try {
            stored = node.receipts().byId(ReceiptId.parse(id));
        } catch (MalformedException e) {
            stored = Optional.empty();
        }
        if (stored.isEmpty() || !node.log().isPublished(stored.get()) || !mayRead(stored.get(), caller)) {
            return Reply.error(404, "receipt_not_found", "there is no such receipt, or the secret in"
                    + " the header plumb-receipt-secret isn't its secret");
        }
        return Reply.bytes(Reply.TEXT, node.answers().bundle(stored.get()))
                .with("Cache-Control", "private, no-store");
    }

    private static boolean mayRead(StoredReceipt stored, Caller caller) {
        Optional<String> credential = caller.credential();
        if (credential.isEmpty()) {
            return caller.isLocal();
        }
        try {
            return Secret.parseHex(credential.get()).equals(stored.secret());
        } catch (MalformedException e) {
            return false;
        }
    }

    private Reply tile(String path) throws NodeException {
        try {
            return node.log().tile(TilePath.parse(path))
                    .map(bytes -> Reply.bytes("application/octet-stream", bytes)
                            .with("Cache-Control", "public, max-age=31536000, immutable"))
                    .orElseGet(Reply::notFound);
        } catch (MalformedException e) {
            return Reply.notFound();
        }
    }

    private static boolean isJson(Optional<String> contentType) {
        return contentType.isPresent()
                && contentType.get().split(";", 2)[0].strip().equalsIgnoreCase(Reply.JSON);
    }

    private static byte[] body(ServerRequest request, Caller caller) throws RequestException {
        int max = InferenceRequest.BODY_BYTES_MAX;
        // Said before reading, where the caller says it.
        long announced = caller.header("content-length").map(ApiRoutes::length).orElse(0L);
        if (announced > max) {
            throw tooLarge(max);
        }
        try (InputStream in = request.content().inputStream()) {
            byte[] body = in.readNBytes(max + 1);
            if (body.length > max) {
                throw tooLarge(max);
            }
            return body;
        } catch (IOException e) {
            throw new CloseConnectionException("the caller has gone", e);
        }
    }

    private static long length(String text) {
        return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : Long.MAX_VALUE;
    }

    private static RequestException tooLarge(int max) {
        return new RequestException(413, "", "request_too_large",
                "the body has more than " + max + " bytes: send less text");
    }
}

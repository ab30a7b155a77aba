package plumbline.node;

import io.helidon.http.HttpException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Optional;
import plumbline.engine.request.RequestException;
import plumbline.node.api.Caller;
import plumbline.node.api.Endpoints;
import plumbline.node.api.Json;
import plumbline.node.api.Reply;
import plumbline.verify.MalformedException;
import plumbline.verify.ModelId;
import plumbline.verify.Receipt;
import plumbline.verify.ReceiptId;
import plumbline.verify.Secret;
import plumbline.verify.TilePath;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Every path of the node and what is behind it. Whatever isn't named here is 404; nothing is looked
/// up on disk by a path that came from outside. Source: spec/api.md.
final class ApiRoutes {

    private static final int RECEIPTS_LISTED_MAX = 1000;
    private static final String RECEIPTS = "/v1/receipts/";
    private static final String HEADS = "/v1/heads/";

    private final Node node;
    private final Endpoints endpoints;
    private final Admin admin;
    private final ModelHeads heads = new ModelHeads();

    private volatile boolean open;

    ApiRoutes(Node node, Endpoints endpoints, Admin admin) {
        this.node = node;
        this.endpoints = endpoints;
        this.admin = admin;
    }

    void handle(ServerRequest request, ServerResponse response) {
        if (endpoints.handle(request, response)) {
            return;
        }
        Reply reply;
        try {
            reply = route(request);
        } catch (CloseConnectionException | io.helidon.http.RequestException | HttpException unreadable) {
            throw unreadable; // the web server closes, or answers as BrokenRequests says
        } catch (RequestException | NodeException | RuntimeException e) {
            reply = Reply.error(EngineAnswerer.error(e));
        }
        reply.send(response);
    }

    private Reply route(ServerRequest request) throws RequestException, NodeException {
        String path = request.prologue().uriPath().rawPath();
        String method = request.prologue().method().text();
        boolean isPost = path.equals(Admin.PUBLISH);
        if (!isPost && !isKnown(path)) {
            return Reply.notFound();
        }
        String allowed = isPost ? "POST" : "GET";
        if (!method.equals(allowed)) {
            return Reply.error(405, "method_not_allowed",
                    path + " takes " + allowed + ", not " + method).with("Allow", allowed);
        }
        Caller caller = new Caller(request);
        if (!isPost) {
            return get(path, caller);
        }
        Endpoints.requireJson(caller);
        admin.check(caller);
        return admin.publish(Endpoints.body(request, caller));
    }

    private static boolean isKnown(String path) {
        return switch (path) {
            case "/v2/health/live", "/v2/health/ready", "/v1/key", "/v1/receipts",
                    "/checkpoint" -> true;
            default -> path.startsWith("/tile/") || path.startsWith(RECEIPTS) || path.startsWith(HEADS);
        };
    }

    private Reply get(String path, Caller caller) throws RequestException, NodeException {
        return switch (path) {
            case "/v2/health/live" -> Reply.json(Json.object().put("live", true));
            case "/v2/health/ready" -> ready();
            case "/v1/key" -> Reply.text(node.key().verifierKey().encode() + "\n");
            case "/v1/receipts" -> receipts(caller);
            case "/checkpoint" -> Reply.bytes(Reply.TEXT, node.log().checkpoint().encode())
                    .with("Cache-Control", "no-cache");
            default -> path.startsWith(RECEIPTS) ? receipt(path.substring(RECEIPTS.length()), caller)
                    : path.startsWith(HEADS) ? head(path.substring(HEADS.length()))
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
            return Reply.json(Json.object().put("ready", true));
        } catch (NodeException e) {
            return Reply.error(503, "not_ready", e.getMessage());
        }
    }

    private Reply receipts(Caller caller) throws NodeException {
        return caller.isLocal()
                ? Reply.json(receipts(node.receipts().latest(RECEIPTS_LISTED_MAX)))
                : Reply.notFound();
    }

    private static ObjectNode receipts(List<Receipt> receipts) {
        ObjectNode list = Json.object().put("object", "list");
        ArrayNode data = list.putArray("data");
        for (Receipt receipt : receipts) {
            data.addObject()
                    .put("id", receipt.id().hex())
                    .put("object", "receipt")
                    .put("model", receipt.model().toString())
                    .put("endpoint", receipt.endpoint().path())
                    .put("prompt_tokens", receipt.prompt().count())
                    .put("completion_tokens", receipt.output().count())
                    .put("stop", receipt.stop().word())
                    .put("time", receipt.time().toString());
        }
        return list;
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

    private Reply head(String id) throws NodeException {
        try {
            Optional<StoredModel> model = node.models().byId(ModelId.parse(id));
            return model.isEmpty() ? Reply.notFound()
                    : Reply.bytes("application/octet-stream", heads.encoded(model.get()))
                            .with("Cache-Control", "public, max-age=31536000, immutable");
        } catch (MalformedException e) {
            return Reply.notFound();
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
}

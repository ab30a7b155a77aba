package plumbline.node;

import io.helidon.http.HttpException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import plumbline.engine.request.RequestException;
import plumbline.node.api.ApiException;
import plumbline.node.api.Caller;
import plumbline.node.api.Endpoints;
import plumbline.node.api.Json;
import plumbline.node.api.Reply;
import plumbline.verify.Digest;
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
    private static final String LOGS = "/logs/";

    private final Node node;
    private final Endpoints endpoints;
    private final Admin admin;
    private final MetricsPage metrics;
    private final RequestLog requests;
    private final ModelHeads heads = new ModelHeads();

    private volatile boolean open;

    ApiRoutes(Node node, Endpoints endpoints, Admin admin, MetricsPage metrics) {
        this.metrics = metrics;
        this.requests = new RequestLog(metrics.metrics());
        this.node = node;
        this.endpoints = endpoints;
        this.admin = admin;
    }

    void handle(ServerRequest request, ServerResponse response) {
        requests.handle(request, response, this::answer);
    }

    private void answer(ServerRequest request, ServerResponse response) {
        if (endpoints.handle(request, response)) {
            return;
        }
        Reply reply;
        try {
            reply = route(request);
        } catch (CloseConnectionException | io.helidon.http.RequestException | HttpException unreadable) {
            throw unreadable; // the web server closes, or answers as BrokenRequests says
        } catch (ApiException e) {
            reply = Reply.error(e.error());
        } catch (RequestException | NodeException | RuntimeException e) {
            reply = Reply.error(EngineAnswerer.error(e));
        }
        reply.send(response);
    }

    private Reply route(ServerRequest request) throws RequestException, ApiException, NodeException {
        String path = request.prologue().uriPath().rawPath();
        String method = request.prologue().method().text();
        boolean isAdmin = Admin.has(path);
        if (!isAdmin && !isKnown(path)) {
            return Reply.notFound();
        }
        String allowed = isAdmin ? Admin.allowed(path) : "GET";
        if (!List.of(allowed.split(", ")).contains(method)) {
            return Reply.error(405, "method_not_allowed",
                    path + " takes " + allowed + ", not " + method).with("Allow", allowed);
        }
        Caller caller = new Caller(request);
        return isAdmin ? admin.handle(path, method, request, caller) : get(path, caller);
    }

    private static boolean isKnown(String path) {
        return switch (path) {
            case "/v2/health/live", "/v2/health/ready", "/v1/key", "/v1/hand-overs", "/v1/receipts",
                    "/checkpoint", MetricsPage.PATH -> true;
            default -> Page.has(path) || path.startsWith("/tile/") || path.startsWith(RECEIPTS)
                    || path.startsWith(HEADS) || path.startsWith(LOGS);
        };
    }

    private Reply get(String path, Caller caller) throws RequestException, ApiException, NodeException {
        return switch (path) {
            case "/v2/health/live" -> Reply.json(Json.object().put("live", true));
            case "/v2/health/ready" -> ready();
            case "/v1/key" -> Reply.text(node.key().verifierKey().encode() + "\n");
            case "/v1/hand-overs" -> Reply.bytes(Reply.TEXT, node.receipts().handOvers());
            case "/v1/receipts" -> receipts(caller);
            case MetricsPage.PATH -> metrics.get(caller);
            case "/checkpoint" -> Reply.bytes(Reply.TEXT, node.log().checkpoint().encode())
                    .with("Cache-Control", "no-cache");
            default -> Page.has(path) ? Page.get(path)
                    : path.startsWith(RECEIPTS) ? receipt(path.substring(RECEIPTS.length()), caller)
                    : path.startsWith(HEADS) ? head(path.substring(HEADS.length()))
                    : path.startsWith(LOGS) ? retired(path.substring(LOGS.length()))
                    : tile(path.substring(1));
        };
    }

    /// `NAME/checkpoint` or `NAME/tile/...` of a log that an older key has closed.
    private Reply retired(String path) throws NodeException {
        int slash = Math.max(0, path.indexOf('/'));
        Optional<RetiredLog> log = RetiredLog.named(node.folder(), path.substring(0, slash));
        String rest = path.substring(slash);
        if (log.isEmpty()) {
            return Reply.notFound();
        }
        return rest.equals("/checkpoint") ? Reply.bytes(Reply.TEXT, log.get().checkpoint().encode())
                : rest.startsWith("/tile/") ? tile(rest.substring(1), log.get()::tile)
                : Reply.notFound();
    }

    /// Waits until every request has been answered, but no longer than that.
    void awaitNone(Duration limit) {
        requests.awaitNone(limit);
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
        Optional<ReceiptStore.Gone> gone = stored.isEmpty() ? gone(id) : Optional.empty();
        if (gone.isPresent() && mayKnow(gone.get().secretHash(), caller)) {
            return Reply.error(410, "receipt_gone", "the request and the answer of this receipt have been"
                    + " deleted after the time for which this node keeps them; the receipt is still in its log");
        }
        Optional<Digest> cut = stored.isEmpty() ? cut(id) : Optional.empty();
        if (cut.isPresent() && mayKnow(cut.get(), caller)) {
            return Reply.error(404, "answer_cut", "the node was stopped while it computed this answer, and"
                    + " nothing was kept: ask again, with the same nonce if you like");
        }
        if (stored.isEmpty() || !node.log().isPublished(stored.get()) || !mayRead(stored.get(), caller)) {
            return Reply.error(404, "receipt_not_found", "there is no such receipt, or the secret in"
                    + " the header plumb-receipt-secret isn't its secret");
        }
        return Reply.bytes(Reply.TEXT, node.answers().bundle(stored.get()))
                .with("Cache-Control", "private, no-store");
    }

    private Optional<ReceiptStore.Gone> gone(String id) throws NodeException {
        try {
            return node.receipts().goneById(ReceiptId.parse(id));
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }

    private static boolean mayRead(StoredReceipt stored, Caller caller) {
        return shows(caller, secret -> secret.equals(stored.secret()));
    }

    private static boolean mayKnow(Digest secretHash, Caller caller) {
        return shows(caller, secret -> Digest.sha256(HexFormat.of().parseHex(secret.hex()))
                .equals(secretHash));
    }

    private Optional<Digest> cut(String id) throws NodeException {
        try {
            return node.begun().cutSecretHash(ReceiptId.parse(id));
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }

    private static boolean shows(Caller caller, Predicate<Secret> isRight) {
        // An API key is no receipt's secret, and is shown with everything.
        Optional<String> credential = caller.credential().filter(shown -> !shown.startsWith(ApiKey.PREFIX));
        if (credential.isEmpty()) {
            return caller.isLocal();
        }
        try {
            return isRight.test(Secret.parseHex(credential.get()));
        } catch (MalformedException e) {
            return false;
        }
    }

    private Reply head(String id) throws NodeException {
        try {
            Optional<StoredModel> model = node.models().byId(ModelId.parse(id));
            return model.isEmpty() || Upstream.isOne(model.get().file()) ? Reply.notFound()
                    : Reply.bytes("application/octet-stream", heads.encoded(model.get()))
                            .with("Cache-Control", "public, max-age=31536000, immutable");
        } catch (MalformedException | IOException e) {
            return Reply.notFound();
        }
    }

    private interface Tiles {
        Optional<byte[]> tile(TilePath path) throws NodeException;
    }

    private Reply tile(String path) throws NodeException {
        return tile(path, node.log()::tile);
    }

    private static Reply tile(String path, Tiles tiles) throws NodeException {
        try {
            return tiles.tile(TilePath.parse(path))
                    .map(bytes -> Reply.bytes("application/octet-stream", bytes)
                            .with("Cache-Control", "public, max-age=31536000, immutable"))
                    .orElseGet(Reply::notFound);
        } catch (MalformedException e) {
            return Reply.notFound();
        }
    }
}

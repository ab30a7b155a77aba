package plumbline.node.proxy;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.logging.Level;
import java.util.logging.Logger;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.NodeException;
import plumbline.node.NodeServer;
import plumbline.node.api.Access;
import plumbline.node.api.Caller;
import plumbline.node.api.ConnectionLimits;
import plumbline.node.api.Endpoints;
import plumbline.node.api.GuardedConnections;
import plumbline.node.api.Json;
import plumbline.node.api.Reply;
import plumbline.sdk.NodeClient;
import plumbline.sdk.Plumbline;
import plumbline.verify.MalformedException;
import plumbline.verify.ReceiptId;

/// The proxy's HTTP endpoints on 127.0.0.1: the APIs of a node, answered by other nodes, and a page that shows what
/// became of each answer. Source: spec/proxy.md.
public final class ProxyServer implements AutoCloseable {

    private static final HeaderName CHECKS = HeaderNames.create(NodeClient.CHECKS);
    private static final String RECEIPTS = "/v1/receipts/";
    private static final long GRACE_MILLIS = 200;
    private static final String PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline';"
            + " script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'";

    // Held here, or the setting would be lost with the logger: its banner is no news to anybody.
    private static final Logger HELIDON = Logger.getLogger("io.helidon");

    private final Plumbline nodes;
    private final AnswerBook book;
    private final Endpoints endpoints;
    private final GuardedConnections connections;
    private final WebServer server;

    private ProxyServer(Plumbline nodes, Path folder, int port) throws NodeException {
        this.nodes = nodes;
        this.book = new AnswerBook(folder, InstantSource.system());
        this.endpoints = new Endpoints(
                new ProxyAnswerer(nodes, book), Access.open(), RequestDefaults.standard(), InstantSource.system());
        this.connections = new GuardedConnections(ConnectionLimits.ofThisMachine());
        this.server = WebServer.builder()
                .host("127.0.0.1")
                .port(port)
                .update(connections::guard)
                .shutdownHook(false)
                .shutdownGracePeriod(Duration.ofMillis(GRACE_MILLIS))
                .routing(routing -> routing.addFilter(GuardedConnections::answer).any(this::handle))
                .build();
    }

    /// Starts a proxy, which takes over `nodes` and closes it.
    ///
    /// @param folder keeps what became of each answer
    /// @param port   0 takes a free one
    public static ProxyServer start(Plumbline nodes, Path folder, int port) throws NodeException {
        HELIDON.setLevel(Level.WARNING);
        ProxyServer proxy = new ProxyServer(nodes, folder, port);
        try {
            NodeServer.listen(proxy.server, port);
            return proxy;
        } catch (NodeException e) {
            proxy.connections.close();
            throw e;
        }
    }

    /// Where the proxy is, without a slash at the end.
    public String url() {
        return "http://127.0.0.1:" + server.port();
    }

    private void handle(ServerRequest request, ServerResponse response) {
        if (!new Caller(request).isLocal()) {
            Reply.error(403, "not_local", "this proxy answers programs on its own machine alone").send(response);
        } else if (request.headers().contains(CHECKS)) {
            Reply.error(404, "is_a_proxy", "this is a proxy, not a node. Whoever checks answers, as `plumb run`,"
                    + " `plumb chat` and proxies do, asks nodes: name those instead").send(response);
        } else if (!endpoints.handle(request, response)) {
            reply(request).send(response);
        }
    }

    private Reply reply(ServerRequest request) {
        String path = request.prologue().uriPath().rawPath();
        String method = request.prologue().method().text();
        if (!method.equals("GET")) {
            return Reply.notFound();
        }
        return switch (path) {
            case "/" -> page();
            case "/proxy/answers" -> Reply.json(book.json()).with("Cache-Control", "no-store");
            case "/v1/receipts" -> Reply.json(book.receipts());
            case "/v2/health/live" -> Reply.json(Json.object().put("live", true));
            case "/v2/health/ready" -> Reply.json(Json.object().put("ready", true));
            default -> path.startsWith(RECEIPTS) ? bundle(path.substring(RECEIPTS.length())) : Reply.notFound();
        };
    }

    private Reply bundle(String id) {
        try {
            return book.bundle(ReceiptId.parse(id))
                    .map(bytes -> Reply.bytes(Reply.TEXT, bytes).with("Cache-Control", "private, no-store"))
                    .orElseGet(Reply::notFound);
        } catch (MalformedException e) {
            return Reply.notFound();
        }
    }

    private static Reply page() {
        try (InputStream in = ProxyServer.class.getResourceAsStream("page.html")) {
            return Reply.bytes("text/html; charset=utf-8", in.readAllBytes())
                    .with("Content-Security-Policy", PAGE_POLICY);
        } catch (IOException e) {
            return Reply.notFound();
        }
    }

    /// Stops listening and ends the answers under way.
    @Override
    public void close() {
        server.stop();
        connections.close();
        nodes.close();
    }
}

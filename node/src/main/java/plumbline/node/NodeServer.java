package plumbline.node;

import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.api.Access;
import plumbline.node.api.ConnectionLimits;
import plumbline.node.api.Endpoints;
import plumbline.node.api.GuardedConnections;
import plumbline.node.api.Scope;

/// The HTTP endpoints of a node, on 127.0.0.1 and perhaps on another address. Source: spec/api.md.
public final class NodeServer implements AutoCloseable {

    private static final String HERE = "127.0.0.1";
    private static final int TOKEN_BYTES = 32;
    private static final long GRACE_MILLIS = 200;
    private static final Duration LAST_CHUNKS = Duration.ofSeconds(5);

    // Held here, or the setting would be lost with the logger: its banner is no news to anybody.
    private static final Logger HELIDON = Logger.getLogger("io.helidon");

    private final Node node;
    private final List<WebServer> servers;
    private final ApiRoutes routes;
    private final EngineAnswerer answerer;
    private final Duration drain;
    private final GuardedConnections connections;

    private NodeServer(Node node, List<WebServer> servers, GuardedConnections connections,
            ApiRoutes routes, EngineAnswerer answerer, Duration drain) {
        this.node = node;
        this.servers = servers;
        this.connections = connections;
        this.routes = routes;
        this.answerer = answerer;
        this.drain = drain;
    }

    /// Serves a node, which then belongs to the server and is closed with it.
    ///
    /// @param port 0 takes a free one
    /// @throws NodeException if the port is taken; the node is not closed then
    public static NodeServer start(Node node, int port, RequestDefaults defaults)
            throws NodeException {
        return start(node, port, defaults, ServingLimits.standard());
    }

    /// The same with other limits.
    public static NodeServer start(Node node, int port, RequestDefaults defaults, ServingLimits limits)
            throws NodeException {
        return start(node, Listening.here(port), defaults, limits);
    }

    /// The same on another address, too.
    ///
    /// @throws NodeException if that can be reached from elsewhere, and there is no API key
    public static NodeServer start(Node node, Listening listening, RequestDefaults defaults, ServingLimits limits)
            throws NodeException {
        return start(node, listening, defaults, limits, ConnectionLimits.ofThisMachine());
    }

    static NodeServer start(Node node, int port, RequestDefaults defaults, ServingLimits serving,
            ConnectionLimits limits) throws NodeException {
        return start(node, Listening.here(port), defaults, serving, limits);
    }

    static NodeServer start(Node node, Listening listening, RequestDefaults defaults, ServingLimits serving,
            ConnectionLimits limits) throws NodeException {
        if (listening.isReachable() && !node.apiKeys().isAnyFor(Scope.RUN)) {
            throw new NodeException("nobody could ask this node from elsewhere, since it has no API key with the scope"
                    + " run. Make one first: plumb apikey create NAME");
        }
        HELIDON.setLevel(Level.WARNING);
        byte[] token = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(token);
        String tokenHex = HexFormat.of().formatHex(token);
        Metrics metrics = new Metrics();
        Turns turns = new Turns(serving.answersMax(), serving.waitingMax());
        EngineAnswerer answerer = new EngineAnswerer(node, turns, metrics);
        Access access = new KeyedAccess(node.apiKeys(), listening.keysAlways());
        Endpoints endpoints = new Endpoints(answerer, access, defaults, InstantSource.system());
        GuardedConnections connections = new GuardedConnections(limits);
        MetricsPage page = new MetricsPage(node, metrics, access, () -> new Metrics.Now(
                turns.running(), turns.waiting(), connections.count(), connections.heldCost()));
        ApiRoutes routes = new ApiRoutes(node, endpoints,
                new Admin(node, new KeyedAccess(node.apiKeys(), true), tokenHex), page);
        List<WebServer> servers = new ArrayList<>();
        try {
            int port = listening.port();
            for (String host : hosts(listening)) {
                WebServer server = server(host, port, connections, routes);
                listen(server, host, port);
                servers.add(server);
                port = server.port(); // the same on every address
            }
        } catch (NodeException e) {
            servers.forEach(WebServer::stop);
            connections.close();
            throw e;
        }
        NodeServer started = new NodeServer(node, servers, connections, routes, answerer, serving.drain());
        try {
            node.folder().announce(
                    new RunningNode(started.url(), ProcessHandle.current().pid(), tokenHex));
        } catch (NodeException e) {
            servers.forEach(WebServer::stop);
            connections.close();
            throw e;
        }
        routes.open();
        return started;
    }

    /// The wildcard is 127.0.0.1 as well.
    private static List<String> hosts(Listening listening) {
        if (listening.elsewhere().isEmpty()) {
            return List.of(HERE);
        }
        InetAddress elsewhere = listening.elsewhere().get();
        return elsewhere.isAnyLocalAddress() || elsewhere.getHostAddress().equals(HERE)
                ? List.of(elsewhere.getHostAddress()) : List.of(HERE, elsewhere.getHostAddress());
    }

    private static WebServer server(String host, int port, GuardedConnections connections, ApiRoutes routes) {
        return WebServer.builder()
                .host(host)
                .port(port)
                .update(connections::guard)
                .shutdownHook(false)
                .shutdownGracePeriod(Duration.ofMillis(GRACE_MILLIS))
                .routing(routing -> routing.addFilter(GuardedConnections::answer).any(routes::handle))
                .build();
    }

    // The web server reports a taken port with a stack trace on stderr only, so it is tried before.
    /// Has a web server listen on a port of 127.0.0.1.
    public static void listen(WebServer server, int port) throws NodeException {
        listen(server, HERE, port);
    }

    private static void listen(WebServer server, String host, int port) throws NodeException {
        String taken = "port " + port + " of " + host + " can't be listened on: is it taken?"
                + " Give another one with --port, or 0 for a free one";
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(host, port));
        } catch (IOException e) {
            throw new NodeException(taken + " (" + e.getMessage() + ")", e);
        }
        server.start();
        if (!server.isRunning()) {
            throw new NodeException(taken);
        }
    }

    /// Where the server is, without a slash at the end.
    public String url() {
        return "http://" + HERE + ":" + servers.getFirst().port();
    }

    GuardedConnections connections() {
        return connections;
    }

    /// The node behind it.
    public Node node() {
        return node;
    }

    /// Cuts what is under way: for who doesn't want to wait for [#close].
    public void cut() {
        answerer.cut();
    }

    /// Refuses what comes and what waits, lets the answers under way go on for as long as the limits say, cancels
    /// what is left, writes their receipts, stops listening and closes the node.
    @Override
    public void close() throws NodeException {
        // While the server still runs, so that the last chunk gets out, and into the request log.
        answerer.stop(drain);
        routes.awaitNone(LAST_CHUNKS);
        servers.forEach(WebServer::stop);
        connections.close();
        node.close();
    }
}

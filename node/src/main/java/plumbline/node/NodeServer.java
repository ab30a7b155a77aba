package plumbline.node;

import io.helidon.webserver.WebServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.logging.Level;
import java.util.logging.Logger;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.api.ConnectionLimits;
import plumbline.node.api.Endpoints;
import plumbline.node.api.GuardedConnections;

/// The HTTP endpoints of a node, on 127.0.0.1. Source: spec/api.md.
public final class NodeServer implements AutoCloseable {

    private static final int TOKEN_BYTES = 32;
    private static final long GRACE_MILLIS = 200;

    // Held here, or the setting would be lost with the logger: its banner is no news to anybody.
    private static final Logger HELIDON = Logger.getLogger("io.helidon");

    private final Node node;
    private final WebServer server;
    private final EngineAnswerer answerer;
    private final Duration drain;
    private final GuardedConnections connections;

    private NodeServer(Node node, WebServer server, GuardedConnections connections,
            EngineAnswerer answerer, Duration drain) {
        this.node = node;
        this.server = server;
        this.connections = connections;
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
        return start(node, port, defaults, limits, ConnectionLimits.ofThisMachine());
    }

    static NodeServer start(Node node, int port, RequestDefaults defaults, ServingLimits serving,
            ConnectionLimits limits) throws NodeException {
        HELIDON.setLevel(Level.WARNING);
        byte[] token = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(token);
        String tokenHex = HexFormat.of().formatHex(token);
        EngineAnswerer answerer =
                new EngineAnswerer(node, new Turns(serving.answersMax(), serving.waitingMax()));
        Endpoints endpoints = new Endpoints(answerer, defaults, InstantSource.system());
        ApiRoutes routes = new ApiRoutes(node, endpoints, new Admin(node, tokenHex));
        GuardedConnections connections = new GuardedConnections(limits);
        WebServer server = WebServer.builder()
                .host("127.0.0.1")
                .port(port)
                .update(connections::guard)
                .shutdownHook(false)
                .shutdownGracePeriod(Duration.ofMillis(GRACE_MILLIS))
                .routing(routing -> routing.any(routes::handle))
                .build();
        try {
            listen(server, port);
        } catch (NodeException e) {
            connections.close();
            throw e;
        }
        NodeServer started = new NodeServer(node, server, connections, answerer, serving.drain());
        try {
            node.folder().announce(
                    new RunningNode(started.url(), ProcessHandle.current().pid(), tokenHex));
        } catch (NodeException e) {
            server.stop();
            connections.close();
            throw e;
        }
        routes.open();
        return started;
    }

    // The web server reports a taken port with a stack trace on stderr only, so it is tried before.
    /// Has a web server listen on a port of 127.0.0.1.
    public static void listen(WebServer server, int port) throws NodeException {
        String taken = "port " + port + " of 127.0.0.1 can't be listened on: is it taken?"
                + " Give another one with --port, or 0 for a free one";
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress("127.0.0.1", port));
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
        return "http://127.0.0.1:" + server.port();
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
        // While the server still runs, so that the last chunk gets out.
        answerer.stop(drain);
        server.stop();
        connections.close();
        node.close();
    }
}

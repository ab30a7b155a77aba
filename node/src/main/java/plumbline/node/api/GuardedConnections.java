package plumbline.node.api;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import plumbline.engine.request.InferenceRequest;

/// HTTP/1.1 and nothing else, each connection under a [Guard].
public final class GuardedConnections implements ServerConnectionSelector, AutoCloseable {

    private static final long SWEEP_MILLIS = 250;

    private final ConnectionLimits limits;
    private final Http1ConnectionSelector http =
            Http1ConnectionSelector.builder().config(Http1Config.create()).build();
    private final AtomicLong heldCost = new AtomicLong();
    private final Set<Guard> open = ConcurrentHashMap.newKeySet();
    private final Thread sweeper;

    /// Watches over connections until it is closed.
    public GuardedConnections(ConnectionLimits limits) {
        this.limits = limits;
        sweeper = Thread.ofPlatform().daemon().name("connections").start(this::sweep);
    }

    /// Makes a server take its connections through these, and answer what is no request as the API does.
    public void guard(WebServerConfig.Builder server) {
        // HTTP/1.1 alone: no protocol that a library on the class path may bring, no upgrade to one.
        server.protocolsDiscoverServices(false)
                // Takes 17 KiB a connection instead of 26.
                .useNio(false)
                // Each token goes out when it comes, instead of when the caller has acknowledged the one before.
                .connectionOptions(options -> options.tcpNoDelay(true))
                .addConnectionSelector(this)
                .maxTcpConnections(limits.connectionsMax())
                .directHandlers(BrokenRequests.handlers())
                .maxPayloadSize(InferenceRequest.BODY_BYTES_MAX);
    }

    /// Goes before whatever answers requests.
    ///
    /// The web server says `Connection: close` where a caller asked for that, and then waits for his next request.
    public static void answer(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        Guard guard = Guard.CURRENT.get();
        guard.requestBegins();
        chain.proceed();
        guard.requestEnded(response.headers().contains(HeaderValues.CONNECTION_CLOSE));
    }

    private void sweep() {
        try {
            while (true) {
                Thread.sleep(SWEEP_MILLIS);
                open.forEach(Guard::closeIfOverdue);
            }
        } catch (InterruptedException e) {
            // The end, see close().
        }
    }

    /// How many are open.
    public int count() {
        return open.size();
    }

    /// What requests that are not answered yet hold.
    public long heldCost() {
        return heldCost.get();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        Guard guard = new Guard(context, limits, heldCost);
        open.add(guard);
        return new Connection(http.connection(guard), guard);
    }

    @Override
    public int bytesToIdentifyConnection() {
        return http.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData data) {
        return http.supports(data);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http.supportedApplicationProtocols();
    }

    @Override
    public void close() {
        sweeper.interrupt();
    }

    private final class Connection implements ServerConnection, InterruptableTask<Void> {
        private final ServerConnection inner;
        private final Guard guard;

        Connection(ServerConnection inner, Guard guard) {
            this.inner = inner;
            this.guard = guard;
        }

        @Override
        public void handle(Limit limit) throws InterruptedException {
            try {
                ScopedValue.where(Guard.CURRENT, guard).call(() -> {
                    inner.handle(limit);
                    return true;
                });
            } finally {
                try {
                    guard.end();
                } finally {
                    open.remove(guard);
                }
            }
        }

        @Override
        public Duration idleTime() {
            return inner.idleTime();
        }

        @Override
        public void close(boolean interrupt) {
            inner.close(interrupt);
        }

        @Override
        public boolean canInterrupt() {
            return inner instanceof InterruptableTask<?> task && task.canInterrupt();
        }
    }
}

package plumbline.node.api;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.http.DirectHandler;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.Router;
import io.helidon.webserver.ServerConnectionException;
import java.io.UncheckedIOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicLong;

/// A connection as the web server sees it, with limits on time and memory that the web server doesn't
/// have: it waits for ever for the next byte of a request, and for ever for a caller who doesn't read.
/// Source: spec/api.md A90-A93.
///
/// Used by the connection's thread; [#closeIfOverdue] by another one.
final class Guard implements ConnectionContext {

    /// The connection that this thread serves.
    static final ScopedValue<Guard> CURRENT = ScopedValue.newInstance();

    private static final int PACKET_COST = 64;
    private static final long LINGER_BYTES_MAX = 128L << 20;
    private static final long LINGER_MILLIS = 10_000;

    private final ConnectionContext inner;
    private final ConnectionLimits limits;
    private final AtomicLong heldCost;
    private final ReadAhead input;
    private final DataReader reader;
    private final DataWriter writer;

    // Nothing has come since the connection began or an answer went out.
    private boolean fresh = true;
    private long waitedNanos;
    private long cost;
    private boolean lingers;
    // A request could be read and is being answered, or what answered it has failed.
    private boolean isAnswering;
    private boolean isLast;
    private volatile long untilNanos = Long.MAX_VALUE;

    Guard(ConnectionContext inner, ConnectionLimits limits, AtomicLong heldCost) {
        this.inner = inner;
        this.limits = limits;
        this.heldCost = heldCost;
        input = new ReadAhead(() -> inner.serverSocket().get());
        reader = DataReader.create(this::read);
        writer = new TimedWriter();
    }

    /// What the caller sends next.
    private byte[] read() {
        if (isLast) {
            throw new CloseConnectionException("the caller wanted one answer");
        }
        long millis = fresh ? limits.idleMillis() : limits.requestMillis() - waitedNanos / 1_000_000;
        long start = System.nanoTime();
        byte[] bytes = timed(millis, input::next);
        if (bytes == null) {
            // The web server takes an end in the middle of a request for its own fault, and logs it.
            throw new CloseConnectionException("the caller has gone");
        }
        waitedNanos = fresh ? 0 : waitedNanos + System.nanoTime() - start;
        fresh = false;
        hold(bytes.length + PACKET_COST);
        return bytes;
    }

    /// A request was read, and its answer begins.
    void requestBegins() {
        isAnswering = true;
    }

    /// Its answer is out.
    ///
    /// @param isLast nothing more is read from this caller
    void requestEnded(boolean isLast) {
        isAnswering = false;
        this.isLast = isLast;
    }

    /// Whether what went wrong is the node's fault; else no request could be read at all.
    boolean isAnswering() {
        return isAnswering;
    }

    /// Finds out from now on whether the caller hangs up, until his next request is read.
    void readAhead(Runnable atEnd) {
        input.start(atEnd);
    }

    /// Whether the caller has hung up, as far as that has been looked for.
    boolean hasEnded() {
        return input.hasEnded();
    }

    private void hold(int more) {
        cost += more;
        long held = heldCost.addAndGet(more);
        if (cost > limits.requestCostMax()) {
            throw refused(Status.REQUEST_ENTITY_TOO_LARGE_413);
        }
        if (held > limits.heldCostMax()) {
            throw refused(Status.SERVICE_UNAVAILABLE_503);
        }
    }

    private static RequestException refused(Status status) {
        return RequestException.builder().type(DirectHandler.EventType.BAD_REQUEST).status(status)
                .setKeepAlive(false).message(status.reasonPhrase()).build();
    }

    private interface Blocking<T> {
        T call();
    }

    private <T> T timed(long millis, Blocking<T> action) {
        untilNanos = System.nanoTime() + Math.max(1, millis) * 1_000_000;
        try {
            return action.call();
        } catch (UncheckedIOException e) {
            throw new ServerConnectionException("the connection is broken", e);
        } finally {
            untilNanos = Long.MAX_VALUE;
        }
    }

    /// Closes the connection if what it waits for has taken too long; its thread then finds out.
    void closeIfOverdue() {
        if (untilNanos != Long.MAX_VALUE && System.nanoTime() - untilNanos > 0) {
            try {
                inner.serverSocket().close();
            } catch (UncheckedIOException e) {
                // It is closed already, which is what was wanted.
            }
        }
    }

    /// The request was refused before it had come in whole: at the end read on for a while, or the caller
    /// would lose the answer with what he is still sending.
    void linger() {
        lingers = true;
    }

    /// When the connection's work is done, before it is closed.
    void end() {
        answered();
        if (!lingers) {
            return;
        }
        long deadline = System.nanoTime() + LINGER_MILLIS * 1_000_000;
        try {
            for (long bytes = 0; bytes < LINGER_BYTES_MAX;) {
                long leftMillis = (deadline - System.nanoTime()) / 1_000_000;
                byte[] more = leftMillis <= 0 ? null : timed(leftMillis, input::next);
                if (more == null) {
                    return;
                }
                bytes += more.length;
            }
        } catch (ServerConnectionException e) {
            // The caller has gone, or took too long.
        }
    }

    private void answered() {
        heldCost.addAndGet(-cost);
        cost = 0;
        fresh = true;
    }

    /// Writes as the web server does, within the time.
    private final class TimedWriter implements DataWriter {

        private void within(Runnable writing) {
            timed(limits.writeMillis(), () -> {
                writing.run();
                return true;
            });
            answered();
        }

        @Override
        public void write(BufferData... buffers) {
            within(() -> inner.dataWriter().write(buffers));
        }

        @Override
        public void write(BufferData buffer) {
            within(() -> inner.dataWriter().write(buffer));
        }

        @Override
        public void writeNow(BufferData... buffers) {
            within(() -> inner.dataWriter().writeNow(buffers));
        }

        @Override
        public void writeNow(BufferData buffer) {
            within(() -> inner.dataWriter().writeNow(buffer));
        }

        @Override
        public void flush() {
            within(() -> inner.dataWriter().flush());
        }
    }

    @Override
    public DataReader dataReader() {
        return reader;
    }

    @Override
    public DataWriter dataWriter() {
        return writer;
    }

    @Override
    public ListenerContext listenerContext() {
        return inner.listenerContext();
    }

    @Override
    public ExecutorService executor() {
        return inner.executor();
    }

    @Override
    public Router router() {
        return inner.router();
    }

    @Override
    public HelidonSocket serverSocket() {
        return inner.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
        return inner.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
        return inner.localPeer();
    }

    @Override
    public boolean isSecure() {
        return inner.isSecure();
    }

    @Override
    public String socketId() {
        return inner.socketId();
    }

    @Override
    public String childSocketId() {
        return inner.childSocketId();
    }
}

package plumbline.node;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import plumbline.engine.request.RequestException;

/// One generation at a time, in the order of asking, and a bounded number that wait.
final class Turns implements AutoCloseable {

    private final int waitingMax;
    private final Semaphore turn = new Semaphore(1, true);
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean closed;

    Turns(int waitingMax) {
        this.waitingMax = waitingMax;
    }

    /// The right to use the models. Given back once, when closed.
    final class Turn implements AutoCloseable {
        private Turn() {}

        @Override
        public void close() {
            turn.release();
        }
    }

    /// Waits for the models.
    ///
    /// @throws RequestException status 429 if too many wait already, 503 if the node is stopping
    Turn take() throws RequestException {
        if (!turn.tryAcquire()) {
            await();
        }
        if (closed) {
            turn.release();
            throw new RequestException(503, "", "stopping",
                    "the node is shutting down: ask again when it's back");
        }
        return new Turn();
    }

    private void await() throws RequestException {
        try {
            if (waiting.incrementAndGet() > waitingMax) {
                throw new RequestException(429, "", "queue_full", waitingMax
                        + " requests are waiting, more aren't taken: ask again in a moment");
            }
            turn.acquireUninterruptibly();
        } finally {
            waiting.decrementAndGet();
        }
    }

    /// Gives out no turn any more, and waits until the last one is over.
    @Override
    public void close() {
        closed = true;
        turn.acquireUninterruptibly();
        turn.release();
    }
}

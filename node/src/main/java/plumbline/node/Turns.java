package plumbline.node;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import plumbline.engine.request.RequestException;

/// A bounded number of answers at a time; the others wait in a bounded [WaitingLine] and hold nothing but their
/// request. Safe for use by several threads.
final class Turns {

    private final int atOnceMax;
    private final int waitingMax;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private final WaitingLine<Turn> line;
    private int running;
    private boolean stopping;

    /// @param atOnceMax turns that are given out at the same time
    /// @param waitingMax requests that may wait for one
    Turns(int atOnceMax, int waitingMax) {
        this.atOnceMax = atOnceMax;
        this.waitingMax = waitingMax;
        line = new WaitingLine<>(waitingMax);
    }

    /// A place in the line, then the right to use the models. Closed once or more often, by any thread: that leaves the
    /// line or gives the right back.
    final class Turn implements AutoCloseable {
        private final String caller;
        private final CompletableFuture<Void> begun = new CompletableFuture<>();
        private boolean over; // guarded by lock

        private Turn(String caller) {
            this.caller = caller;
        }

        /// Whether it has left the line.
        boolean hasBegun() {
            return begun.isDone();
        }

        /// Waits until it is this one's turn.
        ///
        /// @throws RequestException status 429 if somebody with fewer requests took the place, 503 if the node stops
        /// @throws CancellationException if it was closed meanwhile
        void await() throws RequestException {
            try {
                begun.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RequestException refused) {
                    throw refused;
                }
                throw new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                throw new CancellationException("interrupted while waiting");
            }
        }

        @Override
        public void close() {
            lock.lock();
            try {
                if (over) {
                    return;
                }
                over = true;
                if (line.remove(caller, this)) {
                    begun.cancel(false);
                } else if (begun.isDone() && !begun.isCompletedExceptionally()) {
                    running--;
                    giveOut();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /// Takes a place for a request of `caller`; returns at once.
    ///
    /// @throws RequestException status 429 if too many wait already, 503 if the node is stopping
    Turn ask(String caller) throws RequestException {
        lock.lock();
        try {
            if (stopping) {
                throw stopped();
            }
            Turn turn = new Turn(caller);
            if (running < atOnceMax) { // then nobody waits
                running++;
                turn.begun.complete(null);
                return turn;
            }
            Optional<Turn> away = line.add(caller, turn);
            if (away.isPresent() && away.get() == turn) {
                throw full();
            }
            away.ifPresent(other -> other.begun.completeExceptionally(full()));
            return turn;
        } finally {
            lock.unlock();
        }
    }

    private void giveOut() {
        while (running < atOnceMax && line.size() > 0) {
            running++;
            line.next().orElseThrow().begun.complete(null);
        }
        if (running == 0) {
            idle.signalAll();
        }
    }

    private RequestException full() {
        return new RequestException(429, "", "queue_full", waitingMax
                + " requests are waiting, more aren't taken: ask again in a moment");
    }

    private static RequestException stopped() {
        return new RequestException(503, "", "stopping",
                "the node is shutting down: ask again when it's back");
    }

    /// How many answers are under way.
    int running() {
        lock.lock();
        try {
            return running;
        } finally {
            lock.unlock();
        }
    }

    /// How many wait.
    int waiting() {
        lock.lock();
        try {
            return line.size();
        } finally {
            lock.unlock();
        }
    }

    /// Gives out no turn any more; who waits is refused.
    void stop() {
        lock.lock();
        try {
            stopping = true;
            while (line.size() > 0) {
                line.next().orElseThrow().begun.completeExceptionally(stopped());
            }
        } finally {
            lock.unlock();
        }
    }

    /// Waits until the last turn is over; false if that takes longer than `limit`.
    boolean awaitIdle(Duration limit) {
        long nanos = limit.toNanos();
        boolean interrupted = false;
        lock.lock();
        try {
            while (running > 0 && nanos > 0) {
                try {
                    nanos = idle.awaitNanos(nanos);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return running == 0;
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

package plumbline.sdk;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// Runs what looks after answers under way, again and again: all of it when one thread wakes.
final class Ticks implements AutoCloseable {

    /// What looks after something.
    interface Ticked {
        /// Takes no time.
        void tick();

        /// There will be no more of these, nor of anything else.
        void closed();
    }

    /// How often.
    static final Duration EACH = Duration.ofMillis(50);

    private final ScheduledExecutorService clock;
    private final Set<Ticked> all = ConcurrentHashMap.newKeySet();
    private boolean isTicking;
    private boolean isClosed;

    Ticks(ScheduledExecutorService clock) {
        this.clock = clock;
    }

    /// Runs it from now on, on the clock's thread, until it is removed.
    void add(Ticked one) {
        if (!isAdded(one)) {
            one.closed();
        }
    }

    private synchronized boolean isAdded(Ticked one) {
        if (!isClosed) {
            all.add(one);
            if (!isTicking) {
                isTicking = true;
                next();
            }
        }
        return !isClosed;
    }

    void remove(Ticked one) {
        all.remove(one);
    }

    private void next() {
        clock.schedule(this::tick, EACH.toNanos(), TimeUnit.NANOSECONDS);
    }

    private synchronized void tick() {
        all.forEach(Ticked::tick);
        isTicking = !all.isEmpty() && !isClosed;
        if (isTicking) {
            next();
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            isClosed = true;
            clock.shutdownNow();
        }
        all.forEach(Ticked::closed);
    }
}

package plumbline.engine.kernel;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/// A fixed number of threads for tasks of a few microseconds: workers wait spinning for a short
/// while, then parked, so that a task that follows soon starts at once and an idle pool costs
/// nothing.
///
/// One task at a time: [#run] from inside a task, or from a second thread while a task is running,
/// runs its parts on the calling thread alone.
public final class Pool implements AutoCloseable {

    private static final long SPIN_NANOS = 50_000;

    /// One call of [#run]. Parts are handed out by counting; `open` counts parts not yet finished.
    private static final class Task {
        final int parts;
        final IntConsumer body;
        final Thread caller = Thread.currentThread();
        final AtomicInteger next = new AtomicInteger();
        final AtomicInteger open;
        volatile Throwable failure;

        Task(int parts, IntConsumer body) {
            this.parts = parts;
            this.body = body;
            open = new AtomicInteger(parts);
        }

        /// Runs parts until none is left.
        void work() {
            for (int part = next.getAndIncrement(); part < parts; part = next.getAndIncrement()) {
                try {
                    if (failure == null) {
                        body.accept(part);
                    }
                } catch (Throwable e) { // handed to the caller of run
                    failure = e;
                }
                if (open.decrementAndGet() == 0) {
                    LockSupport.unpark(caller);
                }
            }
        }
    }

    private final Worker[] workers;
    private final AtomicBoolean busy = new AtomicBoolean();
    private volatile Task task;
    private volatile boolean closed;

    /// A pool of `threads` threads, the calling thread of [#run] included.
    public Pool(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("a pool of " + threads + " threads");
        }
        workers = new Worker[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker(i + 1);
            workers[i].start();
        }
    }

    /// Threads, the calling one included.
    public int threads() {
        return workers.length + 1;
    }

    /// Calls `body` once with each of `0 .. parts`, in no order, and returns when all are done.
    /// If a call throws, parts not yet begun are left out, and the exception (one of them) is
    /// thrown here once the others are done.
    public void run(int parts, IntConsumer body) {
        if (closed) {
            throw new IllegalStateException("the pool is closed");
        }
        if (parts <= 1 || workers.length == 0 || !busy.compareAndSet(false, true)) {
            for (int part = 0; part < parts; part++) {
                body.accept(part);
            }
            return;
        }
        Task mine = new Task(parts, body);
        try {
            task = mine;
            for (int i = 0; i < Math.min(workers.length, parts - 1); i++) {
                if (workers[i].parked) {
                    LockSupport.unpark(workers[i]);
                }
            }
            mine.work();
            await(mine);
        } finally {
            task = null;
            busy.set(false);
        }
        rethrow(mine.failure);
    }

    private static void await(Task task) {
        long start = System.nanoTime();
        boolean interrupted = false;
        while (task.open.get() > 0) {
            if (System.nanoTime() - start < SPIN_NANOS) {
                Thread.onSpinWait();
            } else {
                LockSupport.park(task);
                interrupted |= Thread.interrupted(); // else park would return at once
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void rethrow(Throwable failure) {
        switch (failure) {
            case null -> { }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e); // an IntConsumer can't, in Java
        }
    }

    /// Ends the threads. A task that is running finishes.
    @Override
    public void close() {
        closed = true;
        for (Worker worker : workers) {
            LockSupport.unpark(worker);
        }
    }

    private final class Worker extends Thread {
        /// Set before the last look at `task`, so that a task is either seen or followed by unpark.
        volatile boolean parked;

        Worker(int number) {
            super("plumbline-kernel-" + number);
            setDaemon(true);
        }

        @Override
        public void run() {
            Task done = null;
            while (!closed) {
                Task next = await(done);
                if (next != null) {
                    next.work();
                    done = next;
                }
            }
        }

        /// The task that follows `done`, or null when the pool is closed.
        private Task await(Task done) {
            long start = System.nanoTime();
            while (!closed) {
                Task next = task;
                if (next == null) {
                    done = null; // don't keep what the last task holds
                } else if (next != done) {
                    return next;
                }
                if (System.nanoTime() - start < SPIN_NANOS) {
                    Thread.onSpinWait();
                    continue;
                }
                parked = true;
                next = task;
                if ((next == null || next == done) && !closed) {
                    LockSupport.park(Pool.this);
                }
                parked = false;
            }
            return null;
        }
    }
}

package plumbline.engine.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PoolTest {

    @Test
    void runsEveryPartOnce() {
        for (int threads : new int[] {1, 2, 3, 5}) {
            try (Pool pool = new Pool(threads)) {
                assertEquals(threads, pool.threads());
                for (int parts : new int[] {0, 1, 2, 7, 100}) {
                    AtomicIntegerArray calls = new AtomicIntegerArray(parts);
                    pool.run(parts, calls::incrementAndGet);
                    for (int i = 0; i < parts; i++) {
                        assertEquals(1, calls.get(i));
                    }
                }
            }
        }
    }

    @Test
    void runsManyTinyTasksAndShowsTheirWrites() {
        try (Pool pool = new Pool(3)) {
            long[] sums = new long[3]; // plain: run makes the writes of the parts visible
            for (int i = 0; i < 20_000; i++) {
                pool.run(3, part -> sums[part]++);
            }
            for (long sum : sums) {
                assertEquals(20_000, sum);
            }
        }
    }

    @Test
    void wakesParkedWorkers() throws InterruptedException {
        try (Pool pool = new Pool(2)) {
            for (int i = 0; i < 20; i++) {
                Thread.sleep(2); // longer than workers spin
                CountDownLatch both = new CountDownLatch(2);
                pool.run(2, part -> meet(both)); // ends only if two threads take part
            }
        }
    }

    private static void meet(CountDownLatch latch) {
        latch.countDown();
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void throwsTheExceptionOfAPartAndStaysUsable() {
        try (Pool pool = new Pool(2)) {
            IllegalStateException broken = new IllegalStateException("broken");
            for (int bad = 0; bad < 4; bad++) {
                int part = bad;
                IntConsumer body = p -> {
                    if (p == part) {
                        throw broken;
                    }
                };
                assertSame(broken,
                        assertThrows(IllegalStateException.class, () -> pool.run(4, body)));
            }
            AtomicInteger calls = new AtomicInteger();
            pool.run(4, p -> calls.incrementAndGet());
            assertEquals(4, calls.get());
        }
    }

    @Test
    void throwsErrorsOfPartsToo() {
        try (Pool pool = new Pool(2)) {
            assertThrows(StackOverflowError.class, () -> pool.run(2, p -> {
                throw new StackOverflowError();
            }));
        }
    }

    @Test
    void runsNestedTasksInline() {
        try (Pool pool = new Pool(2)) {
            AtomicInteger calls = new AtomicInteger();
            pool.run(3, outer -> pool.run(4, inner -> calls.incrementAndGet()));
            assertEquals(12, calls.get());
        }
    }

    @Test
    void servesSeveralCallersAtOnce() throws InterruptedException {
        try (Pool pool = new Pool(2)) {
            AtomicInteger calls = new AtomicInteger();
            Thread[] callers = new Thread[4];
            for (int i = 0; i < callers.length; i++) {
                callers[i] = Thread.ofPlatform().start(() -> {
                    for (int n = 0; n < 500; n++) {
                        pool.run(3, part -> calls.incrementAndGet());
                    }
                });
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertEquals(4 * 500 * 3, calls.get());
        }
    }

    @Test
    void keepsTheInterruptOfItsCaller() {
        try (Pool pool = new Pool(2)) {
            Thread.currentThread().interrupt();
            AtomicInteger calls = new AtomicInteger();
            pool.run(8, part -> {
                long end = System.nanoTime() + 200_000;
                while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
                calls.incrementAndGet();
            });
            assertEquals(8, calls.get());
            assertTrue(Thread.interrupted());
        }
    }

    @Test
    void oneThreadRunsOnTheCaller() {
        try (Pool pool = new Pool(1)) {
            Set<Thread> threads = ConcurrentHashMap.newKeySet();
            pool.run(5, part -> threads.add(Thread.currentThread()));
            assertEquals(Set.of(Thread.currentThread()), threads);
        }
    }

    @Test
    void endsItsThreadsWhenClosed() throws InterruptedException {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        Pool pool = new Pool(3);
        CountDownLatch all = new CountDownLatch(3);
        pool.run(3, part -> {
            threads.add(Thread.currentThread());
            meet(all);
        });
        pool.close();
        pool.close();
        threads.remove(Thread.currentThread());
        assertEquals(2, threads.size());
        for (Thread thread : threads) {
            assertTrue(thread.isDaemon());
            thread.join(5_000);
            assertFalse(thread.isAlive());
        }
        assertThrows(IllegalStateException.class, () -> pool.run(1, part -> { }));
    }

    @Test
    void doesNotBurnACoreWhenIdle() throws InterruptedException {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        try (Pool pool = new Pool(2)) {
            CountDownLatch both = new CountDownLatch(2);
            pool.run(2, part -> {
                threads.add(Thread.currentThread());
                meet(both);
            });
            threads.remove(Thread.currentThread());
            // It spins for a moment first; the time limit of the class ends this.
            Thread worker = threads.iterator().next();
            while (worker.getState() != Thread.State.WAITING) {
                Thread.sleep(1);
            }
        }
    }

    @Test
    void refusesAPoolOfNoThreads() {
        assertThrows(IllegalArgumentException.class, () -> new Pool(0));
    }
}

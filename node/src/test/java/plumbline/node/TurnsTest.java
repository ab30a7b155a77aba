package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import plumbline.engine.request.RequestException;

@Timeout(120)
class TurnsTest {

    @Test
    void givesOutSoManyAtOnceAndTheNextWhenOneIsClosed() throws Exception {
        Turns turns = new Turns(2, 5);
        Turns.Turn first = turns.ask("a");
        Turns.Turn second = turns.ask("a");
        Turns.Turn third = turns.ask("a");
        Turns.Turn other = turns.ask("b");
        first.await();
        second.await();
        assertFalse(third.hasBegun());
        first.close();
        first.close();
        third.await();
        assertFalse(other.hasBegun(), "closing twice gives one turn");
        second.close();
        other.await();
        assertEquals(2, turns.running());
        assertEquals(0, turns.waiting());
    }

    @Test
    void refusesWhatDoesNotFitTheLineAndWhoIsSentAwayForAnother() throws Exception {
        Turns turns = new Turns(1, 2);
        turns.ask("a");
        turns.ask("a");
        Turns.Turn last = turns.ask("a");
        assertEquals(429, assertThrows(RequestException.class, () -> turns.ask("a")).status());
        Turns.Turn few = turns.ask("b");
        assertEquals(429, assertThrows(RequestException.class, last::await).status());
        assertFalse(few.hasBegun());
        assertEquals(2, turns.waiting());
    }

    @Test
    void whoLeavesTheLineTakesNoTurn() throws Exception {
        Turns turns = new Turns(1, 5);
        Turns.Turn first = turns.ask("a");
        Turns.Turn leaves = turns.ask("a");
        Turns.Turn last = turns.ask("a");
        leaves.close();
        assertThrows(CancellationException.class, leaves::await);
        first.close();
        last.await();
        assertEquals(1, turns.running());
    }

    @Test
    void refusesAllWhenStoppingAndWaitsForThoseUnderWay() throws Exception {
        Turns turns = new Turns(1, 5);
        Turns.Turn first = turns.ask("a");
        Turns.Turn waits = turns.ask("a");
        turns.stop();
        assertEquals(503, assertThrows(RequestException.class, waits::await).status());
        assertEquals(503, assertThrows(RequestException.class, () -> turns.ask("a")).status());
        assertFalse(turns.awaitIdle(Duration.ofMillis(1)));
        first.close();
        assertTrue(turns.awaitIdle(Duration.ZERO));
    }

    @Test
    void neverGivesOutTooManyAndLosesNoneWithManyThreads() throws Exception {
        long seed = 7;
        Turns turns = new Turns(3, 1000);
        AtomicInteger atOnce = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        CountDownLatch start = new CountDownLatch(1);
        for (int t = 0; t < 200; t++) {
            Random random = new Random(seed + t);
            String caller = "c" + t % 7;
            threads.add(Thread.startVirtualThread(() -> {
                try {
                    start.await();
                    try (Turns.Turn turn = turns.ask(caller)) {
                        if (random.nextInt(4) == 0) {
                            return; // leaves at once
                        }
                        turn.await();
                        most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                        Thread.yield();
                        atOnce.decrementAndGet();
                    }
                } catch (InterruptedException | RequestException e) {
                    throw new IllegalStateException(e);
                } finally {
                    done.incrementAndGet();
                }
            }));
        }
        start.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(200, done.get());
        assertTrue(most.get() <= 3, "seed " + seed);
        assertEquals(0, turns.running() + turns.waiting());
    }
}

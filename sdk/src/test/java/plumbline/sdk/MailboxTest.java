package plumbline.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class MailboxTest {

    /// What works with a mailbox.
    private static final class Reader {
        final Mailbox<Integer> mailbox = new Mailbox<>(this::work);
        final List<Integer> seen = new ArrayList<>();
        final AtomicInteger atWork = new AtomicInteger();
        final AtomicInteger mostAtWork = new AtomicInteger();

        private void work() {
            mostAtWork.accumulateAndGet(atWork.incrementAndGet(), Math::max);
            for (Optional<Integer> next = mailbox.next(); next.isPresent(); next = mailbox.next()) {
                seen.add(next.get());
            }
            atWork.decrementAndGet();
        }
    }

    @Test
    void allThatIsPutIsSeenOnceByOneThreadAtATimeWhenTheLastPutReturns() throws Exception {
        Reader reader = new Reader();
        int threads = 8;
        int each = 20_000;
        CountDownLatch left = new CountDownLatch(threads * each);
        List<Thread> putters = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int first = t * each;
            putters.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < each; i++) {
                    if (i % 100 == 0) {
                        reader.mailbox.leave(first + i);
                    } else {
                        reader.mailbox.put(first + i);
                    }
                    left.countDown();
                }
            }));
        }
        for (Thread putter : putters) {
            putter.join();
        }
        // Those that were only left are seen to by others, soon; whoever looks last sees all.
        while (!reader.mailbox.look()) {
            Thread.onSpinWait();
        }
        assertEquals(0, left.getCount());
        assertEquals(threads * each, reader.seen.stream().distinct().count());
        assertEquals(threads * each, reader.seen.size());
        assertEquals(1, reader.mostAtWork.get());
    }

    @Test
    void whoComesWhileAnotherIsAtWorkLeavesHisOwnToHimAndGoesOn() throws Exception {
        CountDownLatch isAtWork = new CountDownLatch(1);
        CountDownLatch mayGoOn = new CountDownLatch(1);
        AtomicReference<Thread> lastSeenBy = new AtomicReference<>();
        AtomicReference<Mailbox<String>> mailbox = new AtomicReference<>();
        mailbox.set(new Mailbox<>(() -> {
            while (mailbox.get().next().isPresent()) {
                lastSeenBy.set(Thread.currentThread());
                isAtWork.countDown();
                try {
                    assertTrue(mayGoOn.await(30, TimeUnit.SECONDS));
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        }));
        Thread worker = Thread.ofPlatform().start(() -> mailbox.get().put("first"));
        assertTrue(isAtWork.await(30, TimeUnit.SECONDS));
        mailbox.get().put("second");
        assertFalse(mailbox.get().look());
        mayGoOn.countDown();
        worker.join();
        assertEquals(worker, lastSeenBy.get());
    }

    @Test
    void whatComesWhileSomebodyOnlyLooksIsSeenWhenHeIsDone() throws Exception {
        AtomicReference<Mailbox<Integer>> mailbox = new AtomicReference<>();
        AtomicInteger seen = new AtomicInteger();
        AtomicInteger works = new AtomicInteger();
        mailbox.set(new Mailbox<>(() -> {
            while (mailbox.get().next().isPresent()) {
                seen.incrementAndGet();
            }
            if (works.incrementAndGet() == 1) {
                // By this thread and by another one: neither may work now.
                mailbox.get().put(1);
                Thread other = Thread.ofPlatform().start(() -> mailbox.get().put(2));
                try {
                    other.join();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        }));
        assertTrue(mailbox.get().look());
        assertEquals(2, seen.get());
    }
}

package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.request.RequestException;
import plumbline.verify.Digest;
import plumbline.verify.Receipt;
import plumbline.verify.StopReason;

/// A node whose clock runs a thousand times as fast and jumps now and then, with restarts, repeated nonces,
/// cancelled answers and deletions: every receipt stays right (spec/api.md A30, A100 to A105; spec/log.md L72).
@Timeout(300)
class DayTest {

    private static final long SEED = Long.getLong("plumbline.seed", System.nanoTime());
    private static final long FASTER = 1_000;
    private static final int ANSWERS_MIN = 10;
    private static final Duration KEEP = Duration.ofHours(6);

    @TempDir
    Path home;

    private final Random random = new Random(SEED);
    private final FakeModel model = new FakeModel();
    private final AtomicLong jumpMillis = new AtomicLong();
    private final long startNanos = System.nanoTime();
    private final List<Done> done = new ArrayList<>();

    /// What was acknowledged.
    private record Done(long nonce, long index, Receipt receipt) {}

    @Test
    void receiptsStayRightForThreeQuartersOfAnHour() throws Exception {
        live(Duration.ofMinutes(45));
    }

    @Test
    @Tag("full")
    void receiptsStayRightForADay() throws Exception {
        live(Duration.ofHours(24));
    }

    private Instant now() {
        return TestNode.NOW.plusNanos((System.nanoTime() - startNanos) * FASTER).plusMillis(jumpMillis.get());
    }

    private Node open() throws Exception {
        Node node = Node.open(home.resolve("node"), _ -> model, new Node.Surroundings(
                this::now, new SecureRandom(), Optional.of(home.resolve("marks"))));
        if (node.models().names().isEmpty()) {
            Path file = Files.write(home.resolve("fake.gguf"), new byte[] {1});
            node.models().name(TestNode.MODEL, node.models().add(file, (_, _) -> {}).id());
        }
        return node;
    }

    private void live(Duration time) throws Exception {
        String again = "seed " + SEED + ": ./plumb test --only DayTest --seed " + SEED;
        long endNanos = startNanos + time.toNanos() / FASTER;
        Node node = open();
        try {
            long next = 0;
            // On a slow machine longer: some answers there must be.
            while (System.nanoTime() < endNanos || done.size() <= ANSWERS_MIN) {
                switch (random.nextInt(60)) {
                    case 0 -> {
                        node.close();
                        node = open();
                    }
                    // Set by hand, by NTP, or by a battery that is empty: back and forth.
                    case 1 -> jumpMillis.addAndGet(random.nextLong(-7_200_000, 7_200_000));
                    case 2 -> node.retention().delete(KEEP);
                    case 3, 4, 5 -> askAgain(node, again);
                    default -> ask(node, next++, again);
                }
            }
            check(node, again);
        } finally {
            node.close();
        }
    }

    private void ask(Node node, long nonce, String again) throws Exception {
        byte[] body = body(nonce);
        boolean isCut = random.nextInt(5) == 0;
        Instant before = now();
        try (PendingAnswer pending = (PendingAnswer) node.answers().begin(
                TestNode.chat(body), body, node.loadedModels()::get)) {
            StoredReceipt stored = pending.run((id, _) -> !isCut || id < 302).stored();
            Receipt receipt = stored.receipt();
            assertFalse(receipt.time().isBefore(before.minusMillis(1)) || receipt.time().isAfter(now()), again);
            assertEquals(isCut ? StopReason.CANCELLED : StopReason.END, receipt.stop(), again);
            assertEquals(done.size(), stored.index(), again);
            done.add(new Done(nonce, stored.index(), receipt));
        }
    }

    private static byte[] body(long nonce) {
        return TestNode.chatBody("ping " + nonce, ",\"nonce\":\"" + TestNode.nonce(nonce).hex() + "\"");
    }

    /// A nonce that was answered: the same receipt, or none any more, and never another.
    private void askAgain(Node node, String again) throws Exception {
        if (done.isEmpty()) {
            return;
        }
        Done one = done.get(random.nextInt(done.size()));
        byte[] body = body(one.nonce());
        try {
            Answers.Repeated repeated = (Answers.Repeated) node.answers().begin(
                    TestNode.chat(body), body, node.loadedModels()::get);
            assertEquals(one.receipt(), repeated.stored().receipt(), again);
        } catch (RequestException e) {
            assertEquals(410, e.status(), again);
            assertTrue(node.receipts().goneById(one.receipt().id()).isPresent(), again);
        }
    }

    private void check(Node node, String again) throws Exception {
        assertTrue(done.size() > ANSWERS_MIN, done.size() + " answers, " + again);
        LogReader reader = new LogReader(home.resolve("node"), node.key().verifierKey());
        reader.read();
        List<Digest> entries = reader.entries();
        assertEquals(done.size(), entries.size(), again);
        for (Done one : done) {
            assertEquals(one.receipt().digest(), entries.get((int) one.index()), again);
            Optional<StoredReceipt> stored = node.receipts().byId(one.receipt().id());
            if (stored.isPresent()) {
                assertEquals(one.receipt(), stored.get().receipt(), again);
                node.answers().bundle(stored.get());
            } else {
                assertEquals(one.receipt(),
                        node.receipts().goneById(one.receipt().id()).orElseThrow().receipt(), again);
            }
        }
    }
}

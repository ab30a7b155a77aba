package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.verify.Digest;
import plumbline.verify.TileAppender;

/// How fast receipts become durable, and how long the log of a million starts. Asserts no time; leaves
/// what it measured in bench/results/log.txt. By itself: tools/bench/log.sh.
@Tag("full")
class LogSpeedTest {

    private static final Path REPOSITORY = Path.of(System.getProperty("plumbline.repository"));
    private static final long RUN_NANOS = 8_000_000_000L;
    private static final int WARM = 3_000;

    @TempDir
    Path home;

    private final NodeKey key = NodeKey.ofSeed(new byte[32]);
    private final AtomicLong numbers = new AtomicLong();

    @Test
    void appendsReceiptsDurably() throws Exception {
        List<String> lines = new ArrayList<>();
        try (Database database = TestNode.database(home);
                LogWriter log = LogWriter.open(TestNode.log(home, database, key))) {
            closedLoop(log, 64, WARM);
            lines.add("one at a time:            " + closedLoop(log, 1, 1_000));
            lines.add("256 waiting at any time:  " + closedLoop(log, 256, 60_000));
            lines.add("5,000/s, as they come:    " + openLoop(log, 5_000));
            lines.add("database " + (Files.size(home.resolve("node.db")) >> 20) + " MB for "
                    + new ReceiptStore(database).size() + " receipts");
        }
        note(lines);
    }

    private void append(LogWriter log, long n) {
        try {
            log.append(TestNode.receipt(key, n), TestNode.exchange(n), TestNode.secret(n));
        } catch (NodeException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Each of `clients` appends the next when the one before is acknowledged.
    private String closedLoop(LogWriter log, int clients, int count) throws Exception {
        long[] nanos = new long[count];
        AtomicLong next = new AtomicLong();
        long start = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (int c = 0; c < clients; c++) {
            threads.add(Thread.startVirtualThread(() -> {
                for (int i = (int) next.getAndIncrement(); i < count; i = (int) next.getAndIncrement()) {
                    long begun = System.nanoTime();
                    append(log, numbers.getAndIncrement());
                    nanos[i] = System.nanoTime() - begun;
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return said(count, System.nanoTime() - start, nanos);
    }

    /// Receipts come when they come, whether those before are done or not; waiting counts.
    private String openLoop(LogWriter log, int perSecond) throws Exception {
        int count = (int) (RUN_NANOS / 1_000_000_000L * perSecond);
        long[] nanos = new long[count];
        List<Thread> threads = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            int at = i;
            long due = start + (long) i * 1_000_000_000L / perSecond;
            LockSupport.parkNanos(due - System.nanoTime());
            threads.add(Thread.startVirtualThread(() -> {
                append(log, numbers.getAndIncrement());
                nanos[at] = System.nanoTime() - due;
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return said(count, System.nanoTime() - start, nanos);
    }

    private static String said(int count, long tookNanos, long[] nanos) {
        Arrays.sort(nanos);
        return String.format(Locale.ROOT, "%,8.0f receipts/s, added latency p50 %.2f ms, p99 %.2f ms, max %.1f ms",
                count * 1e9 / tookNanos, nanos[count / 2] / 1e6, nanos[count * 99 / 100] / 1e6, nanos[count - 1] / 1e6);
    }

    @Test
    void startsALogOfAMillionReceipts() throws Exception {
        int size = 1_000_000;
        List<String> lines = new ArrayList<>();
        try (Database database = TestNode.database(home)) {
            ReceiptStore store = new ReceiptStore(database);
            database.write(c -> {
                Database.execute(c, "INSERT INTO receipts (position, id, nonce, entry)"
                        + " WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < "
                        + (size - 1) + ") SELECT i, printf('%032x', i), randomblob(32), randomblob(32) FROM n");
                return null;
            });
            TileAppender tree = new TileAppender();
            while (tree.size() < size) {
                for (Digest entry : store.entries(tree.size(), 20_000)) {
                    tree.append(entry.bytes());
                }
                tree.takeTiles();
            }
            database.write(c -> {
                Database.execute(c, "INSERT INTO checkpoints (size, root) VALUES (?, ?)", (long) size,
                        tree.root().bytes());
                return null;
            });
        }
        lines.add("start of 1,000,000 receipts, all tiles made anew: " + startMillis(size) + " ms");
        lines.add("start of 1,000,000 receipts:                      " + startMillis(size) + " ms, then "
                + startMillis(size) + " ms");
        note(lines);
    }

    private long startMillis(long size) throws Exception {
        long start = System.nanoTime();
        try (Database database = TestNode.database(home);
                LogWriter _ = LogWriter.open(TestNode.log(home, database, key))) {
            long millis = (System.nanoTime() - start) / 1_000_000;
            assertEquals(size, new ReceiptStore(database).size());
            return millis;
        }
    }

    private static void note(List<String> lines) throws IOException {
        String head = Instant.now() + "  tools/bench/log.sh  " + Runtime.getRuntime().availableProcessors()
                + " cores, " + System.getProperty("os.arch") + ", Java " + Runtime.version() + "\n";
        Files.writeString(REPOSITORY.resolve("bench/results/log.txt"),
                head + String.join("", lines.stream().map(line -> "    " + line + "\n").toList()),
                StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}

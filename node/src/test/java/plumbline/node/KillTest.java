package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.verify.Checkpoint;
import plumbline.verify.ConsistencyProof;
import plumbline.verify.Digest;
import plumbline.verify.SignedNote;

/// A process that writes the log is killed at random microseconds, again and again on the same folder,
/// while another reads it. What it acknowledged must be there, at its index, once; every checkpoint that
/// anybody saw must be a beginning of the log that follows; and the reader never misses a tile
/// (spec/log.md L72, L75, L76; spec/api.md A63, A64, A116).
class KillTest {

    private static final long SEED = Long.getLong("plumbline.seed", System.nanoTime());
    private static final int THREADS = 4;
    /// Of the load, from its first acknowledgement on.
    private static final long WINDOW_NANOS = 150_000_000;
    /// One kill in four comes from here: at any time of a start.
    private static final long START_NANOS = 100_000_000;
    private static final int WHOLE_CHECK_ROUNDS = 100;
    private static final Charge CHARGE = new Charge(Optional.of("key"), _ -> {});

    @TempDir
    Path home;

    @TempDir
    Path temp;

    private final NodeKey key = NodeKey.ofSeed(new byte[32]);
    /// Number of the receipt, and its index.
    private final Map<Long, Long> acknowledged = new HashMap<>();
    private long acknowledgedInAll;

    @Test
    @Timeout(300)
    void losesAndDoublesNothingInThirtyKills() throws Exception {
        killAndCheck(30);
    }

    @Test
    @Tag("full")
    void losesAndDoublesNothingInAThousandKills() throws Exception {
        killAndCheck(1_000);
    }

    private void killAndCheck(int rounds) throws Exception {
        Random random = new Random(SEED);
        LogReader reader = new LogReader(home, key.verifierKey());
        String again = ", seed " + SEED + ": ./plumb test --only KillTest --seed " + SEED;
        // The next one starts its JVM while this one writes.
        Process writer = start();
        try {
            for (int round = 0; round < rounds; round++) {
                Process next = round + 1 < rounds ? start() : writer;
                String where = "round " + round + again;
                boolean inStart = random.nextInt(4) == 0;
                Optional<Throwable> unread = writeUntilKilled(writer, round * 1_000_000L, inStart,
                        random.nextLong(inStart ? START_NANOS : WINDOW_NANOS), reader);
                assertEquals(Optional.empty(), unread, where);
                boolean all = round % WHOLE_CHECK_ROUNDS == 0 || round + 1 == rounds;
                check(reader, all, where);
                writer = next;
            }
        } finally {
            writer.destroyForcibly();
        }
        assertTrue(acknowledgedInAll >= rounds, "only " + acknowledgedInAll + " in all" + again);
        assertTrue(reader.checkpoints() > rounds, "only " + reader.checkpoints() + " were read" + again);
    }

    private Process start() throws Exception {
        return ChildJvm.start(Writer.class, temp, home.toString());
    }

    /// @return what the reader found wrong meanwhile
    private Optional<Throwable> writeUntilKilled(Process writer, long from, boolean inStart,
            long afterNanos, LogReader reader) throws Exception {
        CompletableFuture<Optional<Throwable>> reading = new CompletableFuture<>();
        try (BufferedReader lines = writer.inputReader()) {
            assertEquals("warm", lines.readLine());
            writer.outputWriter().append(from + "\n").flush();
            Thread.ofPlatform().start(() -> reading.complete(readWhile(writer, reader)));
            boolean isTimed = inStart;
            if (inStart) {
                killAfter(afterNanos, writer);
            }
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!isTimed) {
                    isTimed = true;
                    killAfter(afterNanos, writer);
                }
                // The last line may be cut where the process was killed: then it wasn't said.
                if (line.endsWith(" .")) {
                    String[] words = line.split(" ");
                    acknowledged.put(Long.parseLong(words[0]), Long.parseLong(words[1]));
                }
            }
        } finally {
            writer.destroyForcibly();
            assertTrue(writer.waitFor(10, TimeUnit.SECONDS));
        }
        return reading.get();
    }

    private static void killAfter(long nanos, Process writer) {
        long at = System.nanoTime() + nanos;
        Thread.startVirtualThread(() -> {
            LockSupport.parkNanos(at - System.nanoTime());
            // Through its handle: Process itself would close the pipe that is still read.
            writer.toHandle().destroyForcibly();
        });
    }

    private static Optional<Throwable> readWhile(Process writer, LogReader reader) {
        try {
            while (writer.isAlive()) {
                reader.read();
            }
            return Optional.empty();
        } catch (Exception | AssertionError e) {
            return Optional.of(e);
        }
    }

    private void check(LogReader reader, boolean all, String where) throws Exception {
        // What lies there before anybody mends anything is whole.
        reader.read();
        LogFolder folder = TestNode.folder(home);
        Optional<Checkpoint> left = folder.checkpoint().isEmpty() ? Optional.empty() : Optional.of(
                Checkpoint.parse(SignedNote.parse(folder.checkpoint().get()).text()));
        try (Database database = TestNode.database(home);
                LogWriter log = LogWriter.open(TestNode.log(home, database, key))) {
            ReceiptStore store = new ReceiptStore(database);
            reader.read();
            List<Digest> entries = reader.entries();
            assertEquals(store.size(), entries.size(), where);
            assertEquals(store.size(), database.first("SELECT coalesce(sum(requests), 0) FROM api_usage"
                    + " WHERE key = 'key' AND seconds = " + KeyUsage.DAY_SECONDS, row -> row.getLong(1)).orElseThrow(),
                    where + ": each is counted once for its key");
            for (var each : acknowledged.entrySet()) {
                assertEquals(TestNode.receipt(key, each.getKey()).digest(),
                        entries.get(each.getValue().intValue()), where);
            }
            if (left.isPresent()) {
                Checkpoint now = Checkpoint.parse(log.checkpoint().text());
                ConsistencyProof.of(folder, left.get().size(), left.get().root(), now.size(), now.root());
            }
            if (!entries.isEmpty()) {
                log.prove(entries.size() - 1);
            }
            // Found to be right once; the reader notices if it changes.
            acknowledgedInAll += acknowledged.size();
            acknowledged.clear();
            if (all) {
                assertEquals(store.entries(0, Integer.MAX_VALUE), entries, where);
            }
        }
    }

    /// Waits for a number, appends receipts from there on from several threads and says `number index .`
    /// for each one that is acknowledged; never ends by itself.
    static final class Writer {
        private Writer() {}

        public static void main(String[] args) throws Exception {
            Path home = Path.of(args[0]);
            NodeKey key = NodeKey.ofSeed(new byte[32]);
            // What takes long in a start has nothing to do with the log: classes, SQLite's library.
            Path warm = Files.createTempDirectory("warm");
            try (Database database = TestNode.database(warm);
                    LogWriter log = LogWriter.open(TestNode.log(warm, database, key))) {
                log.append(TestNode.receipt(key, 0), TestNode.exchange(0), TestNode.secret(0));
            }
            PrintStream out = new PrintStream(System.out, true);
            out.println("warm");
            StringBuilder from = new StringBuilder();
            for (int c = System.in.read(); c != '\n' && c >= 0; c = System.in.read()) {
                from.append((char) c);
            }
            if (from.isEmpty()) {
                return;
            }
            Database database = TestNode.database(home);
            LogWriter log = LogWriter.open(TestNode.log(home, database, key));
            for (int t = 0; t < THREADS; t++) {
                long first = Long.parseLong(from.toString()) + t;
                Thread.ofPlatform().start(() -> append(log, key, first, out));
            }
        }

        private static void append(LogWriter log, NodeKey key, long first, PrintStream out) {
            try {
                for (long n = first;; n += THREADS) {
                    long index = log.append(List.of(new ReceiptStore.Unlogged(TestNode.receipt(key, n),
                            TestNode.exchange(n), TestNode.secret(n), CHARGE))).getFirst().index();
                    out.write((n + " " + index + " .\n").getBytes(StandardCharsets.US_ASCII));
                    out.flush();
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}

package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.verify.Checkpoint;
import plumbline.verify.ConsistencyProof;
import plumbline.verify.Digest;
import plumbline.verify.MerkleTree;
import plumbline.verify.SignedNote;

/// A process that writes the log is killed at random moments, again and again on the same folder.
/// What it acknowledged must be there, at its index, once; and every checkpoint that it published
/// must be a beginning of the log that follows (spec/api.md A63, A64).
class KillTest {

    private static final int ROUNDS = 5;
    private static final int THREADS = 4;

    @TempDir
    Path home;

    @TempDir
    Path temp;

    private final Map<Long, Long> acknowledged = new HashMap<>();
    private final List<Checkpoint> published = new ArrayList<>();

    @Test
    void losesAndDoublesNothingThatWasAcknowledged() throws Exception {
        killAndCheck(ROUNDS);
    }

    @Test
    @Tag("full")
    void losesAndDoublesNothingInAHundredKills() throws Exception {
        killAndCheck(100);
    }

    private void killAndCheck(int rounds) throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        long next = 0;
        for (int round = 0; round < rounds; round++) {
            next = writeUntilKilled(next, random.nextLong(300_000_000L));
            check("seed " + seed + ", round " + round);
        }
        assertTrue(acknowledged.size() >= rounds, "seed " + seed + ": only " + acknowledged.size());
    }

    private long writeUntilKilled(long from, long afterNanos) throws Exception {
        Process writer = ChildJvm.start(Writer.class, temp, home.toString(), Long.toString(from));
        try (BufferedReader lines = writer.inputReader()) {
            assertEquals("ready", lines.readLine());
            Thread killer = Thread.startVirtualThread(() -> {
                LockSupport.parkNanos(afterNanos);
                // Through its handle: Process itself would close the pipe that is still read.
                writer.toHandle().destroyForcibly();
            });
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                // The last line may be cut where the process was killed: then it wasn't said.
                if (!line.endsWith(" .")) {
                    continue;
                }
                String[] words = line.split(" ");
                acknowledged.put(Long.parseLong(words[0]), Long.parseLong(words[1]));
                published.add(new Checkpoint("x", Long.parseLong(words[2]), Digest.parseHex(words[3])));
            }
            killer.join();
        } finally {
            writer.destroyForcibly();
            assertTrue(writer.waitFor(10, TimeUnit.SECONDS));
        }
        return from + 1_000_000;
    }

    private void check(String where) throws Exception {
        NodeKey key = NodeKey.ofSeed(new byte[32]);
        LogFolder folder = TestNode.folder(home);
        try (Database database = TestNode.database(home)) {
            ReceiptStore store = new ReceiptStore(database);
            // What lies there before the writer mends anything is signed and never ahead.
            Checkpoint left = Checkpoint.parse(
                    SignedNote.parse(folder.checkpoint().orElseThrow()).text());
            assertTrue(left.size() <= store.size(), where);
            try (LogWriter log = LogWriter.open(TestNode.log(home, database, key))) {
                Checkpoint now = Checkpoint.parse(log.checkpoint().text());
                assertEquals(store.size(), now.size(), where);
                List<Digest> entries = store.entries(0, Integer.MAX_VALUE);
                assertEquals(entries.size(), entries.stream().distinct().count(), where);
                assertEquals(now.root(), MerkleTree.root(
                        entries.stream().map(e -> MerkleTree.leafHash(e.bytes())).toList()), where);
                for (var each : acknowledged.entrySet()) {
                    Digest entry = TestNode.receipt(key, each.getKey()).digest();
                    assertEquals(entry, entries.get(each.getValue().intValue()), where);
                }
                published.add(left);
                for (Checkpoint old : published) {
                    ConsistencyProof.of(folder, old.size(), old.root(), now.size(), now.root());
                }
                // The last proof of each kind, from the tiles on disk.
                if (now.size() > 0) {
                    log.prove(now.size() - 1);
                }
            }
        }
    }

    /// Appends receipts from several threads and says `number index size root .` for each one that
    /// is acknowledged; never ends by itself.
    static final class Writer {
        private Writer() {}

        public static void main(String[] args) throws Exception {
            Path home = Path.of(args[0]);
            NodeKey key = NodeKey.ofSeed(new byte[32]);
            Database database = TestNode.database(home);
            LogWriter log = LogWriter.open(TestNode.log(home, database, key));
            PrintStream out = new PrintStream(System.out, true);
            out.println("ready");
            for (int t = 0; t < THREADS; t++) {
                long first = Long.parseLong(args[1]) + t;
                Thread.ofPlatform().start(() -> append(log, key, first, out));
            }
        }

        private static void append(LogWriter log, NodeKey key, long first, PrintStream out) {
            try {
                for (long n = first;; n += THREADS) {
                    long index = log.append(TestNode.receipt(key, n), TestNode.exchange(n),
                            TestNode.secret(n)).index();
                    Checkpoint seen = Checkpoint.parse(log.checkpoint().text());
                    out.println(n + " " + index + " " + seen.size() + " " + seen.root().hex() + " .");
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}

package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.verify.Checkpoint;
import plumbline.verify.ConsistencyProof;
import plumbline.verify.Digest;
import plumbline.verify.EntryBundle;
import plumbline.verify.JdkEd25519;
import plumbline.verify.MerkleTree;
import plumbline.verify.SignedNote;
import plumbline.verify.TilePath;

/// Each call to the file system goes wrong once, in a log that passes the end of a tile: the disk is full,
/// an fsync fails, the power goes (spec/log.md L72, L79, L93, L94; spec/api.md A63, A66).
@Timeout(120)
class DiskFaultsTest {

    private static final long SEED = Long.getLong("plumbline.seed", System.nanoTime());
    private static final long RETRY_NANOS = 1_000_000;
    private static final int BEFORE = 253;
    private static final int APPENDED = 4;
    /// Every fourth call, another quarter each time; the long runs take each.
    private static final int STRIDE = 4;
    private static final String AGAIN =
            "seed " + SEED + ": ./plumb test --only DiskFaultsTest --seed " + SEED;

    @TempDir(factory = FolderInMemory.class)
    Path temp;

    private final NodeKey key = NodeKey.ofSeed(new byte[32]);
    private Path template;
    private int homes;

    /// A log of 253 receipts, copied for each fault.
    @BeforeEach
    void fill() throws Exception {
        template = Files.createDirectory(temp.resolve("template"));
        try (Database database = TestNode.database(template);
                LogWriter log = LogWriter.open(TestNode.log(template, database, key))) {
            List<Thread> threads = new ArrayList<>();
            for (long n = 0; n < BEFORE; n++) {
                long number = n;
                threads.add(Thread.startVirtualThread(() -> {
                    try {
                        append(log, number);
                    } catch (NodeException e) {
                        throw new IllegalStateException(e);
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    private long append(LogWriter log, long n) throws NodeException {
        return log.append(TestNode.receipt(key, n), TestNode.exchange(n), TestNode.secret(n)).index();
    }

    private Path home(long number) throws Exception {
        Path home = temp.resolve("home" + homes++ + "-" + number);
        try (Stream<Path> files = Files.walk(template)) {
            for (Path file : files.toList()) {
                Files.copy(file, home.resolve(template.relativize(file)));
            }
        }
        return home;
    }

    private long callsWithoutFault() throws Exception {
        FaultyDisk disk = FaultyDisk.counting();
        Path home = home(1_000_000);
        try (Database database = TestNode.database(home);
                LogWriter log = LogWriter.open(
                        TestNode.log(home, database, key, new DurableFiles(disk)))) {
            for (long n = BEFORE; n < BEFORE + APPENDED; n++) {
                append(log, n);
            }
        }
        assertWhole(home, 1_000_000);
        return disk.calls();
    }

    /// What lies in the folder is a log that nothing is missing from, and all that was acknowledged is in it.
    ///
    /// @return its size
    private long assertWhole(Path home, long fault, Long... acknowledged) throws Exception {
        String where = "fault " + fault + ", " + AGAIN;
        SignedNote note = SignedNote.parse(Files.readAllBytes(home.resolve("log/checkpoint")));
        assertTrue(note.isSignedBy(key.verifierKey(), new JdkEd25519()), where);
        Checkpoint checkpoint = Checkpoint.parse(note.text());
        LogFolder folder = TestNode.folder(home);
        List<Digest> leaves = new ArrayList<>();
        for (TilePath path : TilePath.added(0, checkpoint.size()).toList()) {
            byte[] tile = folder.read(path).orElseThrow(() -> new AssertionError(path + ", " + where));
            if (path.isEntries()) {
                EntryBundle.parse(tile, path.width())
                        .forEach(entry -> leaves.add(MerkleTree.leafHash(entry)));
            } else {
                assertEquals(32 * path.width(), tile.length, where);
            }
        }
        assertEquals(checkpoint.root(), MerkleTree.root(leaves), where);
        ConsistencyProof.of(folder, BEFORE, MerkleTree.root(leaves.subList(0, BEFORE)),
                checkpoint.size(), checkpoint.root());
        assertEquals(leaves.size(), leaves.stream().distinct().count(), where);
        for (long n : acknowledged) {
            Digest leaf = MerkleTree.leafHash(TestNode.receipt(key, n).digest().bytes());
            assertTrue(leaves.contains(leaf), "receipt " + n + " is lost, " + where);
        }
        return checkpoint.size();
    }

    @Test
    void goesOnByItselfAfterAFullDiskAndLeavesNothingHalf() throws Exception {
        fullDisk(STRIDE);
    }

    private void fullDisk(int stride) throws Exception {
        long calls = callsWithoutFault();
        int stopped = 0;
        for (long at = Math.floorMod(SEED, stride); at < calls; at += stride) {
            Path home = home(at);
            FaultyDisk disk = new FaultyDisk(FaultyDisk.Fault.FULL, at, new Random(SEED + at));
            DurableFiles files = new DurableFiles(disk);
            List<Long> acknowledged = new ArrayList<>();
            try (Database database = TestNode.database(home)) {
                LogWriter.Parts parts;
                LogWriter log;
                try {
                    parts = TestNode.log(home, database, key, files);
                    log = LogWriter.open(parts, _ -> {}, RETRY_NANOS);
                } catch (NodeException e) {
                    // It failed in the start: the next one, with a disk that works, makes up for it.
                    files = DurableFiles.real();
                    log = LogWriter.open(TestNode.log(home, database, key, files));
                }
                try (LogWriter open = log) {
                    for (long n = BEFORE; n < BEFORE + APPENDED; n++) {
                        stopped += appendOrWait(open, n, files, home, at, acknowledged);
                    }
                }
            }
            Path last = home;
            if (files.distrust().isPresent()) {
                restart(last);
            }
            assertWhole(last, at, acknowledged.toArray(Long[]::new));
        }
        assertTrue(stopped > calls / stride / 3, "only " + stopped + " of " + calls + " faults stopped the log");
    }

    /// Appends; where the log stops, waits until it goes on by itself, if it may.
    private int appendOrWait(LogWriter log, long n, DurableFiles files, Path home, long at,
            List<Long> acknowledged) throws Exception {
        try {
            append(log, n);
            acknowledged.add(n);
            return 0;
        } catch (LogStoppedException e) {
            // Whoever reads meanwhile finds all that was acknowledged.
            assertWhole(home, at, acknowledged.toArray(Long[]::new));
            while (files.distrust().isEmpty() && isStopped(log)) {
                Thread.onSpinWait();
            }
            return 1;
        }
    }

    private static boolean isStopped(LogWriter log) {
        try {
            log.check();
            return false;
        } catch (NodeException e) {
            return true;
        }
    }

    private long restart(Path home) throws Exception {
        try (Database database = TestNode.database(home);
                LogWriter log = LogWriter.open(TestNode.log(home, database, key))) {
            return Checkpoint.parse(log.checkpoint().text()).size();
        }
    }

    @Test
    void signsNothingAfterAFailedFsyncUntilItIsStartedAgain() throws Exception {
        failedFsync(STRIDE);
    }

    private void failedFsync(int stride) throws Exception {
        long calls = callsWithoutFault();
        for (long at = Math.floorMod(SEED, stride); at < calls; at += stride) {
            Path home = home(at);
            FaultyDisk disk = new FaultyDisk(FaultyDisk.Fault.UNSYNCED, at, new Random(SEED + at));
            DurableFiles files = new DurableFiles(disk);
            List<Long> acknowledged = new ArrayList<>();
            try (Database database = TestNode.database(home);
                    LogWriter log = LogWriter.open(
                            TestNode.log(home, database, key, files), _ -> {}, RETRY_NANOS)) {
                for (long n = BEFORE; n < BEFORE + APPENDED; n++) {
                    append(log, n);
                    acknowledged.add(n);
                }
            } catch (NodeException e) {
                assertTrue(e.getMessage().contains("start the node again")
                        || files.distrust().isPresent(), e.getMessage());
            }
            if (!disk.happened) {
                continue;
            }
            byte[] signed = Files.readAllBytes(home.resolve("log/checkpoint"));
            assertTrue(files.distrust().orElseThrow().contains("start the node again"), AGAIN);
            // In this process nothing goes any more, though the disk works again.
            NodeException e = assertThrows(NodeException.class, () -> {
                try (Database database = Database.open(home.resolve("node.db"), files);
                        LogWriter log = LogWriter.open(TestNode.log(home, database, key, files))) {
                    append(log, 7000);
                }
            });
            assertTrue(e.getMessage().contains("did not confirm"), e.getMessage());
            assertEquals(new String(signed), Files.readString(home.resolve("log/checkpoint")));
            restart(home);
            assertWhole(home, at, acknowledged.toArray(Long[]::new));
        }
    }

    @Test
    void losesNothingThatWasAcknowledgedWhenThePowerGoes() throws Exception {
        powerCut(STRIDE);
    }

    private void powerCut(int stride) throws Exception {
        long calls = callsWithoutFault();
        for (long at = Math.floorMod(SEED, stride); at < calls; at += stride) {
            Path home = home(at);
            FaultyDisk disk = new FaultyDisk(FaultyDisk.Fault.POWER, at, new Random(SEED + at));
            List<Long> acknowledged = new ArrayList<>();
            try (Database database = TestNode.database(home);
                    LogWriter log = LogWriter.open(
                            TestNode.log(home, database, key, new DurableFiles(disk)), _ -> {}, RETRY_NANOS)) {
                for (long n = BEFORE; n < BEFORE + APPENDED; n++) {
                    append(log, n);
                    acknowledged.add(n);
                }
            } catch (NodeException e) {
                assertTrue(disk.happened, e.getMessage());
            }
            assertTrue(disk.happened, "call " + at + " of " + calls);
            // What survived is a whole log already, before anything mends it.
            assertWhole(home, at, acknowledged.toArray(Long[]::new));
            long size = restart(home);
            assertEquals(size, assertWhole(home, at, acknowledged.toArray(Long[]::new)));
        }
    }

    @Test
    @Tag("full")
    @Timeout(900)
    void staysWholeWhicheverCallGoesWrong() throws Exception {
        fullDisk(1);
        failedFsync(1);
        powerCut(1);
    }

    @Test
    void acknowledgesNothingBeforeASlowDiskIsDone() throws Exception {
        Path home = home(0);
        CountDownLatch slow = new CountDownLatch(1);
        CountDownLatch reached = new CountDownLatch(1);
        try (Database database = TestNode.database(home);
                LogWriter log = LogWriter.open(TestNode.log(home, database, key), step -> {
                    if (step == LogWriter.Step.TILES) {
                        reached.countDown();
                        await(slow);
                    }
                })) {
            CountDownLatch acknowledged = new CountDownLatch(1);
            Thread.startVirtualThread(() -> {
                try {
                    append(log, BEFORE);
                    acknowledged.countDown();
                } catch (NodeException e) {
                    throw new IllegalStateException(e);
                }
            });
            await(reached);
            assertEquals(1, acknowledged.getCount());
            assertEquals(BEFORE, assertWhole(home, 0));
            // Committed and on the disk, but not signed: nobody gets it.
            StoredReceipt stored = new ReceiptStore(database).byNonce(TestNode.nonce(BEFORE)).orElseThrow();
            assertFalse(log.isPublished(stored));
            slow.countDown();
            await(acknowledged);
            assertTrue(log.isPublished(stored));
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}

package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.verify.Bundle;
import plumbline.verify.Checkpoint;
import plumbline.verify.ConsistencyProof;
import plumbline.verify.Digest;
import plumbline.verify.EntryBundle;
import plumbline.verify.JdkEd25519;
import plumbline.verify.MerkleTree;
import plumbline.verify.OpenedBundle;
import plumbline.verify.SignedNote;
import plumbline.verify.TilePath;
import plumbline.verify.TlogProof;

/// The log while it grows, and after a break at each step (spec/api.md A63-A65,
/// spec/log.md L70, L72-L78).
class LogWriterTest {

    @TempDir
    Path home;

    private final NodeKey key = NodeKey.ofSeed(new byte[32]);

    /// Opens database and log, does something, and lets go of both, whatever happens.
    private void withLog(java.util.function.Consumer<LogWriter.Step> steps, Work work)
            throws Exception {
        try (Database database = TestNode.database(home)) {
            ReceiptStore store = new ReceiptStore(database);
            try (LogWriter log = LogWriter.open(TestNode.log(home, database, key), steps)) {
                work.run(log, store);
            }
        }
    }

    private interface Work {
        void run(LogWriter log, ReceiptStore store) throws Exception;
    }

    private long append(LogWriter log, long n) throws NodeException {
        return log.append(TestNode.receipt(key, n), TestNode.exchange(n), TestNode.secret(n)).index();
    }

    /// Everything that a reader can see agrees, and is `size` long.
    private void assertWhole(LogWriter log, ReceiptStore store, long size) throws Exception {
        SignedNote note = SignedNote.parse(Files.readAllBytes(home.resolve("log/checkpoint")));
        assertTrue(note.isSignedBy(key.verifierKey(), new JdkEd25519()));
        assertEquals(note, log.checkpoint());
        Checkpoint checkpoint = Checkpoint.parse(note.text());
        assertEquals(size, checkpoint.size());
        assertEquals(size, store.size());
        List<Digest> entries = store.entries(0, Integer.MAX_VALUE);
        assertEquals(checkpoint.root(), MerkleTree.root(
                entries.stream().map(entry -> MerkleTree.leafHash(entry.bytes())).toList()));
        for (long i = 0; i < size; i += Math.max(1, size / 7)) {
            assertTrue(log.prove(i).includes(MerkleTree.leafHash(entries.get((int) i).bytes())));
        }
        LogFolder folder = TestNode.folder(home);
        List<byte[]> read = new ArrayList<>();
        for (TilePath path : TilePath.added(0, size).filter(TilePath::isEntries).toList()) {
            read.addAll(EntryBundle.parse(folder.read(path).orElseThrow(), path.width()));
        }
        for (int i = 0; i < size; i++) {
            assertArrayEquals(entries.get(i).bytes(), read.get(i));
        }
    }

    @Test
    void publishesAnEmptyLog() throws Exception {
        withLog(_ -> {}, (log, store) -> assertWhole(log, store, 0));
    }

    @Test
    void givesIndicesInOrderAndBundlesThatOpen() throws Exception {
        withLog(_ -> {}, (log, store) -> {
            for (long n = 0; n < 5; n++) {
                assertEquals(n, append(log, n));
                assertWhole(log, store, n + 1);
            }
            StoredReceipt stored = store.byNonce(TestNode.nonce(3)).orElseThrow();
            assertEquals(TestNode.receipt(key, 3), stored.receipt());
            assertEquals(TestNode.secret(3), stored.secret());
            TlogProof proof = log.prove(stored.index());
            byte[] bundle = Bundle.of(
                    stored.receipt(), stored.exchange(), stored.secret(), proof).encode();
            OpenedBundle opened = OpenedBundle.open(Bundle.parse(bundle)).orElseThrow();
            assertEquals("text 3", opened.text());
            assertTrue(store.byId(stored.receipt().id()).isPresent());
            assertEquals(5, store.latest(100).size());
            assertEquals(TestNode.receipt(key, 4), store.latest(1).getFirst());
        });
    }

    @Test
    void growsConsistentlyOverRestarts() throws Exception {
        List<Checkpoint> seen = new ArrayList<>();
        for (int run = 0; run < 3; run++) {
            long first = run * 4L;
            withLog(_ -> {}, (log, store) -> {
                for (long n = first; n < first + 4; n++) {
                    append(log, n);
                    seen.add(Checkpoint.parse(log.checkpoint().text()));
                }
                Checkpoint last = seen.getLast();
                for (Checkpoint old : seen) {
                    ConsistencyProof.of(TestNode.folder(home),
                            old.size(), old.root(), last.size(), last.root());
                }
            });
        }
    }

    @Test
    void groupsConcurrentReceiptsAndLosesNone() throws Exception {
        ConcurrentLinkedQueue<Long> indices = new ConcurrentLinkedQueue<>();
        List<LogWriter.Step> steps = new ArrayList<>();
        withLog(steps::add, (log, store) -> {
            List<Thread> threads = new ArrayList<>();
            for (long n = 0; n < 600; n++) {
                long number = n;
                threads.add(Thread.startVirtualThread(() -> {
                    try {
                        indices.add(append(log, number));
                    } catch (NodeException e) {
                        throw new IllegalStateException(e);
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertWhole(log, store, 600);
            // A full tile leaves no partial form of itself behind.
            assertTrue(Files.exists(home.resolve("log/tile/0/001")));
            assertFalse(Files.exists(home.resolve("log/tile/0/001.p")));
            assertTrue(Files.exists(home.resolve("log/tile/0/002.p/88")));
        });
        assertEquals(600, indices.stream().distinct().count());
        assertTrue(steps.size() < 3 * 600 / 2, "no batches: " + steps.size() / 3);
    }

    @Test
    void refusesANonceThatIsInTheLogAndGoesOn() throws Exception {
        withLog(_ -> {}, (log, store) -> {
            append(log, 1);
            assertThrows(NodeException.class, () -> append(log, 1));
            assertEquals(1, append(log, 2));
            assertWhole(log, store, 2);
        });
        withLog(_ -> {}, (log, store) -> assertThrows(NodeException.class, () -> append(log, 2)));
    }

    @ParameterizedTest
    @EnumSource(LogWriter.Step.class)
    void makesUpForABreakAfterEachStep(LogWriter.Step at) throws Exception {
        withLog(_ -> {}, (log, store) -> append(log, 0));
        withLog(step -> {
            if (step == at) {
                throw new IllegalStateException("pulled the plug");
            }
        }, (log, store) -> {
            assertThrows(NodeException.class, () -> append(log, 1));
            // Nothing more is taken until the next start: a failure of the program isn't tried again.
            assertThrows(NodeException.class, () -> append(log, 2));
            assertThrows(NodeException.class, log::check);
        });
        // Not acknowledged, but durable: it is in the log now, once.
        withLog(_ -> {}, (log, store) -> {
            assertWhole(log, store, 2);
            assertEquals(1, store.byNonce(TestNode.nonce(1)).orElseThrow().index());
            assertEquals(2, append(log, 2));
            assertWhole(log, store, 3);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 255, 256, 257, 300})
    void makesTilesAndCheckpointAnewFromTheDatabase(int size) throws Exception {
        fill(size);
        byte[] checkpoint = Files.readAllBytes(home.resolve("log/checkpoint"));
        deleteRecursively(home.resolve("log"));
        withLog(_ -> {}, (log, store) -> {
            assertWhole(log, store, size);
            assertArrayEquals(checkpoint, log.checkpoint().encode());
        });
    }

    @Test
    void replacesDamagedTilesOfTheRightEdgeAtTheStart() throws Exception {
        fill(300);
        // With the edge, those before it are looked at, too.
        damage("tile/0/000", "tile/0/001.p/44", "tile/entries/000", "tile/1/000.p/1");
        withLog(_ -> {}, (log, store) -> assertWhole(log, store, 300));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void replacesADamagedOrMissingTileWhenSomebodyNeedsIt(boolean isThere) throws Exception {
        fill(300);
        if (isThere) {
            damage("tile/0/000");
        } else {
            Files.delete(home.resolve("log/tile/0/000"));
        }
        withLog(_ -> {}, (log, store) -> {
            NodeException e = assertThrows(NodeException.class, () -> log.prove(7));
            assertTrue(e.getMessage().contains("made anew"), e.getMessage());
            assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
                while (!Arrays.equals(MerkleTree.leafHash(store.entries(7, 1).getFirst().bytes()).bytes(),
                        Arrays.copyOfRange(Files.readAllBytes(awaited("log/tile/0/000")), 7 * 32, 8 * 32))) {
                    Thread.onSpinWait();
                }
            });
            assertWhole(log, store, 300);
        });
    }

    private Path awaited(String name) {
        Path file = home.resolve(name);
        while (Files.notExists(file)) {
            Thread.onSpinWait();
        }
        return file;
    }

    private void damage(String... tiles) throws Exception {
        for (String tile : tiles) {
            Path file = home.resolve("log").resolve(tile);
            byte[] bytes = Files.readAllBytes(file);
            bytes[7 * 32 % bytes.length] ^= 1;
            Files.write(file, bytes);
        }
    }

    private void fill(int size) throws Exception {
        withLog(_ -> {}, (log, store) -> {
            List<Thread> threads = new ArrayList<>();
            for (long n = 0; n < size; n++) {
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
        });
    }

    private void refusesToStart(String why) throws Exception {
        byte[] before = Files.readAllBytes(home.resolve("log/checkpoint"));
        NodeException e = assertThrows(NodeException.class, () -> withLog(_ -> {}, (log, store) -> {}));
        assertTrue(e.getMessage().contains(why), e.getMessage());
        assertArrayEquals(before, Files.readAllBytes(home.resolve("log/checkpoint")));
    }

    private void sql(String... statements) throws Exception {
        try (Database database = TestNode.database(home)) {
            database.write(connection -> {
                for (String statement : statements) {
                    Database.execute(connection, statement);
                }
                return null;
            });
        }
    }

    @Test
    void refusesARolledBackDatabase() throws Exception {
        fill(3);
        Files.copy(home.resolve("node.db"), home.resolve("old.db"));
        withLog(_ -> {}, (log, store) -> append(log, 100));
        Files.delete(home.resolve("node.db"));
        Files.move(home.resolve("old.db"), home.resolve("node.db"));
        refusesToStart("rolled back");
    }

    @Test
    void refusesADataFolderThatWasSetBackAsAWhole() throws Exception {
        fill(3);
        Files.copy(home.resolve("node.db"), home.resolve("old.db"));
        byte[] old = Files.readAllBytes(home.resolve("log/checkpoint"));
        withLog(_ -> {}, (log, store) -> append(log, 100));
        Files.delete(home.resolve("node.db"));
        Files.move(home.resolve("old.db"), home.resolve("node.db"));
        deleteRecursively(home.resolve("log"));
        Files.createDirectories(home.resolve("log"));
        Files.write(home.resolve("log/checkpoint"), old);
        refusesToStart("but the data folder holds 3");
    }

    @Test
    void refusesAnotherHistoryOfTheSameSize() throws Exception {
        fill(3);
        deleteRecursively(home.resolve("log"));
        Files.delete(home.resolve("node.db"));
        NodeException e = assertThrows(NodeException.class, () -> withLog(_ -> {}, (log, store) -> {}));
        assertTrue(e.getMessage().contains("had 3 receipts"), e.getMessage());
        // Grown to the mark's size without a mark to look at: the root gives it away.
        Files.move(home.resolve("marks"), home.resolve("kept"));
        withLog(_ -> {}, (log, store) -> {
            for (long n = 10; n < 13; n++) {
                append(log, n);
            }
        });
        deleteRecursively(home.resolve("marks"));
        Files.move(home.resolve("kept"), home.resolve("marks"));
        refusesToStart("one of them was changed");
    }

    @Test
    void servesNoTileBeyondTheCheckpoint() throws Exception {
        fill(2);
        LogFolder folder = TestNode.folder(home);
        withLog(_ -> {}, (log, store) -> {
            folder.writeTiles(java.util.Map.of(new TilePath(0, 0, 3), new byte[96]));
            folder.writeTiles(java.util.Map.of(new TilePath(1, 0, 1), new byte[32]));
            assertTrue(log.tile(new TilePath(0, 0, 3)).isEmpty());
            assertTrue(log.tile(new TilePath(1, 0, 1)).isEmpty());
            assertTrue(log.tile(new TilePath(TilePath.ENTRIES, 0, 3)).isEmpty());
            assertTrue(log.tile(new TilePath(0, Long.MAX_VALUE >>> 8, 1)).isEmpty());
            assertEquals(64, log.tile(new TilePath(0, 0, 2)).orElseThrow().length);
            // And nobody is told of a receipt that it doesn't cover.
            StoredReceipt stored = store.byNonce(TestNode.nonce(1)).orElseThrow();
            assertTrue(log.isPublished(stored));
            assertFalse(log.isPublished(new StoredReceipt(
                    2, stored.receipt(), stored.exchange(), stored.secret())));
            // The next round writes over what a crash left.
            append(log, 2);
            assertWhole(log, store, 3);
        });
    }

    @Test
    void refusesToMakeTilesFromADatabaseWhoseReceiptsWereChanged() throws Exception {
        fill(3);
        sql("UPDATE receipts SET entry = zeroblob(32) WHERE position = 1");
        Files.delete(home.resolve("log/tile/0/000.p/3"));
        refusesToStart("published checkpoint");
    }

    @Test
    void refusesToMakeTilesFromADatabaseThatLacksAReceipt() throws Exception {
        fill(3);
        sql("DELETE FROM exchanges WHERE position = 1", "DELETE FROM receipts WHERE position = 1");
        Files.delete(home.resolve("log/tile/0/000.p/3"));
        refusesToStart("lacks receipt 1");
    }

    @Test
    void refusesADatabaseThatForgotAStateThatWasSigned() throws Exception {
        fill(3);
        sql("DELETE FROM checkpoints");
        refusesToStart("committed 0");
        sql("INSERT INTO checkpoints (size, root) VALUES (3, zeroblob(32))");
        refusesToStart("published checkpoint");
        sql("UPDATE checkpoints SET size = 4", "INSERT INTO receipts (position, id, nonce, entry)"
                + " VALUES (3, 'x', zeroblob(32), zeroblob(32))");
        refusesToStart("doesn't know the state of 3 receipts");
    }

    @Test
    void goesOnFromTheRightEdgeWithoutReadingTheLogAgain() throws Exception {
        fill(300);
        // What lies before the edge isn't read at a start: only so is a long log started as fast as a
        // short one. The edge is held against the signed root.
        sql("UPDATE receipts SET entry = zeroblob(32) WHERE position = 1");
        withLog(_ -> {}, (log, store) -> {
            assertEquals(300, append(log, 300));
            Checkpoint now = Checkpoint.parse(log.checkpoint().text());
            assertEquals(301, now.size());
            // The tree is that of the receipts that were signed, not of what the database says now.
            List<Digest> leaves = new ArrayList<>();
            LogFolder folder = TestNode.folder(home);
            for (TilePath path : TilePath.added(0, 301).filter(TilePath::isEntries).toList()) {
                EntryBundle.parse(folder.read(path).orElseThrow(), path.width())
                        .forEach(entry -> leaves.add(MerkleTree.leafHash(entry)));
            }
            assertEquals(now.root(), MerkleTree.root(leaves));
        });
    }

    @Test
    void refusesADatabaseThatLostItsLastReceiptOnly() throws Exception {
        fill(3);
        sql("DELETE FROM exchanges WHERE position = 2", "DELETE FROM receipts WHERE position = 2");
        NodeException e = assertThrows(NodeException.class, () -> withLog(_ -> {}, (log, store) -> {}));
        assertTrue(e.getMessage().contains("committed 3"), e.getMessage());
    }

    @Test
    void refusesAnotherKey() throws Exception {
        fill(1);
        try (Database database = TestNode.database(home)) {
            byte[] seed = new byte[32];
            seed[0] = 1;
            NodeException e = assertThrows(NodeException.class,
                    () -> LogWriter.open(TestNode.log(home, database, NodeKey.ofSeed(seed))));
            assertTrue(e.getMessage().contains("was signed with the key"), e.getMessage());
        }
    }

    @Test
    void refusesACheckpointThatIsDamagedOrOfAnotherKey() throws Exception {
        fill(2);
        Path file = home.resolve("log/checkpoint");
        Files.writeString(file, "not a note");
        refusesToStart("damaged");
        byte[] seed = new byte[32];
        seed[0] = 1;
        Files.write(file, NodeKey.ofSeed(seed)
                .sign(new Checkpoint(key.verifierKey().name(), 2, TestNode.nonce(0))).encode());
        refusesToStart("isn't signed by this node's key");
    }

    @Test
    void noticesAReceiptThatWasChangedInTheDatabase() throws Exception {
        fill(2);
        sql("UPDATE exchanges SET receipt = (SELECT receipt FROM exchanges WHERE position = 0)"
                + " WHERE position = 1");
        withLog(_ -> {}, (log, store) -> {
            String id = store.entries(0, 2).get(1).hex();
            NodeException e = assertThrows(NodeException.class, () -> {
                store.byNonce(TestNode.nonce(0));
                store.byNonce(TestNode.nonce(1));
            });
            assertTrue(e.getMessage().contains("damaged"), id);
        });
    }

    @Test
    void refusesADatabaseOfAnotherVersion() throws Exception {
        fill(1);
        sql("PRAGMA user_version = 99");
        NodeException e = assertThrows(
                NodeException.class, () -> TestNode.database(home));
        assertTrue(e.getMessage().contains("version 99"), e.getMessage());
    }

    @Test
    void refusesAFileThatIsNoDatabase() throws Exception {
        Files.writeString(home.resolve("node.db"), "x".repeat(5000));
        assertThrows(NodeException.class, () -> TestNode.database(home));
    }

    @Test
    void refusesReceiptsAfterClosing() throws Exception {
        LogWriter[] closed = new LogWriter[1];
        withLog(_ -> {}, (log, store) -> closed[0] = log);
        assertThrows(NodeException.class, () -> append(closed[0], 1));
    }

    @Test
    void cutsPartialTilesFromWiderOnes() throws Exception {
        fill(300);
        LogFolder folder = TestNode.folder(home);
        byte[] full = folder.read(new TilePath(0, 0, 256)).orElseThrow();
        byte[] seven = folder.read(new TilePath(0, 0, 7)).orElseThrow();
        assertEquals(7 * 32, seven.length);
        assertArrayEquals(java.util.Arrays.copyOf(full, 7 * 32), seven);
        byte[] entries = folder.read(new TilePath(TilePath.ENTRIES, 0, 3)).orElseThrow();
        assertEquals(3, EntryBundle.parse(entries, 3).size());
        assertEquals(44 * 32, folder.read(new TilePath(0, 1, 44)).orElseThrow().length);
        assertEquals(9 * 32, folder.read(new TilePath(0, 1, 9)).orElseThrow().length);
        assertTrue(folder.read(new TilePath(0, 1, 45)).isEmpty());
        assertTrue(folder.read(new TilePath(0, 1, 256)).isEmpty());
        assertTrue(folder.read(new TilePath(0, 2, 1)).isEmpty());
        assertTrue(folder.read(new TilePath(2, 0, 1)).isEmpty());
    }

    static void deleteRecursively(Path folder) throws Exception {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}

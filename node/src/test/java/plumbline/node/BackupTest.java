package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.verify.Digest;
import plumbline.verify.Expectations;
import plumbline.verify.Trust;
import plumbline.verify.Verdict;
import plumbline.verify.Verifier;

/// Backups as spec/key.md says, put back elsewhere and in their place (K20 to K23).
class BackupTest {

    @TempDir
    Path disk;

    private final FakeModel model = new FakeModel();

    /// A node on a machine of its own: its marks lie in `machine`.
    private Node open(Path home, Path machine) throws Exception {
        Node node = Node.open(home, _ -> model, new Node.Surroundings(
                InstantSource.fixed(TestNode.NOW), new SecureRandom(), Optional.of(machine)));
        Path file = Files.write(disk.resolve("fake.gguf"), new byte[] {1});
        node.models().name(TestNode.MODEL, node.models().add(file, (_, _) -> {}).id());
        return node;
    }

    private static StoredReceipt ask(Node node, long nonce) throws Exception {
        byte[] body = TestNode.chatBody("ping", ",\"nonce\":\"" + TestNode.nonce(nonce).hex() + "\"");
        try (PendingAnswer pending = (PendingAnswer) node.answers().begin(
                TestNode.chat(body), body, node.loadedModels()::get)) {
            return pending.run((_, _) -> true).stored();
        }
    }

    private static void copyFolder(Path from, Path to) throws Exception {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES,
                        StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /// What `sqlite3 node.db ".backup FILE"` does.
    private static void backUp(Path home, Path to) throws Exception {
        Files.createDirectories(to, PosixFilePermissions.asFileAttribute(
                PosixFilePermissions.fromString("rwx------")));
        Files.copy(home.resolve("key"), to.resolve("key"), StandardCopyOption.COPY_ATTRIBUTES);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + home.resolve("node.db"));
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("backup to " + to.resolve("node.db"));
        }
    }

    /// Every one of these receipts is there, and accepted by who pinned the key.
    private static void assertWhole(Node node, List<StoredReceipt> receipts) throws Exception {
        for (StoredReceipt one : receipts) {
            StoredReceipt stored = node.receipts().byId(one.receipt().id()).orElseThrow();
            assertEquals(one.receipt(), stored.receipt());
            assertInstanceOf(Verdict.Accepted.class, Verifier.verify(node.answers().bundle(stored),
                    Expectations.none(), Trust.pinned(one.receipt().node()), Optional.empty()));
        }
    }

    @Test
    void aStoppedNodesFolderGoesOnElsewhere_K20() throws Exception {
        Path home = disk.resolve("home");
        List<StoredReceipt> receipts = new ArrayList<>();
        try (Node node = open(home, disk.resolve("marks"))) {
            for (int i = 0; i < 3; i++) {
                receipts.add(ask(node, i));
            }
        }
        Path other = disk.resolve("other");
        copyFolder(home, other);
        try (Node node = open(other, disk.resolve("other-marks"))) {
            assertWhole(node, receipts);
            receipts.add(ask(node, 3));
            assertEquals(3, receipts.getLast().index());
            assertWhole(node, receipts);
        }
    }

    @Test
    void aBackupOfARunningNodeHoldsAllThatWasAcknowledgedBefore_K21() throws Exception {
        Path home = disk.resolve("home");
        Path backup = disk.resolve("backup");
        List<StoredReceipt> before = new ArrayList<>();
        try (Node node = open(home, disk.resolve("marks"))) {
            for (int i = 0; i < 100; i++) {
                before.add(ask(node, i));
            }
            // More are answered while it is made.
            Thread asking = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 100; !Thread.interrupted(); i++) {
                        ask(node, i);
                    }
                } catch (Exception e) {
                    // Interrupted.
                }
            });
            backUp(home, backup);
            asking.interrupt();
            asking.join();
        }
        // Neither tiles nor checkpoint are there, and it is another machine.
        try (Node node = open(backup, disk.resolve("other-marks"))) {
            assertWhole(node, before);
            assertEquals("rw-------", PosixFilePermissions.toString(
                    Files.getPosixFilePermissions(backup.resolve("node.db"))), "A60: it holds what was asked");
            LogReader reader = new LogReader(backup, node.key().verifierKey());
            reader.read();
            List<Digest> entries = reader.entries();
            assertTrue(entries.size() >= before.size());
            for (StoredReceipt one : before) {
                assertEquals(one.receipt().digest(), entries.get((int) one.index()));
            }
        }
    }

    @Test
    void anOldBackupIsNotSignedOnAndTheNewOneIs_K22() throws Exception {
        Path home = disk.resolve("home");
        Path marks = disk.resolve("marks");
        Path old = disk.resolve("old");
        List<StoredReceipt> receipts = new ArrayList<>();
        try (Node node = open(home, marks)) {
            receipts.add(ask(node, 0));
            backUp(home, old);
            receipts.add(ask(node, 1));
        }
        Path recent = disk.resolve("recent");
        copyFolder(home, recent);
        NodeException e = assertThrows(NodeException.class, () -> open(old, marks).close());
        assertTrue(e.getMessage().contains("2 receipts on this machine"), e.getMessage());
        assertTrue(e.getMessage().contains("Put the newer one back"), e.getMessage());
        try (Node node = open(recent, marks)) {
            assertWhole(node, receipts);
            assertEquals(2, ask(node, 2).index());
        }
    }

    @Test
    void aCopySignsOnlyWhenTheFirstIsClosed_K23() throws Exception {
        Path home = disk.resolve("home");
        Path marks = disk.resolve("marks");
        Path copy = disk.resolve("copy");
        try (Node node = open(home, marks)) {
            ask(node, 0);
            backUp(home, copy);
            for (int attempt = 0; attempt < 2; attempt++) {
                NodeException e = assertThrows(NodeException.class, () -> open(copy, marks).close());
                assertTrue(e.getMessage().contains("another process on this machine signs"), e.getMessage());
            }
            assertEquals(1, ask(node, 1).index());
        }
        try (Node node = open(home, marks)) {
            assertEquals(2, ask(node, 2).index());
        }
        assertThrows(NodeException.class, () -> open(copy, marks).close());
        // A refused start keeps nothing.
        open(home, marks).close();
    }
}

package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// spec/api.md A60; spec/key.md K3.
class DataFolderTest {

    @TempDir
    Path temp;

    @Test
    void createsTheFolderForItsOwnerOnly() throws Exception {
        Path home = temp.resolve("a").resolve("b");
        try (DataFolder folder = DataFolder.open(home)) {
            assertEquals(home, folder.home());
            assertEquals("rwx------",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(home)));
        }
    }

    @Test
    void closesAFolderOfItsOwnThatWasOpenToOthers() throws Exception {
        Path empty = Files.createDirectory(temp.resolve("empty"));
        Path used = Files.createDirectory(temp.resolve("used"));
        Files.createFile(used.resolve("node.db"));
        for (Path home : List.of(empty, used)) {
            Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
            DataFolder.open(home).close();
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(home)));
        }
    }

    @Test
    void leavesAFolderWithOtherThingsAloneButRefusesOneInWhichOthersWrite() throws Exception {
        Path home = Files.createDirectory(temp.resolve("shared"));
        Files.createFile(home.resolve("letters.txt"));
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
        DataFolder.open(home).close();
        assertEquals("rwxr-xr-x", PosixFilePermissions.toString(Files.getPosixFilePermissions(home)));
        for (String permissions : List.of("rwxrwx---", "rwx----w-")) {
            Files.setPosixFilePermissions(home, PosixFilePermissions.fromString(permissions));
            NodeException e = assertThrows(NodeException.class, () -> DataFolder.open(home));
            assertTrue(e.getMessage().contains("chmod go-w"), e.getMessage());
        }
    }

    @Test
    void refusesASecondHolderAndSaysWhatToDo() throws Exception {
        try (DataFolder folder = DataFolder.open(temp)) {
            NodeException e = assertThrows(NodeException.class, () -> DataFolder.open(temp));
            assertTrue(e.getMessage().contains("another plumb command"), e.getMessage());
            folder.announce(new RunningNode("http://127.0.0.1:1234", 77, "ab"));
            e = assertThrows(NodeException.class, () -> DataFolder.open(temp));
            assertTrue(e.getMessage().contains("PLUMB_NODE=http://127.0.0.1:1234"), e.getMessage());
            assertTrue(e.getMessage().contains("77"), e.getMessage());
        }
        DataFolder.open(temp).close();
    }

    @Test
    void refusesWhileAnotherProcessHoldsIt() throws Exception {
        Process holder = ChildJvm.start(HoldFolder.class, temp, temp.toString());
        try {
            assertEquals("held", holder.inputReader().readLine());
            assertThrows(NodeException.class, () -> DataFolder.open(temp));
            assertEquals(Optional.of(new RunningNode("http://127.0.0.1:9", holder.pid(), "t")),
                    DataFolder.runningNode(temp));
        } finally {
            holder.destroyForcibly().waitFor();
        }
        // Killed: the lock is gone with the process, what it announced is stale.
        assertEquals(Optional.empty(), DataFolder.runningNode(temp));
        try (DataFolder folder = DataFolder.open(temp)) {
            assertFalse(Files.exists(folder.home().resolve(RunningNode.FILE)));
        }
    }

    /// Holds a folder until it is killed.
    static final class HoldFolder {
        private HoldFolder() {}

        public static void main(String[] args) throws Exception {
            try (DataFolder folder = DataFolder.open(Path.of(args[0]))) {
                folder.announce(new RunningNode(
                        "http://127.0.0.1:9", ProcessHandle.current().pid(), "t"));
                System.out.println("held");
                Thread.sleep(60_000);
            }
        }
    }

    @Test
    void announcesTheNodeToTheOwnerOnlyAndTakesItBack() throws Exception {
        Path file = temp.resolve(RunningNode.FILE);
        RunningNode node = new RunningNode("http://127.0.0.1:80", 5, "secret");
        try (DataFolder folder = DataFolder.open(temp)) {
            folder.announce(node);
            assertEquals("rw-------",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
            assertEquals(Optional.of(node), DataFolder.runningNode(temp));
        }
        assertFalse(Files.exists(file));
        assertFalse(node.toString().contains("secret"));
    }

    @Test
    void findsNoNodeInAFolderThatIsNotThere() throws Exception {
        assertEquals(Optional.empty(), DataFolder.runningNode(temp.resolve("absent")));
        assertFalse(Files.exists(temp.resolve("absent")));
    }

    @Test
    void takesADamagedAnnouncementForNone() throws Exception {
        try (DataFolder folder = DataFolder.open(temp)) {
            Files.writeString(folder.home().resolve(RunningNode.FILE), "{\"url\":");
            assertEquals(Optional.empty(), DataFolder.runningNode(temp));
            assertThrows(NodeException.class, () -> DataFolder.open(temp));
        }
    }

    @Test
    void refusesAFileInPlaceOfTheFolder() throws Exception {
        Path file = Files.createFile(temp.resolve("file"));
        assertThrows(NodeException.class, () -> DataFolder.open(file));
    }
}

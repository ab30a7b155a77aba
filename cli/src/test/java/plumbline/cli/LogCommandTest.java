package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.Node;
import plumbline.node.NodeServer;

/// spec/log.md L95 to L98; the marks and folders of SECURITY.md.
final class LogCommandTest {

    @TempDir
    Path folder;

    private Path home;
    private Path reader;

    /// A node with three receipts.
    @BeforeEach
    void fill() throws Exception {
        home = folder.resolve("node");
        reader = folder.resolve("reader");
        LogSamples.fill(home, 0, 3);
    }

    private Captured check(String... more) {
        String[] words = {"log", "check", home.toString(), "--data", reader.toString()};
        String[] all = java.util.Arrays.copyOf(words, words.length + more.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        return Captured.run(all);
    }

    private String key() {
        return Captured.run("key", "--data", home.toString()).out().strip();
    }

    @Test
    void findsALogSoundAndRemembersItIfTheKeyIsKnown() throws Exception {
        Captured first = check();
        assertEquals(Exit.DONE, first.code(), first.out() + first.err());
        assertTrue(first.out().contains("SOUND") && first.out().contains("not pinned"), first.out());
        assertTrue(check("--key", key()).out().contains("nothing was remembered"));
        Captured again = check("--key", key());
        assertTrue(again.out().contains("continues the checkpoint that you remember"), again.out());
        LogSamples.fill(home, 3, 260);
        Captured grown = check("--key", key(), "--json");
        assertTrue(grown.out().contains("\"size\":263") && grown.out().contains("\"consistent\":true"), grown.out());
        assertEquals("rwx------", PosixFilePermissions.toString(
                Files.getPosixFilePermissions(reader.resolve("trust"))));
    }

    @Test
    void readsALogOverHttpAsWell() throws Exception {
        Node node = Node.open(home, ModelNames::loadsNothing, Node.Surroundings.system());
        try (NodeServer server = NodeServer.start(node, 0, RequestDefaults.standard())) {
            Captured run = Captured.run("log", "check", server.url(), "--data", reader.toString());
            assertEquals(Exit.DONE, run.code(), run.out() + run.err());
            assertTrue(run.out().contains("entries: 3"), run.out());
        }
        Captured gone = Captured.run("log", "check", "http://127.0.0.1:9", "--data", reader.toString());
        assertEquals(Exit.FAILED, gone.code());
    }

    @Test
    void rejectsALogThatWasSetBackOrRewritten() throws Exception {
        String key = key();
        Path old = folder.resolve("old");
        LogSamples.copy(home, old);
        LogSamples.fill(home, 3, 2);
        assertEquals(Exit.DONE, check("--key", key).code());
        Captured back = Captured.run("log", "check", old.toString(), "--key", key, "--data", reader.toString());
        assertEquals(Exit.REJECTED, back.code());
        assertTrue(back.out().contains("BROKEN: shrunk"), back.out());
        // The old state grows otherwise, past what was seen: where its mark is, it would not start.
        LogSamples.fillWithoutMark(old, 50, 4);
        Captured fork = Captured.run("log", "check", old.toString(), "--key", key, "--data", reader.toString());
        assertEquals(Exit.REJECTED, fork.code());
        assertTrue(fork.out().contains("BROKEN: fork"), fork.out());
    }

    @Test
    void rejectsTilesThatWereChangedAndSignaturesOfOthers() throws Exception {
        String key = key();
        Path tile = home.resolve("log/tile/0/000.p/3");
        byte[] bytes = Files.readAllBytes(tile);
        bytes[40] ^= 1;
        Files.write(tile, bytes);
        Captured changed = check("--key", key);
        assertEquals(Exit.REJECTED, changed.code());
        assertTrue(changed.out().contains("BROKEN: tile"), changed.out());
        LogSamples.fill(folder.resolve("other"), 0, 1);
        String other = Captured.run("key", "--data", folder.resolve("other").toString()).out().strip();
        assertTrue(check("--key", other).out().contains("BROKEN: signature"));
        Files.writeString(home.resolve("log/checkpoint"), "nothing");
        assertTrue(check("--key", key).out().contains("BROKEN: checkpoint"));
    }

    @Test
    void saysWhatToDoWhereThereIsNoLogOrNoSuchCommand() {
        assertEquals(Exit.FAILED, Captured.run("log", "check", folder.resolve("none").toString()).code());
        assertEquals(Exit.USAGE, Captured.run("log", "chek", "x").code());
    }

    @Test
    void printsNoKeyThatTheLogDoesNotKnow() throws Exception {
        byte[] seed = Files.readAllBytes(home.resolve("key"));
        seed[0] ^= 1;
        Files.write(home.resolve("key"), seed);
        Captured swapped = Captured.run("key", "--data", home.toString());
        assertEquals(Exit.FAILED, swapped.code());
        assertTrue(swapped.out().isEmpty() && swapped.err().contains("put the right key file back"), swapped.err());
    }

    @Test
    void noticesAnOldBackupAndTakesTheLatestOne() throws Exception {
        Path monday = folder.resolve("monday");
        LogSamples.copy(home, monday);
        LogSamples.fill(home, 3, 2);
        Path tuesday = folder.resolve("tuesday");
        LogSamples.copy(home, tuesday);
        // The disk dies; the older backup is put back by mistake.
        LogSamples.replace(home, monday);
        Captured refused = Captured.run("receipts", "--data", home.toString());
        assertEquals(Exit.FAILED, refused.code());
        assertTrue(refused.err().contains("had 5 receipts on this machine"), refused.err());
        LogSamples.replace(home, tuesday);
        LogSamples.fill(home, 5, 1);
        assertEquals(Exit.DONE, check("--key", key()).code());
    }
}

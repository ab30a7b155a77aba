package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.Node;
import plumbline.node.NodeServer;
import plumbline.node.StoredReceipt;

/// `plumb key rotate` and `plumb gc`, and what a reader makes of the old receipts (spec/key.md K13, K14;
/// spec/api.md A100, A104).
final class KeyCommandTest {

    @TempDir
    Path folder;

    private Path home;
    private Path reader;
    private String oldKey;
    private Path oldBundle;

    @BeforeEach
    void fill() throws Exception {
        home = folder.resolve("node");
        reader = folder.resolve("reader");
        LogSamples.fill(home, 0, 3);
        oldKey = Captured.run("key", "--data", home.toString()).out().strip();
        oldBundle = bundle(1);
    }

    private Path bundle(int n) throws Exception {
        try (Node node = Node.open(home, ModelNames::loadsNothing, Node.Surroundings.system())) {
            StoredReceipt stored = node.receipts().byId(LogSamples.id(n)).orElseThrow();
            return Files.write(folder.resolve(n + ".bundle"), node.answers().bundle(stored));
        }
    }

    private Captured rotate() {
        return Captured.run("key", "rotate", "--data", home.toString());
    }

    private Captured verify(Path bundle, String... more) {
        String[] words = {"verify", bundle.toString(), "--data", reader.toString()};
        String[] all = java.util.Arrays.copyOf(words, words.length + more.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        return Captured.run(all);
    }

    @Test
    void oldReceiptsVerifyAfterARotationForWhoPinnedEitherKey() throws Exception {
        Captured rotated = rotate();
        assertEquals(Exit.DONE, rotated.code(), rotated.err());
        Path handOver = Files.writeString(folder.resolve("hand-over"), rotated.out());
        String newKey = Captured.run("key", "--data", home.toString()).out().strip();
        assertNotEquals(oldKey, newKey);
        LogSamples.fill(home, 10, 1);
        Path newBundle = bundle(10);
        for (Path bundle : new Path[] {oldBundle, newBundle}) {
            for (String key : new String[] {oldKey, newKey}) {
                Captured run = verify(bundle, "--key", key, "--hand-over", handOver.toString());
                assertEquals(Exit.DONE, run.code(), run.out() + run.err());
            }
        }
        // Without the hand-over nobody vouches for the other key.
        assertEquals(Exit.REJECTED, verify(oldBundle, "--key", newKey).code());
        // In the node's own folder it is at hand.
        assertEquals(Exit.DONE, Captured.run("verify", oldBundle.toString(), "--data", home.toString()).code());
        assertEquals(Exit.DONE,
                Captured.run("verify", LogSamples.id(1).hex(), "--data", home.toString()).code());
        // Pinned with --remember, before there was a second key.
        assertEquals(Exit.DONE, verify(oldBundle, "--key", oldKey, "--remember").code());
        Captured pinned = verify(newBundle, "--hand-over", handOver.toString());
        assertEquals(Exit.DONE, pinned.code(), pinned.out());
        assertTrue(pinned.out().contains("handed over"), pinned.out());
    }

    @Test
    void rejectsAForgedHandOver() throws Exception {
        String text = rotate().out();
        LogSamples.fill(folder.resolve("thief"), 0, 1);
        String thief = Captured.run("key", "--data", folder.resolve("thief").toString()).out().strip();
        String newKey = Captured.run("key", "--data", home.toString()).out().strip();
        Path forged = Files.writeString(folder.resolve("forged"), text.replace(newKey, thief));
        Captured run = verify(oldBundle, "--key", thief, "--hand-over", forged.toString());
        assertEquals(Exit.FAILED, run.code(), run.out());
        assertTrue(run.err().contains("can't be used"), run.err());
    }

    @Test
    void rejectsWhatTheOldKeySignsAfterwards() throws Exception {
        Path thief = folder.resolve("thief");
        LogSamples.copy(home, thief);
        Path handOver = Files.writeString(folder.resolve("hand-over"), rotate().out());
        // Somebody has a copy of the old folder, with its key, and goes on.
        LogSamples.fillWithoutMark(thief, 50, 1);
        Path later;
        try (Node node = Node.open(thief, ModelNames::loadsNothing,
                Node.Surroundings.system().withMarks(folder.resolve("another-machine")))) {
            later = Files.write(folder.resolve("later"), node.answers().bundle(
                    node.receipts().byId(LogSamples.id(50)).orElseThrow()));
        }
        Captured run = verify(later, "--key", oldKey, "--hand-over", handOver.toString());
        assertEquals(Exit.REJECTED, run.code());
        assertTrue(run.out().contains("key-retired"), run.out());
    }

    @Test
    void followsTheOldLogOnTheNodeThatClosedIt() throws Exception {
        LogSamples.fill(home, 3, 2);
        assertEquals(Exit.DONE, verify(oldBundle, "--key", oldKey, "--remember").code());
        rotate();
        LogSamples.fill(home, 10, 1);
        try (NodeServer server = NodeServer.start(
                Node.open(home, ModelNames::loadsNothing, Node.Surroundings.system()), 0,
                RequestDefaults.standard())) {
            Captured run = Captured.run("verify", server.url() + "/v1/receipts/" + LogSamples.id(4).hex(),
                    "--data", reader.toString());
            assertEquals(Exit.DONE, run.code(), run.out() + run.err());
            assertTrue(run.out().contains("consistency: checked"), run.out());
            Captured log = Captured.run("log", "check", server.url() + "/logs/"
                    + oldKey.substring("plumbline/".length(), "plumbline/".length() + 12), "--key", oldKey,
                    "--data", reader.toString());
            assertEquals(Exit.DONE, log.code(), log.out() + log.err());
        }
    }

    @Test
    void rotatesNoKeyThatIsNotThereAndNoneInUse() throws Exception {
        assertEquals(Exit.FAILED, Captured.run("key", "rotate", "--data", folder.resolve("no").toString()).code());
        assertEquals(Exit.USAGE, Captured.run("key", "rotaet", "--data", home.toString()).code());
        try (Node _ = Node.open(home, ModelNames::loadsNothing, Node.Surroundings.system())) {
            assertEquals(Exit.FAILED, rotate().code());
        }
    }

    @Test
    void gcChangesNothingUntilItIsToldTo() throws Exception {
        Path model = Files.write(folder.resolve("m.gguf"), new byte[3_000_000]);
        try (Node node = Node.open(home, ModelNames::loadsNothing, Node.Surroundings.system())) {
            node.models().add(model, (_, _) -> {});
        }
        Captured look = Captured.run("gc", "--older-than", "0", "--data", home.toString(), "--json");
        assertEquals(Exit.DONE, look.code(), look.err());
        assertTrue(look.out().contains("\"applied\":false") && look.out().contains("\"receipts\":3"), look.out());
        assertTrue(Captured.run("verify", LogSamples.id(1).hex(), "--data", home.toString()).code() == Exit.DONE);
        Captured free = Captured.run("gc", "--older-than", "0", "--apply", "--data", home.toString());
        assertEquals(Exit.DONE, free.code(), free.err());
        assertTrue(free.out().contains("no name") && free.out().contains("contents of 3 receipts"), free.out());
        assertFalse(Captured.run("verify", LogSamples.id(1).hex(), "--data", home.toString()).code() == Exit.DONE);
        assertTrue(Captured.run("gc", "--data", home.toString()).out().contains("would free"));
        assertEquals(Exit.DONE, Captured.run("log", "check", home.toString(), "--key", oldKey, "--data",
                reader.toString()).code());
        // Bundles that people keep stay good.
        assertEquals(Exit.DONE, verify(oldBundle, "--key", oldKey).code());
    }
}

package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.Node;
import plumbline.node.NodeServer;

/// A checker that others wrote for logs of this kind (tessera's fsck) reads ours from a running node, by the
/// standard paths (spec/log.md L50 to L57, L76).
@Tag("full")
final class FsckTest {

    private static final String SOUND = "Successfully fsck'd log";

    @TempDir
    Path folder;

    private String fsck(String url, String key) throws Exception {
        Path keyFile = Files.writeString(folder.resolve("key"), key);
        String program = System.getenv().getOrDefault("PLUMB_FSCK", "");
        String cure = "there is no fsck: `./plumb test --full` builds it, with a Go from here or from PyPI";
        assertFalse(program.isEmpty() && "true".equals(System.getenv("CI")), cure);
        assumeFalse(program.isEmpty(), cure);
        Path out = folder.resolve("out");
        Process process = new ProcessBuilder(program, "--storage_url=" + url + "/", "--public_key=" + keyFile,
                "--ui=false").redirectErrorStream(true).redirectOutput(out.toFile()).start();
        process.getOutputStream().close();
        // It goes on for ever where it finds something missing.
        boolean ended = process.waitFor(60, TimeUnit.SECONDS);
        process.destroyForcibly();
        return Files.readString(out) + (ended ? "" : " (it didn't end)");
    }

    @Test
    void findsOurLogSoundAndADamagedOneNot() throws Exception {
        Path home = folder.resolve("node");
        LogSamples.fill(home, 0, 700);
        String key = Captured.run("key", "--data", home.toString()).out().strip();
        try (NodeServer server = NodeServer.start(
                Node.open(home, ModelNames::loadsNothing, Node.Surroundings.system()), 0,
                RequestDefaults.standard())) {
            String out = fsck(server.url(), key);
            assertTrue(out.contains(SOUND), out);
            Path tile = home.resolve("log/tile/entries/001");
            byte[] bytes = Files.readAllBytes(tile);
            bytes[100] ^= 1;
            Files.write(tile, bytes);
            String damaged = fsck(server.url(), key);
            assertFalse(damaged.contains(SOUND), damaged);
        }
        assertEquals(Exit.REJECTED, Captured.run("log", "check", home.toString(), "--key", key, "--data",
                folder.resolve("reader").toString()).code());
    }
}

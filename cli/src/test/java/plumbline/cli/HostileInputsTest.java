package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// What the commands do with pipes, endless files and places that can't be written to.
@Timeout(60)
final class HostileInputsTest {

    private static final Path REPOSITORY = Path.of(System.getProperty("plumbline.repository"));

    @TempDir
    Path folder;

    private static Captured verdict(String input, String subject, Path data) {
        return Captured.runWithInput(input, "verify", subject, "--json", "--data", data.toString());
    }

    @Test
    void verifyReadsStandardInputAndPipes() throws Exception {
        String bundle = Files.readString(REPOSITORY.resolve("vectors/bundle/plain.txt"));
        Captured file = verdict("", REPOSITORY.resolve("vectors/bundle/plain.txt").toString(), folder);
        Captured input = verdict(bundle, "-", folder);
        assertEquals(Exit.REJECTED, input.code(), input.err());
        assertEquals(file.out(), input.out());
        assertTrue(input.out().contains("signer-not-pinned"), input.out());
        Path pipe = folder.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        Thread writer = Thread.startVirtualThread(() -> assertTrue(write(pipe, bundle)));
        assertEquals(file.out(), verdict("", pipe.toString(), folder).out());
        writer.join();
    }

    private static boolean write(Path pipe, String text) {
        try {
            Files.writeString(pipe, text);
            return true;
        } catch (java.io.IOException e) {
            return false;
        }
    }

    @Test
    void verifyReadsNoMoreThanABundleCanHave() throws Exception {
        for (Captured run : new Captured[] {
            verdict("", "/dev/zero", folder), verdict("x".repeat(5 << 20), "-", folder)}) {
            assertEquals(Exit.REJECTED, run.code(), run.err());
            assertTrue(run.out().contains("bundle-too-large"), run.out());
        }
        assertEquals(Exit.REJECTED, verdict("", "-", folder).code());
        assertEquals(Exit.FAILED, Captured.run("verify", folder.toString()).code());
    }

    @Test
    void aReceiptThatCannotBeWrittenIsNoticedBeforeTheQuestion() {
        for (String place : new String[] {folder.toString(), folder.resolve("no/such/folder/b").toString()}) {
            Captured run = Captured.run("run", folder.resolve("absent.gguf").toString(), "-p", "x", "--receipt", place,
                    "--data", folder.resolve("data").toString());
            assertEquals(Exit.FAILED, run.code());
            assertTrue(run.err().contains("--receipt: nothing can be written to"), run.err());
            assertFalse(Files.exists(folder.resolve("data")));
        }
    }

    @Test
    void inspectGivesValuesAsJsonAndNotAsQuotedText() throws Exception {
        // The example of spec/gguf.md.
        Path file = Files.write(folder.resolve("tiny.gguf"), HexFormat.of().parseHex(
                "4747554603000000010000000000000001000000000000000c0000000000000067656e6572616c2e"
                + "6e616d6508000000040000000000000074696e790100000000000000740100000002000000000000"
                + "00010000000000000000000000000000003c00c0"));
        Captured run = Captured.run("inspect", file.toString(), "--json");
        assertEquals(Exit.DONE, run.code(), run.err());
        JsonNode metadata = NodeApi.JSON.readTree(run.out()).path("metadata");
        assertEquals("tiny", metadata.path("general.name").asString());
    }

    @Test
    void publishSaysThatItFollowsNoNodeAddress() throws Exception {
        PublishCommand.checkNode(null, Optional.empty());
        PublishCommand.checkNode("", Optional.empty());
        PublishCommand.checkNode("http://127.0.0.1:8080/",
                Optional.of(new NodeLink("http://127.0.0.1:8080", "t", Optional.empty())));
        Failure failure = assertThrows(Failure.class,
                () -> PublishCommand.checkNode("http://127.0.0.1:8080", Optional.empty()));
        assertTrue(failure.getMessage().contains("PLUMB_NODE is http://127.0.0.1:8080"));
        assertFalse(failure.cure().isEmpty());
    }

    @Test
    void hostileModelFilesAreRefusedAndNothingIsStored() throws Exception {
        byte[] noise = "GGUF\3\0\0\0\377\377\377\377\377\377\377\177".getBytes(StandardCharsets.ISO_8859_1);
        Path file = Files.write(folder.resolve("bad.gguf"), noise);
        Path data = folder.resolve("data");
        Captured run = Captured.run("publish", file.toString(), "--name", "a/b", "--data", data.toString());
        assertEquals(Exit.FAILED, run.code());
        assertTrue(run.err().contains("the tensor count"), run.err());
        assertFalse(Files.exists(data.resolve("models")));
    }
}

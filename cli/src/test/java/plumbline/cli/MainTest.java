package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
    @TempDir
    private Path folder;

    @Test
    void helpGoesToStdoutAndIsCode0() {
        for (List<String> words : List.of(
                List.<String>of(), List.of("--help"), List.of("-h"), List.of("help"))) {
            Captured run = Captured.run(words.toArray(String[]::new));
            assertEquals(Exit.DONE, run.code());
            assertEquals("", run.err());
            for (Verb verb : Verb.values()) {
                assertTrue(run.out().contains(verb.word()), verb.word());
            }
        }
    }

    @Test
    void everyCommandHasHelp() {
        for (Verb verb : Verb.values()) {
            Captured run = Captured.run(verb.word(), "--help");
            assertEquals(Exit.DONE, run.code(), verb.word());
            assertTrue(run.out().startsWith("usage: plumb " + verb.word()), run.out());
            assertEquals(run.out(), Captured.run("help", verb.word()).out());
            assertEquals("", run.err());
        }
    }

    @Test
    void wrongUsageIsCode2AndSaysSoOnStderrOnly() {
        for (List<String> words : List.of(
                List.of("verfiy", "x"),
                List.of("--frobnicate"),
                List.of("help", "nothing"),
                List.of("verify"),
                List.of("verify", "a", "b"),
                List.of("verify", "a", "--frobnicate"),
                List.of("verify", "a", "--key", "not-a-key"),
                List.of("verify", "a", "--model-id", "b179"),
                List.of("verify", "a", "--seed", "1.5"),
                List.of("verify", "a", "--key"),
                List.of("run", "m.gguf"),
                List.of("run", "m.gguf", "-p", "x", "--temperature", "hot"),
                List.of("run", "m.gguf", "-p", "x", "--max-tokens", "0"),
                List.of("run", "m.gguf", "-p", "x", "--nonce", "00"),
                List.of("run", "m.gguf", "-p", "x", "--dry", "--receipt", "r"),
                List.of("chat", "m.gguf", "--top-k", "-1"),
                List.of("chat", "m.gguf", "--min-p", "some"),
                List.of("chat", "m.gguf", "--logit-bias", "the:1"),
                List.of("publish", "m.gguf"),
                List.of("publish", "m.gguf", "--name", "NoNamespace"),
                List.of("perplexity", "m.gguf"),
                List.of("perplexity", "m.gguf", "--text", "t", "--context", "1"),
                List.of("perplexity", "m.gguf", "--text", "t", "--context", "32769"),
                List.of("up", "--port", "65536"),
                List.of("up", "--at-once", "0"),
                List.of("up", "--at-once", "65"),
                List.of("tokenize"),
                List.of("test"))) {
            Captured run = Captured.run(words.toArray(String[]::new));
            assertEquals(Exit.USAGE, run.code(), words + " " + run.err());
            assertEquals("", run.out(), words.toString());
            assertTrue(run.err().startsWith("plumb: "), run.err());
            assertTrue(run.err().contains("See: plumb "), run.err());
        }
    }

    @Test
    void suggestsTheCommandThatWasMeant() {
        assertTrue(Captured.run("verfiy").err().contains("did you mean verify?"));
    }

    @Test
    void whatIsMissingIsCode1() throws IOException {
        Path text = Files.writeString(folder.resolve("t.txt"), "text");
        String gone = folder.resolve("gone").toString();
        String data = folder.resolve("data").toString();
        for (List<String> words : List.of(
                List.of("verify", gone, "--data", data),
                List.of("verify", "0123456789abcdef0123456789abcdef", "--data", data),
                List.of("verify", folder.toString(), "--data", data),
                List.of("verify", "http://127.0.0.1:1/v1/receipts/" + "0123456789abcdef".repeat(2)),
                List.of("verify", "http://127.0.0.1:1/elsewhere"),
                List.of("inspect", gone),
                List.of("inspect", text.toString()),
                List.of("tokenize", gone, "--data", data),
                List.of("tokenize", "ns/name", "--data", data),
                List.of("tokenize", text.toString(), "--data", data),
                List.of("perplexity", gone, "--text", text.toString(), "--data", data),
                List.of("perplexity", text.toString(), "--text", gone, "--data", data),
                List.of("publish", gone, "--name", "ns/name", "--data", data),
                List.of("run", gone, "-p", "x", "--dry", "--data", data))) {
            Captured run = Captured.run(words.toArray(String[]::new));
            assertEquals(Exit.FAILED, run.code(), words + " " + run.err());
            assertEquals("", run.out(), words.toString());
            assertTrue(run.err().startsWith("plumb: "), run.err());
        }
        assertFalse(Files.exists(Path.of(data)), "looking for something must not make a data"
                + " folder");
    }

    @Test
    void aFileThatReadsButIsNoBundleIsCode3() throws IOException {
        byte[] noise = new byte[5000];
        new Random(1).nextBytes(noise);
        for (byte[] bytes : List.of(new byte[0], noise, new byte[5 << 20],
                "plumbline bundle v1\n\n".getBytes(StandardCharsets.UTF_8))) {
            Path file = Files.write(folder.resolve("bundle"), bytes);
            Captured run = Captured.run("verify", file.toString(), "--data", folder.toString());
            assertEquals(Exit.REJECTED, run.code(), run.err());
            assertTrue(run.out().contains("REJECTED: bundle-"), run.out());
            Captured json = Captured.run(
                    "verify", file.toString(), "--data", folder.toString(), "--json");
            assertEquals(Exit.REJECTED, json.code());
            assertEquals("rejected",
                    NodeApi.JSON.readTree(json.out()).path("verdict").asString(""));
        }
    }

    @Test
    void emptyListsAreNoFailure() {
        for (String command : List.of("models", "receipts")) {
            Captured run = Captured.run(command, "--json", "--data", folder.toString());
            assertEquals(Exit.DONE, run.code(), run.err());
            assertEquals("{\"" + command + "\":[]}", run.out().strip());
        }
    }

    @Test
    void keyIsMadeOnceAndStaysTheSame() {
        Captured first = Captured.run("key", "--data", folder.resolve("d").toString());
        Captured again = Captured.run("key", "--data", folder.resolve("d").toString());
        assertEquals(Exit.DONE, first.code(), first.err());
        assertTrue(first.out().startsWith("plumbline/"), first.out());
        assertEquals(first.out(), again.out());
    }
}

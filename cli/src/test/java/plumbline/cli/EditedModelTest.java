package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.Model;
import plumbline.exact.Fixed;
import plumbline.node.Node;
import plumbline.verify.Digest;

/// A node in a process of its own, with the native kernel where there is a C compiler, whose model files are edited
/// and cut while it answers (spec/api.md A62).
@Timeout(300)
final class EditedModelTest {

    private static final Path REPOSITORY = Path.of(System.getProperty("plumbline.repository"));
    private static final String BODY = "{\"model\":\"a/m\",\"temperature\":0,\"stream\":true,\"max_tokens\":12,"
            + "\"messages\":[{\"role\":\"user\",\"content\":\"What is the capital of France?\"}]}";

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();

    private record Up(Process process, URI url) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            process.destroy();
            process.onExit().join();
        }
    }

    private Up up() throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx1g",
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED",
                "-Djava.io.tmpdir=" + folder, "-XX:ErrorFile=" + folder.resolve("hs_err.log"),
                "-Dplumbline.repository=" + REPOSITORY));
        // Built for the first node, which computes; the second one only refuses.
        Path library = folder.resolve("native");
        int built = Files.exists(library) ? 0 : new ProcessBuilder(
                REPOSITORY.resolve("tools/build-native.sh").toString(), library.toString())
                .redirectErrorStream(true).redirectOutput(folder.resolve("cc.log").toFile()).start().waitFor();
        if (built == 0) {
            try (Stream<Path> files = Files.list(library)) {
                command.add("-Dplumbline.native=" + files.findFirst().orElseThrow());
            }
        }
        command.addAll(List.of("-cp", classPath(), "plumbline.cli.Main", "up", "--port", "0", "--data",
                folder.resolve("data").toString()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        if (built == 0) {
            builder.environment().put("PLUMB_KERNEL", "native");
        }
        Process process = builder.start();
        BufferedReader out = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        StringBuilder said = new StringBuilder();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            said.append(line).append('\n');
            String url = line.replaceAll(".*(http://127\\.0\\.0\\.1:[0-9]+).*", "$1");
            if (url.startsWith("http://")) {
                Thread.startVirtualThread(() -> drain(out));
                return new Up(process, URI.create(url));
            }
        }
        throw new AssertionError("the node didn't start: " + said);
    }

    // So that the node never waits for its reader.
    private static void drain(BufferedReader out) {
        try {
            while (out.readLine() != null) {
                // Nothing to do with it.
            }
        } catch (IOException e) {
            // The process has ended.
        }
    }

    static String classPath() {
        Stream<String> folders = Stream.of(Main.class, Node.class, Model.class, Digest.class, Fixed.class)
                .map(type -> Path.of(URI.create(
                        type.getProtectionDomain().getCodeSource().getLocation().toString())).toString());
        Stream<String> jars = EditedModelTest.class.getClassLoader().resources("META-INF/MANIFEST.MF")
                .map(URL::getPath)
                .filter(path -> path.startsWith("file:") && path.contains("!/"))
                .map(path -> Path.of(URI.create(path.substring(0, path.indexOf("!/")))).toString());
        return Stream.concat(folders, jars).distinct().collect(Collectors.joining(File.pathSeparator));
    }

    private HttpRequest request(Up node) {
        return HttpRequest.newBuilder(node.url().resolve("/v1/chat/completions"))
                .header("Content-Type", "application/json").POST(BodyPublishers.ofString(BODY)).build();
    }

    /// The texts of a stream, joined.
    private static String text(String events) {
        assertTrue(events.contains("[DONE]"), events);
        return events.lines().filter(line -> line.startsWith("data: {"))
                .map(line -> NodeApi.JSON.readTree(line.substring(6)).path("choices").path(0).path("delta")
                        .path("content").asString(""))
                .collect(Collectors.joining());
    }

    private String ask(Up node) throws Exception {
        return text(client.send(request(node), BodyHandlers.ofString()).body());
    }

    private static void cut(Path file, long bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(bytes);
        }
    }

    @Test
    void aFileThatIsEditedOrCutWhileItsModelRunsChangesNothing() throws Exception {
        Path original = Files.copy(RealModel.file(), folder.resolve("m.gguf"));
        Captured published = Captured.run("publish", original.toString(), "--name", "a/m", "--data",
                folder.resolve("data").toString());
        assertEquals(Exit.DONE, published.code(), published.err());
        Path cached;
        try (Stream<Path> blobs = Files.list(folder.resolve("data/models/blobs"))) {
            cached = blobs.findFirst().orElseThrow();
        }
        assertEquals("r--------", PosixFilePermissions.toString(Files.getPosixFilePermissions(cached)));
        String receipt;
        try (Up node = up()) {
            HttpResponse<InputStream> streamed = client.send(request(node), BodyHandlers.ofInputStream());
            receipt = streamed.headers().firstValue("plumb-receipt").orElseThrow();
            byte[] first = streamed.body().readNBytes(1);
            Files.write(original, new byte[1 << 20], StandardOpenOption.WRITE);
            cut(original, 4096);
            String answer = text(new String(first, StandardCharsets.UTF_8)
                    + new String(streamed.body().readAllBytes(), StandardCharsets.UTF_8));
            assertEquals("The capital of France is Paris.", answer);
            Files.delete(original);
            assertEquals(answer, ask(node));
            // Where the cached file is gone the model is, and comes back with it.
            Path aside = Files.move(cached, folder.resolve("aside"));
            assertEquals(404, client.send(request(node), BodyHandlers.discarding()).statusCode());
            Files.move(aside, cached);
            assertEquals(answer, ask(node));
        }
        cachedFileCut(cached, receipt);
    }

    /// Against the rules: somebody makes the cached file writable and cuts it. A node that starts then says so, and
    /// what is in the log can still be had.
    private void cachedFileCut(Path cached, String receipt) throws Exception {
        Files.setPosixFilePermissions(cached, PosixFilePermissions.fromString("rw-------"));
        cut(cached, Files.size(cached) - 1);
        try (Up node = up()) {
            HttpResponse<String> refused = client.send(request(node), BodyHandlers.ofString());
            assertEquals(500, refused.statusCode(), refused.body());
            assertTrue(refused.body().contains("when it was hashed: delete it and publish the model again"),
                    refused.body());
            URI bundle = node.url().resolve("/v1/receipts/" + receipt);
            assertEquals(200,
                    client.send(HttpRequest.newBuilder(bundle).build(), BodyHandlers.ofString()).statusCode());
            assertTrue(node.process().isAlive());
        }
    }
}

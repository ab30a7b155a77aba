package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.request.RequestDefaults;
import plumbline.verify.Bundle;
import plumbline.verify.OpenedBundle;

/// A node on a real file system that is full, and then isn't (spec/api.md A66, spec/log.md L94). Mounting one
/// needs root.
@Timeout(120)
class SmallDiskTest {

    @TempDir
    Path disk;

    private final HttpClient client = HttpClient.newHttpClient();
    private NodeServer server;

    @BeforeEach
    void mount() throws Exception {
        boolean isRoot = "root".equals(System.getProperty("user.name"));
        boolean isMounted = isRoot && run("mount", "-t", "tmpfs", "-o", "size=3m", "none", disk.toString()) == 0;
        // Containers often have root without the right to mount; there nothing can be shown.
        assumeTrue(isMounted, "can't mount a small file system: run the tests as root on a machine that may mount");
    }

    @AfterEach
    void unmount() throws Exception {
        if (server != null) {
            server.close();
        }
        client.close();
        run("umount", disk.toString());
    }

    private static int run(String... command) throws Exception {
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    private HttpResponse<String> ask(long n) throws Exception {
        // Each takes a good part of what is left.
        byte[] body = TestNode.chatBody("ping" + " ".repeat(20_000),
                ",\"nonce\":\"" + TestNode.nonce(n).hex() + "\"");
        return client.send(HttpRequest.newBuilder(URI.create(server.url() + ServerFixture.CHAT))
                .header("Content-Type", "application/json").POST(BodyPublishers.ofByteArray(body)).build(),
                BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(server.url() + path)).build(),
                BodyHandlers.ofString());
    }

    @Test
    void stopsAnsweringWhileTheDiskIsFullAndGoesOnByItself() throws Exception {
        FakeModel model = new FakeModel();
        model.contextLength = 100_000;
        Path home = disk.resolve("home");
        server = NodeServer.start(TestNode.open(home, model), 0, RequestDefaults.standard());
        assertEquals(200, ask(0).statusCode());
        Path filler = disk.resolve("filler");
        Files.write(filler, new byte[(int) Math.max(0, Files.getFileStore(disk).getUsableSpace() - 600_000)]);
        List<String> ids = new ArrayList<>();
        long n = 1;
        HttpResponse<String> response = ask(n);
        while (response.statusCode() == 200 && n < 1000) {
            ids.add(ServerFixture.header(response, "plumb-receipt"));
            response = ask(++n);
        }
        assertFalse(ids.isEmpty());
        assertEquals(503, response.statusCode(), response.body());
        assertTrue(response.body().contains("\"log_stopped\""), response.body());
        assertTrue(response.body().contains("that is tried every second"), response.body());
        assertEquals(503, get("/v2/health/ready").statusCode());
        // Nothing is computed in vain, and what was answered is still served.
        int runs = model.runs.get();
        assertEquals(503, ask(5000).statusCode());
        assertEquals(runs, model.runs.get());
        assertWhole(ids);
        Files.delete(filler);
        while (get("/v2/health/ready").statusCode() != 200) {
            Thread.onSpinWait();
        }
        // The same request again: answered now, or at last logged in the meantime.
        HttpResponse<String> again = ask(n);
        assertEquals(200, again.statusCode(), again.body());
        ids.add(ServerFixture.header(again, "plumb-receipt"));
        assertWhole(ids);
        server.close();
        server = NodeServer.start(TestNode.open(home, model), 0, RequestDefaults.standard());
        assertWhole(ids);
        assertEquals(200, ask(6000).statusCode());
    }

    @Test
    void refusesAReadOnlyDiskAndChangesNothingOnIt() throws Exception {
        FakeModel model = new FakeModel();
        Path home = disk.resolve("home");
        TestNode.open(home, model).close();
        byte[] signed = Files.readAllBytes(home.resolve("log/checkpoint"));
        assertEquals(0, run("mount", "-o", "remount,ro", disk.toString()));
        NodeException e = assertThrows(NodeException.class, () -> TestNode.open(home, model).close());
        assertTrue(e.getMessage().contains("Read-only file system"), e.getMessage());
        assertTrue(e.getMessage().contains("--data DIR"), e.getMessage());
        assertEquals(0, run("mount", "-o", "remount,rw", disk.toString()));
        TestNode.open(home, model).close();
        assertEquals(new String(signed), Files.readString(home.resolve("log/checkpoint")));
    }

    private void assertWhole(List<String> ids) throws Exception {
        for (String id : List.of(ids.getFirst(), ids.get(ids.size() / 2), ids.getLast())) {
            HttpResponse<String> bundle = get("/v1/receipts/" + id);
            assertEquals(200, bundle.statusCode(), bundle.body());
            assertTrue(OpenedBundle.open(Bundle.parse(bundle.body().getBytes(StandardCharsets.UTF_8))).isPresent());
        }
    }
}

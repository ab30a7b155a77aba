package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.Node;
import plumbline.node.NodeServer;
import tools.jackson.databind.JsonNode;

/// A node in front of a real llama.cpp server (spec/upstream.md U1 to U10), which `./plumb test --full` builds.
@Tag("full")
@Timeout(300)
final class LlamaServerTest {

    private static final String NAME = "other/smollm2";
    private static final long START_NANOS = 120_000_000_000L;
    private static final long FREE_NANOS = 30_000_000_000L;
    private static final long PAUSE_MILLIS = 50;

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private Process llama;
    private URI llamaUrl;
    private NodeServer server;
    private String data;

    @BeforeEach
    void start() throws Exception {
        String program = RealModel.installed("PLUMB_LLAMA_SERVER", "llama.cpp's llama-server is");
        String model = RealModel.file().toString();
        int port = freePort();
        llama = new ProcessBuilder(program, "-m", model, "--host", "127.0.0.1", "--port", Integer.toString(port),
                "-t", "2", "-np", "1", "-c", "512", "--slots", "--no-cache-prompt").redirectErrorStream(true)
                .redirectOutput(folder.resolve("llama.log").toFile()).start();
        llamaUrl = URI.create("http://127.0.0.1:" + port);
        await(START_NANOS, "llama-server is there", () -> get(llamaUrl.resolve("/health")).statusCode() == 200);
        data = folder.resolve("data").toString();
        Captured published = Captured.run("publish", "--upstream", llamaUrl + "/v1", "--upstream-model", "smollm2",
                "--name", NAME, "--data", data);
        assertEquals(Exit.DONE, published.code(), published.err());
        server = NodeServer.start(Node.open(Path.of(data), ModelNames::loadsNothing, Node.Surroundings.system()), 0,
                RequestDefaults.standard());
    }

    @AfterEach
    void stop() throws Exception {
        if (server != null) {
            server.close();
        }
        if (llama != null) {
            llama.destroyForcibly().waitFor();
        }
        client.close();
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    private interface Happening {
        boolean hasHappened() throws Exception;
    }

    private void await(long nanos, String what, Happening happening) throws Exception {
        long end = System.nanoTime() + nanos;
        while (!has(happening)) {
            assertTrue(llama.isAlive() && System.nanoTime() < end,
                    () -> "it doesn't happen that " + what + ": " + log());
            Thread.sleep(PAUSE_MILLIS);
        }
    }

    private static boolean has(Happening happening) throws Exception {
        try {
            return happening.hasHappened();
        } catch (IOException e) {
            return false; // nobody listens yet
        }
    }

    private String log() {
        try {
            return Files.readString(folder.resolve("llama.log"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private HttpResponse<String> get(URI address) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString());
    }

    private HttpRequest request(String question, String more) {
        return HttpRequest.newBuilder(URI.create(server.url() + "/v1/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body(question, more))).build();
    }

    private static String body(String question, String more) {
        return "{\"model\":\"" + NAME + "\",\"temperature\":0,\"messages\":[{\"role\":\"user\",\"content\":\""
                + question + "\"}]" + more + "}";
    }

    private HttpResponse<String> ask(String question, String more) throws Exception {
        return client.send(request(question, more), BodyHandlers.ofString());
    }

    @Test
    void itsAnswersComeThroughWithReceiptsThatClaimNoMoreThanASignature() throws Exception {
        HttpResponse<String> whole = ask("What is the capital of France?", ",\"max_tokens\":12");
        assertEquals(200, whole.statusCode(), whole.body());
        JsonNode choice = NodeApi.JSON.readTree(whole.body()).path("choices").path(0);
        String text = choice.path("message").path("content").asString("");
        JsonNode direct = NodeApi.JSON.readTree(client.send(HttpRequest.newBuilder(
                llamaUrl.resolve("/v1/chat/completions")).POST(BodyPublishers.ofString(
                        body("What is the capital of France?", ",\"max_tokens\":12"))).build(),
                BodyHandlers.ofString()).body()).path("choices").path(0);
        assertEquals(direct.path("message").path("content").asString("none"), text);
        assertEquals(direct.path("finish_reason").asString("none"), choice.path("finish_reason").asString(""));
        String receipt = whole.headers().firstValue("plumb-receipt").orElseThrow();

        Captured verdict = Captured.run("verify", receipt, "--data", data, "--json");
        assertEquals(Exit.DONE, verdict.code(), verdict.out() + verdict.err());
        assertTrue(verdict.out().contains("\"upstream\""), verdict.out());
        Captured replayed = Captured.run("verify", receipt, "--replay", "--data", data);
        assertEquals(Exit.REJECTED, replayed.code(), replayed.out() + replayed.err());
        assertTrue(replayed.out().contains("replay-impossible"), replayed.out());

        String stream = ask("What is the capital of France?", ",\"max_tokens\":12,\"stream\":true").body();
        StringBuilder pieces = new StringBuilder();
        stream.lines().filter(line -> line.startsWith("data: {")).forEach(line -> pieces.append(NodeApi.JSON
                .readTree(line.substring(6)).path("choices").path(0).path("delta").path("content").asString("")));
        assertEquals(text, pieces.toString());
        assertTrue(stream.endsWith("data: [DONE]\n\n"), stream);
    }

    @Test
    void limitsAndRefusalsAreItsOwn() throws Exception {
        HttpResponse<String> cut = ask("Count to a hundred.", ",\"max_tokens\":5");
        assertEquals("length", NodeApi.JSON.readTree(cut.body()).path("choices").path(0).path("finish_reason")
                .asString(""), cut.body());
        HttpResponse<String> stopped = ask("Count to twenty: 1, 2, 3,", ",\"max_tokens\":40,\"stop\":[\"7\"]");
        assertEquals(200, stopped.statusCode(), stopped.body());
        assertTrue(!NodeApi.JSON.readTree(stopped.body()).path("choices").path(0).path("message").path("content")
                .asString("7").contains("7"), stopped.body());
        HttpResponse<String> tooLong = ask("word ".repeat(2000), ",\"max_tokens\":5");
        assertEquals(400, tooLong.statusCode(), tooLong.body());
        assertTrue(tooLong.body().contains("upstream_refused"), tooLong.body());
        llama.destroyForcibly().waitFor();
        HttpResponse<String> gone = ask("Hello?", "");
        assertEquals(502, gone.statusCode(), gone.body());
        assertTrue(gone.body().contains("upstream_failed"), gone.body());
    }

    @Test
    void aCallerWhoGoesFreesItsSlot() throws Exception {
        HttpResponse<InputStream> stream = client.send(
                request("Tell a very long story.", ",\"max_tokens\":400,\"stream\":true"),
                BodyHandlers.ofInputStream());
        assertEquals(200, stream.statusCode());
        try (InputStream body = stream.body()) {
            assertTrue(body.readNBytes(400).length > 0);
        }
        await(FREE_NANOS, "the slot is free", () -> !get(llamaUrl.resolve("/slots")).body()
                .replace(" ", "").contains("\"is_processing\":true"));
        assertEquals(200, ask("Hello?", ",\"max_tokens\":3").statusCode());
    }
}

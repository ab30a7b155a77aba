package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.api.ConnectionLimits;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A running server with a fake model behind it, one for each test, and ways to talk to it.
@Timeout(120)
abstract class ServerFixture {

    static final ServingLimits LIMITS = new ServingLimits(1, 2, Duration.ZERO);
    static final String CHAT = "/v1/chat/completions";
    static final JsonMapper JSON = JsonMapper.builder().build();

    private static final long PATIENCE_NANOS = 60_000_000_000L;
    private static final long PAUSE_MILLIS = 5;

    private static final Pattern LENGTH =
            Pattern.compile("(?is)content-length: ?([0-9]+)\r\n.*?\r\n\r\n");

    @TempDir
    Path home;

    final FakeModel model = new FakeModel();
    final HttpClient client = HttpClient.newHttpClient();
    NodeServer server;

    ConnectionLimits limits() {
        return ConnectionLimits.ofThisMachine();
    }

    @BeforeEach
    void start() throws Exception {
        server = NodeServer.start(TestNode.open(home, model), 0, RequestDefaults.standard(), LIMITS, limits());
    }

    @AfterEach
    void stop() throws Exception {
        model.gate.countDown();
        server.close();
        client.close();
    }

    HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(server.url() + path));
    }

    HttpResponse<String> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = to(path);
        return client.send(headers.length == 0 ? request.build() : request.headers(headers).build(),
                BodyHandlers.ofString());
    }

    HttpResponse<String> post(String path, byte[] body, String... headers) throws Exception {
        HttpRequest.Builder request = to(path).header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(body));
        return client.send(headers.length == 0 ? request.build() : request.headers(headers).build(),
                BodyHandlers.ofString());
    }

    HttpResponse<String> ask(String more) throws Exception {
        return post(CHAT, TestNode.chatBody("ping", more));
    }

    /// Something that the server does in its own time, after the client has its answer or has gone.
    interface Happening {
        boolean hasHappened() throws Exception;
    }

    /// Waits for it; a slow machine may take its time.
    static void await(String what, Happening happening) throws Exception {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!happening.hasHappened()) {
            assertTrue(System.nanoTime() < end, "it doesn't happen that " + what);
            Thread.sleep(PAUSE_MILLIS);
        }
    }

    /// Waits until so many requests stand in the line.
    void awaitWaiting(int count) throws Exception {
        await(count + " requests wait",
                () -> get("/metrics").body().contains("\nplumbline_answers_waiting " + count + "\n"));
    }

    static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    /// Sends bytes as they are, for what a client library wouldn't send.
    String raw(String request) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", URI.create(server.url()).getPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            StringBuilder answer = new StringBuilder();
            byte[] bytes = new byte[8192];
            // The head says how much follows; the server may keep the connection open.
            for (int wanted = Integer.MAX_VALUE; answer.length() < wanted;) {
                int count = socket.getInputStream().read(bytes);
                if (count < 0) {
                    break;
                }
                answer.append(new String(bytes, 0, count, StandardCharsets.ISO_8859_1));
                Matcher length = LENGTH.matcher(answer);
                if (length.find()) {
                    wanted = length.end() + Integer.parseInt(length.group(1));
                }
            }
            return answer.toString();
        }
    }

    String rawGet(String path, String... headers) throws Exception {
        return raw("GET " + path + " HTTP/1.1\r\nConnection: close\r\n"
                + String.join("\r\n", headers) + "\r\n\r\n");
    }

    void assertError(HttpResponse<String> response, int status, String code) {
        assertEquals(status, response.statusCode(), response.body());
        JsonNode error = JSON.readTree(response.body()).path("error");
        assertFalse(error.path("message").asString().isEmpty());
        assertTrue(error.has("type") && error.has("param"));
        assertEquals(code, error.path("code").asString(""));
        assertEquals("application/json", header(response, "Content-Type"));
    }
}

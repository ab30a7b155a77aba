package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.node.api.ConnectionLimits;

/// Connections that are slow, endless, many or no HTTP: each ends with the right status or is closed, what it
/// holds is bounded, and others are served meanwhile (spec/api.md A90-A95).
class HostileConnectionsTest extends ServerFixture {

    private static final String HEAD = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/json\r\n";

    // Short waits, so that the test needs none of its own, but longer than a busy machine stands still.
    @Override
    ConnectionLimits limits() {
        return new ConnectionLimits(20_000, 1_500, 1_500, 1_500, 4 << 20, 64 << 20);
    }

    /// On a connection of its own: the client's library doesn't ask again where one that it has kept was closed.
    private int answered() throws Exception {
        byte[] body = TestNode.chatBody("ping", "");
        String answer = raw(HEAD + "Connection: close\r\nContent-Length: " + body.length + "\r\n\r\n"
                + new String(body, StandardCharsets.UTF_8));
        assertTrue(answer.startsWith("HTTP/1.1 "), answer);
        return Integer.parseInt(answer.substring(9, 12));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private int port() {
        return URI.create(server.url()).getPort();
    }

    private static void assertRefused(String answer, int status, String code) {
        assertTrue(answer.startsWith("HTTP/1.1 " + status), answer);
        assertTrue(answer.toLowerCase().contains("content-type: application/json"), answer);
        assertEquals(code, JSON.readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4))
                .path("error").path("code").asString(), answer);
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "zz\r\n{}\r\n0\r\n\r\n", "\r\n", "-1\r\nx\r\n0\r\n\r\n", "2\r\n{}\r\n0\r\ntrailer: x\r\n\r\n",
            "2\n{}\n0\n\n", "fffffffff\r\n", "1 \r\nx\r\n"})
    void answersAMalformedChunkedBody(String body) throws Exception {
        assertRefused(raw(HEAD + "Transfer-Encoding: chunked\r\n\r\n" + body), 400, "request_malformed");
        assertEquals(200, answered());
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "Content-Length: x\r\n\r\n{}", "Content-Length: -1\r\n\r\n{}",
            "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            "Transfer-Encoding: identity\r\n\r\n{}", "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
            "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", "bad header\r\n\r\n", "a: b\nc: d\r\n\r\n"})
    void answersHeadersThatContradictThemselves(String rest) throws Exception {
        assertRefused(raw(HEAD + rest), 400, "request_malformed");
        assertEquals(200, answered());
    }

    @Test
    void answersWhatIsNoHttp11InTheShapeOfEveryError() throws Exception {
        assertRefused(raw("GET /v1/models HTTP/1.0\r\n\r\n"), 505, "request_malformed");
        assertRefused(raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400, "request_malformed");
        assertRefused(raw("hello\r\n\r\n"), 400, "request_malformed");
        assertRefused(raw("G\u00e9T / HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400, "request_malformed");
        assertRefused(raw("\r\n\r\n"), 400, "request_malformed");
        assertRefused(raw("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\r\n"), 400, "request_malformed");
        assertRefused(raw("GET /" + "x".repeat(5000) + " HTTP/1.1\r\n\r\n"), 414, "request_malformed");
        assertRefused(raw("GET /v1/models HTTP/1.1\r\na: " + "x".repeat(20_000) + "\r\n\r\n"), 400,
                "request_malformed");
        // An upgrade to HTTP/2 or a WebSocket isn't there: the request is answered as it stands.
        for (String upgrade : List.of(
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
                "Connection: Upgrade\r\nUpgrade: websocket\r\n")) {
            String answer = raw("GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n" + upgrade + "\r\n");
            assertTrue(answer.startsWith("HTTP/1.1 200"), answer);
        }
    }

    /// A body that is made while it is sent.
    private static InputStream zeros(long count) {
        return new InputStream() {
            private long left = count;

            @Override
            public int read() {
                return left-- > 0 ? 0 : -1;
            }

            @Override
            public int read(byte[] bytes, int from, int length) {
                int now = (int) Math.min(length, left);
                left -= now;
                return now == 0 ? -1 : now;
            }
        };
    }

    @Test
    void refusesAHundredMegabytesAndTheCallerSeesWhy() throws Exception {
        long size = 100_000_000;
        for (boolean announced : new boolean[] {true, false}) {
            HttpResponse<String> response = client.send(to(CHAT).header("Content-Type", "application/json")
                    .POST(announced
                            ? BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(() -> zeros(size)), size)
                            : BodyPublishers.ofInputStream(() -> zeros(size)))
                    .build(), BodyHandlers.ofString());
            assertError(response, 413, "request_too_large");
        }
        assertRefused(raw(HEAD + "Content-Length: 999999999999999999\r\n\r\n"), 413, "request_too_large");
        assertRefused(raw(HEAD + "Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n"), 413, "request_too_large");
        // A chunk's size that never ends is held no longer than any other request.
        assertRefused(raw(HEAD + "Transfer-Encoding: chunked\r\n\r\n" + "0".repeat(5_000_000)), 413,
                "request_too_large");
        assertEquals(200, answered());
    }

    /// Sends a byte now and then until the server has closed.
    private boolean drip(String request) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", port())) {
            socket.setSoTimeout(50);
            byte[] bytes = bytes(request);
            for (int i = 0; ; i++) {
                if (i < bytes.length - 1) {
                    socket.getOutputStream().write(bytes[i]);
                }
                try {
                    if (socket.getInputStream().read() < 0) {
                        break;
                    }
                } catch (java.net.SocketTimeoutException e) {
                    assertTrue(rawGet("/v2/health/live", "Host: localhost").startsWith("HTTP/1.1 200"));
                }
            }
        } catch (SocketException e) {
            // Closed with a reset, which is as good.
        }
        return true;
    }

    @Test
    void closesConnectionsThatSendAByteAtATime() throws Exception {
        List<Callable<Boolean>> drips = List.of(
                () -> drip(""),
                () -> drip("GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                () -> drip(HEAD + "Content-Length: 1000\r\n\r\n" + " ".repeat(1000)),
                () -> drip(HEAD + "Transfer-Encoding: chunked\r\n\r\n" + "1\r\n \r\n".repeat(200)));
        try (ExecutorService together = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Boolean> drip : together.invokeAll(drips)) {
                assertTrue(drip.get());
            }
        }
        try (Socket socket = new Socket("127.0.0.1", port())) {
            socket.getOutputStream().write(bytes(HEAD + "Content-Length: 1000\r\n\r\n{"));
            assertEquals(-1, socket.getInputStream().read());
        }
        assertEquals(200, answered());
        // A connection gives back what it held a moment after it was closed; the test's time limit ends this.
        while (server.connections().heldCost() != 0) {
            Thread.onSpinWait();
        }
    }

    @Test
    void endsAnAnswerWhoseReaderStandsStill() throws Exception {
        model.lengthTokens = 1_000_000;
        model.contextLength = 2_000_000;
        String body = new String(TestNode.chatBody("ping", ",\"stream\":true,\"max_tokens\":1000000"),
                StandardCharsets.UTF_8);
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(4096);
            socket.connect(new java.net.InetSocketAddress("127.0.0.1", port()));
            OutputStream out = socket.getOutputStream();
            out.write(bytes(HEAD + "Content-Length: " + body.length() + "\r\n\r\n" + body));
            // Nothing is read. The next answer must wait for the end of this one, so it must end.
            model.lengthTokens = 4;
            assertEquals(200, answered());
        }
    }

    @Test
    void boundsWhatRequestsHoldTogether() throws Exception {
        List<Socket> sockets = new ArrayList<>();
        try {
            int refused = 0;
            // 80 x 1 MiB less a byte: more than the 64 MiB that this node gives them.
            for (int i = 0; i < 80; i++) {
                Socket socket = new Socket("127.0.0.1", port());
                sockets.add(socket);
                try {
                    socket.getOutputStream().write(bytes(
                            HEAD + "Content-Length: 1048576\r\n\r\n" + " ".repeat(1048575)));
                } catch (IOException e) {
                    refused++;
                }
                assertTrue(server.connections().heldCost() <= (64 << 20) + 80 * 9000);
            }
            for (Socket socket : sockets) {
                refused += refused(socket) ? 1 : 0;
            }
            assertTrue(refused > 0);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        assertEquals(200, answered());
    }

    private static boolean refused(Socket socket) {
        try {
            socket.setSoTimeout(10_000);
            byte[] head = socket.getInputStream().readNBytes(12);
            return new String(head, StandardCharsets.ISO_8859_1).equals("HTTP/1.1 503");
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void servesOthersBesideAThousandIdleConnectionsAndClosesThese() throws Exception {
        beside(1_000);
    }

    private void beside(int count) throws Exception {
        List<Socket> idle = new ArrayList<>();
        Runtime runtime = Runtime.getRuntime();
        try {
            for (int i = 0; i < count; i++) {
                idle.add(new Socket("127.0.0.1", port()));
                if (i % 1000 == 999) {
                    assertEquals(200, answered());
                }
            }
            long usedBytes = runtime.totalMemory() - runtime.freeMemory();
            System.out.println(count + " connections were opened; heap in use " + (usedBytes >> 20) + " MiB, "
                    + server.connections().count() + " open now");
            for (Socket socket : idle) {
                assertEquals(-1, socket.getInputStream().read());
            }
        } finally {
            for (Socket socket : idle) {
                socket.close();
            }
        }
        assertEquals(200, answered());
    }

    @Test
    void keepsAConnectionForTheNextRequest() throws Exception {
        try (Socket socket = new Socket("127.0.0.1", port())) {
            socket.setSoTimeout(20_000);
            for (int i = 0; i < 3; i++) {
                socket.getOutputStream().write(bytes("GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"));
                StringBuilder answer = new StringBuilder();
                while (!answer.toString().endsWith("{\"live\":true}")) {
                    answer.append((char) socket.getInputStream().read());
                }
                assertTrue(answer.toString().startsWith("HTTP/1.1 200"));
            }
        }
        assertFalse(server.connections().count() > 1);
    }

    @Test
    void limitsFitTheMachine() {
        ConnectionLimits limits = ConnectionLimits.ofThisMachine();
        assertTrue(limits.connectionsMax() >= 16 && limits.connectionsMax() <= 16_384);
        assertTrue(limits.heldCostMax() <= Runtime.getRuntime().maxMemory() / 4);
        assertTrue(limits.requestCostMax() > 1 << 20);
    }
}

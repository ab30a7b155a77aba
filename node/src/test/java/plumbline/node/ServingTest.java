package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import plumbline.engine.request.RequestDefaults;
import plumbline.verify.StopReason;

/// What many callers at once, those who go away, and a stop do to each other (spec/api.md A25, A26, A38, A39).
class ServingTest extends ServerFixture {

    private void restart(ServingLimits limits) throws Exception {
        server.close();
        server = NodeServer.start(TestNode.open(home, model), 0, RequestDefaults.standard(), limits);
    }

    /// Sends a request and doesn't wait for its answer.
    private Socket send(String more) throws Exception {
        Socket socket = new Socket("127.0.0.1", URI.create(server.url()).getPort());
        byte[] body = TestNode.chatBody("ping", more);
        socket.getOutputStream().write(("POST " + CHAT + " HTTP/1.1\r\nHost: localhost\r\n"
                + "Content-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().write(body);
        return socket;
    }

    private void untilRuns(int count) throws InterruptedException {
        while (model.runs.get() < count) {
            Thread.sleep(1);
        }
    }

    @Test
    void aCallerWhoGoesAwayFreesTheModelThoughNothingWasSentToHim() throws Exception {
        model.lengthTokens = 1_000_000;
        model.contextLength = 2_000_000;
        model.pauseNanos = 1_000_000;
        try (Socket gone = send(",\"max_tokens\":1000000")) {
            untilRuns(1);
            assertFalse(gone.isClosed());
        }
        // With one place this one runs when the other has ended.
        assertEquals(200, ask(",\"max_tokens\":2").statusCode());
        // Its place was free before its receipt was written.
        await("the one who has gone has his receipt", () -> server.node().receipts().latest(10).stream()
                .anyMatch(receipt -> receipt.stop() == StopReason.CANCELLED));
    }

    /// What is read ahead during the first of them is still waited for during the second.
    @Test
    void aCallerWhoSendsTwoRequestsAtOnceAndGoesIsMissedInTheSecond() throws Exception {
        model.lengthTokens = 1_000_000;
        model.contextLength = 2_000_000;
        model.pauseNanos = 1_000_000;
        StringBuilder both = new StringBuilder();
        for (int tokens : new int[] {2, 1_000_000}) {
            String body = new String(TestNode.chatBody("ping", ",\"max_tokens\":" + tokens), StandardCharsets.UTF_8);
            both.append("POST ").append(CHAT).append(" HTTP/1.1\r\nHost: localhost\r\n")
                    .append("Content-Type: application/json\r\n")
                    .append("Content-Length: ").append(body.length()).append("\r\n\r\n").append(body);
        }
        try (Socket gone = new Socket("127.0.0.1", URI.create(server.url()).getPort())) {
            gone.getOutputStream().write(both.toString().getBytes(StandardCharsets.ISO_8859_1));
            untilRuns(2);
        }
        assertEquals(200, ask(",\"max_tokens\":2").statusCode());
    }

    @Test
    void aCallerWhoGoesAwayWhileWaitingLeavesTheLine() throws Exception {
        model.gate = new CountDownLatch(1);
        try (Socket running = send("")) {
            untilRuns(1);
            Socket first = send("");
            Socket second = send("");
            awaitWaiting(2);
            assertEquals(429, ask("").statusCode());
            first.close();
            second.close();
            awaitWaiting(0);
            List<Socket> others = List.of(send(""), send(""));
            awaitWaiting(2);
            model.gate.countDown();
            for (Socket other : others) {
                assertTrue(new String(other.getInputStream().readNBytes(15), StandardCharsets.ISO_8859_1)
                        .startsWith("HTTP/1.1 200"));
                other.close();
            }
            assertTrue(running.isConnected());
        }
        assertEquals(3, model.runs.get(), "those who left never ran");
    }

    @Test
    void answersGoOnBesideReadersWhoDoNotRead() throws Exception {
        restart(new ServingLimits(2, 50, Duration.ZERO));
        List<Socket> slow = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            slow.add(send(",\"stream\":true"));
        }
        for (int i = 0; i < 20; i++) {
            assertEquals(200, ask(",\"stream\":true").statusCode());
        }
        untilRuns(40);
        for (Socket socket : slow) {
            socket.close();
        }
    }

    @Test
    void aStopLetsWhatRunsFinishAndRefusesTheRest() throws Exception {
        restart(new ServingLimits(1, 5, Duration.ofSeconds(20)));
        model.gate = new CountDownLatch(1);
        List<HttpResponse<String>> responses = new ArrayList<>();
        Thread running = Thread.startVirtualThread(() -> quietly(responses));
        untilRuns(1);
        Socket waiting = send("");
        waiting.setSoTimeout(20_000);
        Thread stopping = Thread.startVirtualThread(() -> {
            try {
                server.close();
            } catch (NodeException e) {
                throw new IllegalStateException(e);
            }
        });
        InputStream refused = waiting.getInputStream();
        assertTrue(new String(refused.readNBytes(12), StandardCharsets.ISO_8859_1).endsWith("503"));
        model.gate.countDown();
        running.join();
        stopping.join();
        waiting.close();
        assertEquals(200, responses.getFirst().statusCode());
        assertTrue(responses.getFirst().body().contains("pong pong pong pong"));
        server = NodeServer.start(TestNode.open(home, model), 0, RequestDefaults.standard(), LIMITS);
        assertEquals(StopReason.END, server.node().receipts().latest(1).getFirst().stop());
    }

    private void quietly(List<HttpResponse<String>> responses) {
        try {
            responses.add(ask(""));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}

package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import plumbline.engine.request.RequestDefaults;
import plumbline.verify.Bundle;
import plumbline.verify.OpenedBundle;
import plumbline.verify.StopReason;
import tools.jackson.databind.JsonNode;

/// The endpoints over real HTTP, with a fake model behind them (spec/api.md A1, A2, A20-A26,
/// A47, A50).
class NodeServerTest extends ServerFixture {

    @Test
    void isLiveAndReady() throws Exception {
        assertEquals(200, get("/v2/health/live").statusCode());
        assertEquals(200, get("/v2/health/ready").statusCode());
    }

    @Test
    void listsModels() throws Exception {
        JsonNode list = JSON.readTree(get("/v1/models").body());
        assertEquals("list", list.path("object").asString());
        JsonNode one = list.path("data").get(0);
        assertEquals(TestNode.MODEL, one.path("id").asString());
        assertEquals(FakeModel.ID.toString(), one.path("model_id").asString());
        for (String path : List.of("test/fake", "test%2Ffake", FakeModel.ID.toString())) {
            assertEquals(200, get("/v1/models/" + path).statusCode(), path);
        }
        assertError(get("/v1/models/no/such"), 404, "model_not_found");
        assertError(get("/v1/models/..%2f..%2fkey"), 404, "model_not_found");
    }

    @Test
    void answersWithReceiptInHeaderAndBody() throws Exception {
        HttpResponse<String> response = ask("");
        assertEquals(200, response.statusCode(), response.body());
        JsonNode json = JSON.readTree(response.body());
        assertEquals("chat.completion", json.path("object").asString());
        assertEquals(TestNode.MODEL, json.path("model").asString());
        assertEquals(FakeModel.ID + "+plumbline-exact-1", json.path("system_fingerprint").asString());
        JsonNode choice = json.path("choices").get(0);
        assertEquals("assistant", choice.path("message").path("role").asString());
        assertEquals("pong pong pong pong ", choice.path("message").path("content").asString());
        assertEquals("stop", choice.path("finish_reason").asString());
        assertEquals(4, json.path("usage").path("prompt_tokens").asInt());
        assertEquals(5, json.path("usage").path("completion_tokens").asInt());
        assertEquals(9, json.path("usage").path("total_tokens").asInt());
        assertEquals("fake", json.path("kernel").asString());
        String id = header(response, "plumb-receipt");
        assertTrue(id.matches("[0-9a-f]{32}"), id);
        assertEquals(id, json.path("receipt").asString());
        assertTrue(header(response, "plumb-nonce").matches("[0-9a-f]{64}"));
        String secret = header(response, "plumb-receipt-secret");
        assertTrue(secret.matches("[0-9a-f]{64}"));
        assertFalse(response.body().contains(secret));
    }

    @Test
    void answersARawPrompt() throws Exception {
        JsonNode json = JSON.readTree(post("/v1/completions",
                "{\"model\":\"test/fake\",\"prompt\":\"ping\",\"max_tokens\":2}"
                        .getBytes(StandardCharsets.UTF_8)).body());
        assertEquals("text_completion", json.path("object").asString());
        assertEquals("pong pong ", json.path("choices").get(0).path("text").asString());
        assertEquals("length", json.path("choices").get(0).path("finish_reason").asString());
    }

    @Test
    void streamsChunksAndEndsWithReceiptAndDone() throws Exception {
        HttpResponse<String> response =
                ask(",\"stream\":true,\"stream_options\":{\"include_usage\":true}");
        assertEquals("text/event-stream", header(response, "Content-Type"));
        List<String> events = List.of(response.body().split("\n\n"));
        assertEquals("data: [DONE]", events.getLast());
        List<JsonNode> chunks = events.subList(0, events.size() - 1).stream()
                .map(event -> JSON.readTree(event.substring("data: ".length()))).toList();
        StringBuilder text = new StringBuilder();
        for (JsonNode chunk : chunks) {
            assertEquals("chat.completion.chunk", chunk.path("object").asString());
            if (!chunk.path("choices").isEmpty()) {
                text.append(chunk.path("choices").get(0).path("delta").path("content").asString(""));
            }
        }
        assertEquals("pong pong pong pong ", text.toString());
        assertEquals("assistant",
                chunks.getFirst().path("choices").get(0).path("delta").path("role").asString());
        JsonNode last = chunks.get(chunks.size() - 2);
        assertEquals("stop", last.path("choices").get(0).path("finish_reason").asString());
        assertEquals(header(response, "plumb-receipt"), last.path("receipt").asString());
        assertEquals(9, chunks.getLast().path("usage").path("total_tokens").asInt());
        assertEquals(0, chunks.getLast().path("choices").size());
    }

    /// A27.
    @Test
    void givesTheTokenIdsBesideTheTextWhereTheyAreAskedFor() throws Exception {
        String more = ",\"plumbline\":{\"tokens\":true}";
        JsonNode whole = JSON.readTree(ask(more).body()).path("choices").get(0).path("plumbline");
        assertEquals("[300,301,302,303,0]", whole.path("tokens").toString());
        assertEquals("pong pong pong pong ", whole.path("text").asString());
        StringBuilder text = new StringBuilder();
        List<Integer> ids = new ArrayList<>();
        for (String event : ask(more + ",\"stream\":true").body().split("\n\n")) {
            if (!event.endsWith("[DONE]")) {
                JsonNode part = JSON.readTree(event.substring("data: ".length()))
                        .path("choices").get(0).path("plumbline");
                part.path("tokens").forEach(id -> ids.add(id.asInt()));
                text.append(part.path("text").asString(""));
            }
        }
        assertEquals(List.of(300, 301, 302, 303, 0), ids);
        assertEquals("pong pong pong pong ", text.toString());
        assertFalse(ask("").body().contains("tokens\":["));
    }

    @Test
    void sendsTheReceiptIdBeforeTheFirstToken() throws Exception {
        model.gate = new CountDownLatch(1);
        HttpResponse<InputStream> response = client.send(
                to(CHAT).header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofByteArray(TestNode.chatBody("ping", ",\"stream\":true")))
                        .build(),
                BodyHandlers.ofInputStream());
        String id = header(response, "plumb-receipt");
        assertEquals(32, id.length());
        assertEquals(404, get("/v1/receipts/" + id).statusCode());
        model.gate.countDown();
        String body = new String(response.body().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(body.contains(id));
        assertEquals(200, get("/v1/receipts/" + id).statusCode());
    }

    /// Ten seconds at least, if nobody ends it.
    private void answerSlowly() {
        model.lengthTokens = 100_000;
        model.contextLength = 1_000_000;
        model.pauseNanos = 100_000;
    }

    @Test
    void keepsTheReceiptOfAStreamWhoseReaderWentAway() throws Exception {
        answerSlowly();
        String id;
        try (HttpClient leaving = HttpClient.newHttpClient()) {
            HttpResponse<InputStream> response = leaving.send(
                    to(CHAT).header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofByteArray(TestNode.chatBody(
                                    "ping", ",\"stream\":true,\"max_tokens\":100000")))
                            .build(),
                    BodyHandlers.ofInputStream());
            id = header(response, "plumb-receipt");
            response.body().readNBytes(2000);
            response.body().close();
        }
        // The next answer has to wait for the end of that one, so that one must end.
        assertEquals(200, ask(",\"max_tokens\":3").statusCode());
        // The place was free before the receipt was written.
        await("the receipt is in the log", () -> get("/v1/receipts/" + id).statusCode() == 200);
        HttpResponse<String> bundle = get("/v1/receipts/" + id);
        OpenedBundle opened = OpenedBundle.open(
                Bundle.parse(bundle.body().getBytes(StandardCharsets.UTF_8))).orElseThrow();
        assertEquals(StopReason.CANCELLED, opened.receipt().stop());
    }

    @Test
    void repeatsTheAnswerOfANonceAndRefusesAnotherRequest() throws Exception {
        String nonce = ",\"nonce\":\"" + "ab".repeat(32) + "\"";
        HttpResponse<String> first = ask(nonce);
        HttpResponse<String> again = ask(nonce);
        assertEquals(header(first, "plumb-receipt"), header(again, "plumb-receipt"));
        assertEquals(header(first, "plumb-receipt-secret"), header(again, "plumb-receipt-secret"));
        assertEquals("ab".repeat(32), header(again, "plumb-nonce"));
        assertTrue(again.body().contains("pong pong pong pong "));
        assertEquals(1, model.runs.get());
        HttpResponse<String> other = ask(nonce + ",\"stream\":true");
        assertError(other, 409, "nonce_reused");
        assertEquals("false", header(other, "x-should-retry"));
    }

    @Test
    void refusesBadRequestsInOpenAisShape() throws Exception {
        HttpResponse<String> response = ask(",\"verbosity\":\"low\"");
        assertError(response, 400, "");
        assertEquals("verbosity", JSON.readTree(response.body()).path("error").path("param").asString());
        assertError(post(CHAT, new byte[0]), 400, "");
        assertError(post(CHAT, new byte[] {(byte) 0xff}), 400, "");
        byte[] unknown = "{\"model\":\"no/such\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
                .getBytes(StandardCharsets.UTF_8);
        assertError(post(CHAT, unknown), 404, "model_not_found");
        assertError(ask(",\"max_tokens\":100000"), 400, "context_length_exceeded");
        assertEquals(0, server.node().receipts().size());
    }

    @Test
    void refusesBodiesThatAreNotSaidToBeJson() throws Exception {
        // A foreign web page can send these three without asking the browser; JSON it can't.
        for (String type : List.of("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")) {
            HttpResponse<String> response = client.send(to(CHAT).header("Content-Type", type)
                    .POST(BodyPublishers.ofByteArray(TestNode.chatBody("ping", ""))).build(),
                    BodyHandlers.ofString());
            assertError(response, 415, "unsupported_media_type");
        }
        assertEquals(200, client.send(to(CHAT).header("Content-Type", "Application/JSON; charset=utf-8")
                .POST(BodyPublishers.ofByteArray(TestNode.chatBody("ping", ""))).build(),
                BodyHandlers.ofString()).statusCode());
    }

    @Test
    void refusesABodyOverTheLimitWhetherAnnouncedOrNot() throws Exception {
        byte[] large = new byte[(1 << 20) + 1];
        assertError(post(CHAT, large), 413, "request_too_large");
        HttpResponse<String> chunked = client.send(to(CHAT).header("Content-Type", "application/json")
                .POST(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(large))).build(),
                BodyHandlers.ofString());
        assertError(chunked, 413, "request_too_large");
        assertEquals(200, ask("").statusCode());
    }

    @Test
    void takesABoundedNumberOfRequestsAtOnce() throws Exception {
        model.gate = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        List<Integer> statuses = java.util.Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 6; i++) {
            threads.add(Thread.startVirtualThread(() -> {
                try {
                    statuses.add(ask("").statusCode());
                } catch (Exception e) {
                    statuses.add(-1);
                }
            }));
        }
        // One runs, two wait, three are sent away at once.
        while (statuses.size() < 3) {
            Thread.sleep(5);
        }
        HttpResponse<String> refused = ask("");
        assertError(refused, 429, "queue_full");
        assertEquals("2", header(refused, "Retry-After"));
        assertEquals(200, get("/v2/health/live").statusCode());
        model.gate.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(3, statuses.stream().filter(status -> status == 200).count(), statuses.toString());
        assertEquals(3, statuses.stream().filter(status -> status == 429).count(), statuses.toString());
    }

    @Test
    void saysSoWhenTheModelFailsAndGoesOn() throws Exception {
        model.failure = new IllegalStateException("private detail");
        HttpResponse<String> response = ask("");
        assertError(response, 500, "internal");
        assertFalse(response.body().contains("private detail"));
        HttpResponse<String> stream = ask(",\"stream\":true");
        assertEquals(200, stream.statusCode());
        assertTrue(stream.body().contains("\"error\""), stream.body());
        assertFalse(stream.body().contains("[DONE]"));
        model.failure = null;
        assertEquals(200, ask("").statusCode());
    }

    @Test
    void publishesForTheOwnerOfTheFolderOnly() throws Exception {
        RunningNode running = DataFolder.runningNode(home).orElseThrow();
        assertEquals(server.url(), running.url());
        Path file = Files.write(home.resolve("second.gguf"), new byte[] {1});
        byte[] body = ("{\"path\":\"" + file + "\",\"name\":\"my/second\"}").getBytes(StandardCharsets.UTF_8);
        String path = "/v1/admin/publish";
        assertError(post(path, body), 401, "admin_token_required");
        assertError(post(path, body, "Authorization", "Bearer " + "0".repeat(64)), 401, "admin_token_required");
        assertError(post(path, body, "Authorization", "Bearer " + running.token(), "X-Forwarded-For", "1.2.3.4"),
                401, "admin_token_required");
        HttpResponse<String> done = post(path, body, "Authorization", "Bearer " + running.token());
        assertEquals(200, done.statusCode(), done.body());
        assertEquals(FakeModel.ID.toString(), JSON.readTree(done.body()).path("model_id").asString());
        assertTrue(get("/v1/models").body().contains("my/second"));
        for (String bad : List.of("{}", "[]", "x", "{\"path\":\"relative\",\"name\":\"a/b\"}",
                "{\"path\":\"" + file + "\",\"name\":\"../b\"}", "{\"path\":1,\"name\":2}")) {
            assertEquals(400, post(path, bad.getBytes(StandardCharsets.UTF_8),
                    "Authorization", "Bearer " + running.token()).statusCode(), bad);
        }
    }

    @Test
    void closesAConnectionAfterTheAnswerWhereTheCallerWantsThat() throws Exception {
        byte[] body = TestNode.chatBody("ping", "");
        String post = "POST " + CHAT + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Connection: close\r\n";
        for (String request : List.of("GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                post + "Content-Length: 2\r\n\r\n{}",
                post + "Content-Length: " + body.length + "\r\n\r\n"
                        + new String(body, StandardCharsets.UTF_8))) {
            try (Socket socket = new Socket("127.0.0.1", URI.create(server.url()).getPort())) {
                // Sooner than an idle connection is closed, which would be 75 seconds.
                socket.setSoTimeout(20_000);
                socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
                String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
                assertTrue(answer.contains("Connection: close\r\n"), answer);
            }
        }
    }

    @Test
    void refusesAPortThatIsTaken() throws Exception {
        int port = URI.create(server.url()).getPort();
        Path other = home.resolve("other");
        try (Node node = TestNode.open(other, model)) {
            NodeException e = assertThrows(NodeException.class,
                    () -> NodeServer.start(node, port, RequestDefaults.standard()));
            assertTrue(e.getMessage().contains("--port"), e.getMessage());
        }
    }

    @Test
    void endsTheAnswerUnderWayWhenItStopsAndKeepsItsReceipt() throws Exception {
        answerSlowly();
        HttpResponse<InputStream> response = client.send(
                to(CHAT).header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofByteArray(TestNode.chatBody(
                                "ping", ",\"stream\":true,\"max_tokens\":100000")))
                        .build(),
                BodyHandlers.ofInputStream());
        response.body().readNBytes(500);
        server.close();
        response.body().close();
        server = NodeServer.start(TestNode.open(home, model), 0, RequestDefaults.standard(), LIMITS, limits());
        assertEquals(200, get("/v1/receipts/" + header(response, "plumb-receipt")).statusCode());
    }
}

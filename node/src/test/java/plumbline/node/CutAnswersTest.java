package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.request.RequestDefaults;
import plumbline.verify.ReceiptId;

/// A node that is killed in the middle of a stream (spec/api.md A34, A106).
@Timeout(120)
class CutAnswersTest {

    @TempDir
    Path home;

    @TempDir
    Path temp;

    /// A node that answers for ever, each token after a moment.
    static final class SlowNode {
        private SlowNode() {}

        public static void main(String[] args) throws Exception {
            FakeModel model = new FakeModel();
            model.pauseNanos = 5_000_000;
            model.lengthTokens = 100_000;
            model.contextLength = 200_000;
            NodeServer server = NodeServer.start(
                    TestNode.open(Path.of(args[0]), model), 0, RequestDefaults.standard());
            System.out.println(server.url());
            Thread.sleep(120_000);
        }
    }

    @Test
    void saysAfterARestartWhichAnswersWereCut() throws Exception {
        byte[] body = TestNode.chatBody("ping", ",\"stream\":true,\"max_tokens\":100000,\"nonce\":\""
                + TestNode.nonce(1).hex() + "\"");
        String id;
        String secret;
        Process process = ChildJvm.start(SlowNode.class, temp, home.toString());
        try (HttpClient client = HttpClient.newHttpClient()) {
            String url = process.inputReader().readLine();
            HttpResponse<java.io.InputStream> response = client.send(
                    HttpRequest.newBuilder(URI.create(url + ServerFixture.CHAT))
                            .header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofByteArray(body)).build(), BodyHandlers.ofInputStream());
            id = ServerFixture.header(response, "plumb-receipt");
            secret = ServerFixture.header(response, "plumb-receipt-secret");
            BufferedReader stream = new BufferedReader(
                    new InputStreamReader(response.body(), StandardCharsets.UTF_8));
            while (!stream.readLine().contains("pong")) {
                // Until the answer is under way.
            }
            process.destroyForcibly();
            assertTrue(process.waitFor(10, TimeUnit.SECONDS));
            client.shutdownNow();
        } finally {
            process.destroyForcibly();
        }
        FakeModel model = new FakeModel();
        for (int start = 0; start < 2; start++) {
            try (Node node = TestNode.open(home, model)) {
                // Said once, known for ever.
                assertEquals(start == 0 ? List.of(ReceiptId.parse(id)) : List.of(), node.cut());
                assertTrue(node.begun().cutSecretHash(ReceiptId.parse(id)).isPresent());
                assertEquals(0, node.receipts().size());
            }
        }
        try (NodeServer server = NodeServer.start(TestNode.open(home, model), 0, RequestDefaults.standard());
                HttpClient client = HttpClient.newHttpClient()) {
            assertTrue(receipt(client, server, id, secret).contains("answer_cut"));
            assertTrue(receipt(client, server, id, "00".repeat(32)).contains("receipt_not_found"));
            // The same request again is answered, under another id; then nothing is left to say.
            HttpResponse<String> again = client.send(
                    HttpRequest.newBuilder(URI.create(server.url() + ServerFixture.CHAT))
                            .header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofByteArray(TestNode.chatBody("ping", ",\"nonce\":\""
                                    + TestNode.nonce(1).hex() + "\""))).build(), BodyHandlers.ofString());
            assertEquals(200, again.statusCode(), again.body());
        }
        try (Node node = TestNode.open(home, model)) {
            assertEquals(List.of(), node.cut());
            assertEquals(1, node.receipts().size());
        }
    }

    private static String receipt(HttpClient client, NodeServer server, String id, String secret)
            throws Exception {
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(URI.create(server.url() + "/v1/receipts/" + id))
                        .header("plumb-receipt-secret", secret).build(), BodyHandlers.ofString());
        assertEquals(404, response.statusCode());
        return response.body();
    }
}

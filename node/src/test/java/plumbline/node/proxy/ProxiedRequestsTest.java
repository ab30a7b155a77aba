package plumbline.node.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.Model;
import plumbline.sdk.Plumbline;
import plumbline.verify.Bundle;
import plumbline.verify.Receipt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Requests that are more than one stream: several answers, logprobs, whole answers with headers (F20 to F22, A88).
@Timeout(120)
final class ProxiedRequestsTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String CHAT = "/v1/chat/completions";

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private TinyNodes nodes;

    @BeforeEach
    void start() throws Exception {
        nodes = new TinyNodes(folder, 2);
    }

    @AfterEach
    void stop() throws Exception {
        nodes.close();
        http.close();
    }

    private ProxyServer proxy(String... urls) throws Exception {
        return ProxyServer.start(Plumbline.connect(List.of(urls),
                Plumbline.Settings.in(folder.resolve("client")).withShare(0)), folder.resolve("book"), 0);
    }

    private HttpResponse<String> ask(String url, String more) throws Exception {
        String body = "{\"model\":\"" + TinyNodes.NAME + "\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],"
                + "\"max_tokens\":24,\"plumbline\":{\"tokens\":true}" + more + "}";
        return http.send(HttpRequest.newBuilder(URI.create(url + CHAT)).header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    /// The ids of each choice, whole or from a stream.
    private static List<List<Integer>> ids(HttpResponse<String> answer, int choices) {
        List<List<Integer>> all = new ArrayList<>();
        for (int i = 0; i < choices; i++) {
            all.add(new ArrayList<>());
        }
        for (String line : answer.body().split("\n")) {
            String json = line.startsWith("data: ") ? line.substring(6) : line;
            JsonNode chunk = JSON.readTree(json.startsWith("{") ? json : "{}");
            for (JsonNode choice : chunk.path("choices")) {
                choice.path("plumbline").path("tokens")
                        .forEach(id -> all.get(choice.path("index").asInt()).add(id.asInt()));
            }
        }
        return all;
    }

    private Receipt receipt(ProxyServer proxy, String id) throws Exception {
        HttpResponse<byte[]> bundle = http.send(HttpRequest.newBuilder(
                URI.create(proxy.url() + "/v1/receipts/" + id)).build(), BodyHandlers.ofByteArray());
        assertEquals(200, bundle.statusCode(), id);
        return Bundle.parse(bundle.body()).receipt();
    }

    @Test
    void severalAnswersThroughAProxyAreThoseOfANodeAloneEachWithItsReceipt() throws Exception {
        String wanted = ",\"n\":3,\"seed\":5,\"temperature\":1.5";
        List<List<Integer>> right = ids(ask(nodes.url(0), wanted), 3);
        assertEquals(3, new HashSet<>(right).size());
        try (ProxyServer proxy = proxy(nodes.url(0), nodes.url(1))) {
            HttpResponse<String> whole = ask(proxy.url(), wanted);
            assertEquals(right, ids(whole, 3), whole.body());
            assertEquals(right, ids(ask(proxy.url(), wanted + ",\"stream\":true"), 3));
            String[] receipts = header(whole, "plumb-receipt").split(",");
            String[] nonces = header(whole, "plumb-nonce").split(",");
            Set<String> different = new HashSet<>();
            for (int i = 0; i < 3; i++) {
                Receipt receipt = receipt(proxy, receipts[i]);
                assertEquals(i, receipt.choice());
                assertEquals(nonces[i], receipt.nonce().value().hex());
                JsonNode choice = JSON.readTree(whole.body()).path("choices").path(i);
                assertEquals(receipts[i], choice.path("receipt").asString());
                different.add(nonces[i]);
            }
            assertEquals(3, different.size(), "each is a request of its own");
            for (String facts : header(whole, "plumb-facts").split("; ")) {
                assertTrue(facts.startsWith("signed, in-log"), whole.headers().toString());
            }
            assertEquals(3, header(whole, "plumb-facts").split("; ").length);
        }
    }

    @Test
    void oneOfSeveralAnswersCanBeAskedForAlone() throws Exception {
        String wanted = ",\"seed\":5,\"temperature\":1.5";
        List<List<Integer>> right = ids(ask(nodes.url(0), wanted + ",\"n\":3"), 3);
        for (int i = 0; i < 3; i++) {
            HttpResponse<String> answer = alone(i);
            assertEquals(List.of(right.get(i)), ids(answer, 1), answer.body());
            HttpResponse<String> again = alone(i);
            assertEquals(ids(answer, 1), ids(again, 1), "the same nonce again gives the stored answer");
            assertEquals(header(answer, "plumb-receipt"), header(again, "plumb-receipt"));
        }
    }

    /// The answer with this index, asked for alone under a nonce of its own.
    private HttpResponse<String> alone(int choice) throws Exception {
        String body = "{\"model\":\"" + TinyNodes.NAME + "\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],"
                + "\"max_tokens\":24,\"seed\":5,\"temperature\":1.5,\"nonce\":\"" + ("" + choice).repeat(64)
                + "\",\"plumbline\":{\"tokens\":true,\"choice\":" + choice + "}}";
        return http.send(HttpRequest.newBuilder(URI.create(nodes.url(1) + CHAT))
                .header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)).build(),
                BodyHandlers.ofString());
    }

    @Test
    void severalAnswersOutliveTheirNode() throws Exception {
        String wanted = ",\"n\":3,\"seed\":5,\"temperature\":1.5";
        List<List<Integer>> right = ids(ask(nodes.url(0), wanted), 3);
        String slow = nodes.startWith("slow", stored -> new PacedModel(nodes.engine().load(stored), () -> { }, 5_000))
                .url();
        try (TcpRelay one = new TcpRelay(slow); TcpRelay two = new TcpRelay(slow);
                ProxyServer proxy = proxy(one.url(), two.url(), nodes.url(0))) {
            Thread saboteur = Thread.startVirtualThread(() -> resetWhenTokensHaveCome(proxy, one, two));
            HttpResponse<String> whole = ask(proxy.url(), wanted);
            saboteur.join();
            assertEquals(right, ids(whole, 3), whole.body());
            for (String id : header(whole, "plumb-receipt").split(",")) {
                receipt(proxy, id);
            }
        }
    }

    private void resetWhenTokensHaveCome(ProxyServer proxy, TcpRelay... relays) {
        try {
            for (boolean have = false; !have;) {
                JsonNode answers = JSON.readTree(http.send(
                        HttpRequest.newBuilder(URI.create(proxy.url() + "/proxy/answers")).build(),
                        BodyHandlers.ofString()).body()).path("answers");
                have = answers.size() == 3;
                for (JsonNode answer : answers) {
                    have &= !answer.path("text").asString("").isEmpty()
                            || !answer.path("state").asString("").equals("under way");
                }
            }
            for (TcpRelay relay : relays) {
                relay.reset();
            }
        } catch (java.io.IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void logprobsAreComputedHereOrRefusedWithAReason() throws Exception {
        String wanted = ",\"seed\":5,\"temperature\":0.8,\"logprobs\":true,\"top_logprobs\":3";
        JsonNode right = JSON.readTree(ask(nodes.url(0), wanted).body()).path("choices").path(0).path("logprobs");
        try (ProxyServer proxy = proxy(nodes.url(0))) {
            HttpResponse<String> refused = ask(proxy.url(), wanted);
            JsonNode error = JSON.readTree(refused.body()).path("error");
            assertEquals(400, refused.statusCode(), refused.body());
            assertEquals("logprobs", error.path("param").asString());
            assertTrue(error.path("message").asString().contains("--share 100"), error.toString());
        }
        try (Model model = nodes.model();
                ProxyServer proxy = ProxyServer.start(Plumbline.connect(List.of(nodes.url(0)),
                        Plumbline.Settings.in(folder.resolve("client")).withShare(100), _ -> Optional.of(model)),
                        folder.resolve("book"), 0)) {
            JsonNode own = JSON.readTree(ask(proxy.url(), wanted).body()).path("choices").path(0).path("logprobs");
            assertTrue(own.path("content").size() > 5, own.toString());
            assertEquals(right, own);
        }
    }

    @Test
    void whatIsBetweenAProxyAndItsNodesIsRefusedByName() throws Exception {
        try (ProxyServer proxy = proxy(nodes.url(0))) {
            HttpResponse<String> nonce = ask(proxy.url(), ",\"n\":2,\"nonce\":\"" + "a".repeat(64) + "\"");
            assertEquals(400, nonce.statusCode());
            assertEquals("nonce", JSON.readTree(nonce.body()).path("error").path("param").asString());
            String body = "{\"model\":\"" + TinyNodes.NAME + "\",\"prompt\":\"x\",\"max_tokens\":4,\"plumbline\":";
            for (String extension : List.of("{\"continue\":[1]}", "{\"choice\":1}")) {
                HttpResponse<String> refused = http.send(HttpRequest.newBuilder(
                        URI.create(proxy.url() + "/v1/completions")).header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body + extension + "}")).build(), BodyHandlers.ofString());
                assertEquals(400, refused.statusCode(), refused.body());
                assertTrue(refused.body().contains("plumbline"), refused.body());
            }
        }
    }

    /// F36. Without that a proxy that is pointed at itself would ask itself for ever.
    @Test
    void aProxyIsNoNodeAndSaysSoToOthersAndToItself() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        try (ProxyServer one = proxy(nodes.url(0));
                ProxyServer two = proxy(one.url());
                ProxyServer ring = ProxyServer.start(Plumbline.connect(List.of("http://127.0.0.1:" + free),
                        Plumbline.Settings.in(folder.resolve("ring"))), folder.resolve("ring/proxy"), free)) {
            for (ProxyServer wrong : List.of(two, ring)) {
                HttpResponse<String> answer = ask(wrong.url(), "");
                assertEquals(404, answer.statusCode(), answer.body());
                assertTrue(answer.body().contains("this is a proxy, not a node"), answer.body());
                HttpResponse<String> list = http.send(HttpRequest.newBuilder(URI.create(wrong.url() + "/v1/models"))
                        .build(), BodyHandlers.ofString());
                assertTrue(list.body().contains("this is a proxy, not a node"), list.body());
            }
        }
    }
}

package plumbline.node.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.Model;
import plumbline.engine.Replayer;
import plumbline.verify.Bundle;
import plumbline.verify.Expectations;
import plumbline.verify.TokenIds;
import plumbline.verify.Trust;
import plumbline.verify.Verdict;
import plumbline.verify.Verifier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A node that goes on with what another has begun (A28, A29; receipt.md R21).
@Timeout(120)
final class ContinuedAnswersTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    Path folder;

    private TinyNodes nodes;
    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeEach
    void start() throws Exception {
        nodes = new TinyNodes(folder, 2);
    }

    @AfterEach
    void stop() throws Exception {
        http.close();
        nodes.close();
    }

    private HttpResponse<String> ask(int node, String extension) throws Exception {
        return ask(node, extension, "");
    }

    private HttpResponse<String> ask(int node, String extension, String more) throws Exception {
        String body = "{\"model\":\"" + TinyNodes.NAME + "\",\"messages\":[{\"role\":\"user\",\"content\":\"go\"}],"
                + "\"max_tokens\":12,\"seed\":3,\"plumbline\":" + extension + more + "}";
        return http.send(HttpRequest.newBuilder(URI.create(nodes.url(node) + "/v1/chat/completions"))
                .header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)).build(),
                BodyHandlers.ofString());
    }

    private Bundle bundle(int node, HttpResponse<String> answer) throws Exception {
        assertEquals(200, answer.statusCode(), answer.body());
        return bundle(node, answer.headers().firstValue("plumb-receipt").orElseThrow());
    }

    private Bundle bundle(int node, String id) throws Exception {
        URI address = URI.create(nodes.url(node) + "/v1/receipts/" + id);
        return Bundle.parse(http.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofByteArray()).body());
    }

    private static String list(int[] ids) {
        return Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(",", "[", "]"));
    }

    @Test
    void theReceiptIsOfTheWholeAnswerNamesThePrefixAndReplays() throws Exception {
        int[] whole = bundle(0, ask(0, "{\"tokens\":true}")).exchange().output().toArray();
        for (int handed = 1; handed <= whole.length; handed++) {
            int[] prefix = Arrays.copyOf(whole, handed);
            HttpResponse<String> answer =
                    ask(1, "{\"heartbeat_ms\":100,\"tokens\":true,\"continue\":" + list(prefix) + "}");
            Bundle bundle = bundle(1, answer);
            assertArrayEquals(whole, bundle.exchange().output().toArray());
            assertEquals(Optional.of(TokenIds.of(prefix)), bundle.exchange().prefix());
            int[] after = Arrays.copyOfRange(whole, handed, whole.length);
            assertTrue(answer.body().contains("\"tokens\":" + list(after)), answer.body());
            try (Model model = nodes.model()) {
                Verdict verdict = Verifier.verify(bundle.encode(), Expectations.none(), Trust.none(),
                        Optional.of(new Replayer(model, _ -> { })));
                assertInstanceOf(Verdict.Accepted.class, verdict, verdict.toString());
            }
        }
    }

    @Test
    void logprobsOfTheRestAreThoseOfTheWholeAnswer() throws Exception {
        String wanted = ",\"logprobs\":true,\"top_logprobs\":3";
        JsonNode whole = JSON.readTree(ask(0, "{\"tokens\":true}", wanted).body()).path("choices").get(0);
        JsonNode scores = whole.path("logprobs").path("content");
        int[] ids = JSON.treeToValue(whole.path("plumbline").path("tokens"), int[].class);
        assertEquals(ids.length, scores.size());
        HttpResponse<String> rest = ask(1, "{\"continue\":" + list(Arrays.copyOf(ids, 5)) + "}", wanted);
        JsonNode others = JSON.readTree(rest.body()).path("choices").get(0).path("logprobs").path("content");
        assertEquals(ids.length - 5, others.size(), rest.body());
        for (int i = 5; i < ids.length; i++) {
            assertEquals(scores.get(i), others.get(i - 5));
        }
    }

    @Test
    void eachOfSeveralAnswersReplaysFromItsOwnReceipt() throws Exception {
        HttpResponse<String> answer = ask(0, "{}", ",\"n\":5,\"temperature\":1.5");
        String[] ids = answer.headers().firstValue("plumb-receipt").orElseThrow().split(",");
        Set<TokenIds> outputs = new HashSet<>();
        try (Model model = nodes.model()) {
            for (String id : ids) {
                Bundle bundle = bundle(0, id);
                Verdict verdict = Verifier.verify(bundle.encode(), Expectations.none(), Trust.none(),
                        Optional.of(new Replayer(model, _ -> { })));
                assertInstanceOf(Verdict.Accepted.class, verdict, verdict.toString());
                outputs.add(bundle.exchange().output());
            }
        }
        assertEquals(5, ids.length);
        assertEquals(5, outputs.size(), "each is drawn with its own seed (A86)");
    }

    @Test
    void aPrefixThatIsNotTheModelsIsRefusedAndLeavesNoReceipt() throws Exception {
        int[] whole = bundle(0, ask(0, "{}")).exchange().output().toArray();
        int[] changed = Arrays.copyOf(whole, 5);
        changed[3] ^= 1;
        HttpResponse<String> refused = ask(1, "{\"continue\":" + list(changed) + "}");
        assertEquals(409, refused.statusCode());
        assertTrue(refused.body().contains("prefix_differs") && refused.body().contains("token 3"), refused.body());
        assertEquals(0, nodes.servers.get(1).node().receipts().latest(10).size());
    }

    @Test
    void whatIsNoPrefixIsRefusedByName() throws Exception {
        String thirteen = list(new int[13]);
        for (String extension : new String[] {"{\"continue\":[]}", "{\"continue\":[-1]}", "{\"continue\":[1.5]}",
                "{\"continue\":[2147483648]}", "{\"continue\":7}", "{\"continue\":" + thirteen + "}",
                "{\"heartbeat_ms\":99}", "{\"heartbeat_ms\":60001}", "{\"other\":1}"}) {
            HttpResponse<String> refused = ask(0, extension);
            assertEquals(400, refused.statusCode(), extension + " " + refused.body());
            assertTrue(refused.body().contains("plumbline."), refused.body());
        }
        HttpResponse<String> unknown = ask(0, "{\"continue\":[100000]}");
        assertEquals(409, unknown.statusCode(), unknown.body());
    }
}

package plumbline.node.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
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
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import plumbline.engine.Model;
import plumbline.sdk.Plumbline;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Each kind of lie, told by a real node beside an honest one. Each token is re-executed here before it is passed on
/// (F10): no wrong token ever reaches the client, the honest node's answer does, and the evidence is kept and listed
/// (F5 to F8, F14, F17).
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LyingNodesTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY = "{\"model\":\"" + TinyNodes.NAME + "\",\"messages\":[{\"role\":\"user\","
            + "\"content\":\"hello\"}],\"max_tokens\":24,\"stream\":true,\"seed\":5,\"plumbline\":{\"tokens\":true}}";
    /// Enough that each of two nodes is asked, whichever is drawn.
    private static final int TIMES_MAX = 40;

    @TempDir
    static Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private TinyNodes nodes;
    private Model model;
    private List<Integer> right;
    private int round;

    @BeforeAll
    void start() throws Exception {
        nodes = new TinyNodes(folder, 3);
        model = nodes.model();
        try (ProxyServer proxy = proxy(0, "right", nodes.url(1))) {
            Got got = ask(proxy);
            assertTrue(got.isWhole(), got.last());
            right = got.ids();
        }
    }

    @AfterAll
    void stop() throws Exception {
        model.close();
        nodes.close();
        http.close();
    }

    private ProxyServer proxy(double share, String client, String... urls) throws Exception {
        return ProxyServer.start(Plumbline.connect(List.of(urls),
                Plumbline.Settings.in(folder.resolve(client)).withShare(share),
                _ -> share == 100 ? Optional.of(model) : Optional.empty()), folder.resolve(client + "/proxy"), 0);
    }

    /// What a client got.
    private record Got(List<Integer> ids, String last) {
        boolean isWhole() {
            return last.equals("data: [DONE]");
        }
    }

    private Got ask(ProxyServer proxy) throws IOException, InterruptedException {
        HttpResponse<Stream<String>> response = http.send(HttpRequest.newBuilder(URI.create(proxy.url() + CHAT))
                .header("Content-Type", "application/json").POST(BodyPublishers.ofString(BODY)).build(),
                BodyHandlers.ofLines());
        List<Integer> ids = new ArrayList<>();
        String last = "";
        for (String line : response.body().filter(text -> !text.isEmpty()).toList()) {
            last = line;
            if (line.startsWith("data: {")) {
                JSON.readTree(line.substring(6)).path("choices").path(0).path("plumbline").path("tokens")
                        .forEach(id -> ids.add(id.asInt()));
            }
        }
        return new Got(ids, last);
    }

    /// Asks until the liar is found out; what it is found out by.
    private String foundOut(double share, String liar, boolean hasHonest) throws Exception {
        String client = "client" + round++;
        String[] urls = hasHonest ? new String[] {liar, nodes.url(1)} : new String[] {liar};
        try (ProxyServer proxy = proxy(share, client, urls)) {
            for (int i = 0; i < TIMES_MAX; i++) {
                Got got = ask(proxy);
                if (share == 100) {
                    assertEquals(right.subList(0, got.ids().size()), got.ids(), "no wrong token");
                    assertEquals(hasHonest, got.isWhole(), got.last());
                }
                assertTrue(!got.isWhole() || got.ids().equals(right), "an end is passed on with the right answer only");
                List<String> what = KeptAnswers.read(folder.resolve(client + "/proxy"), 10).evidence().stream()
                        .map(found -> found.path("node").asString() + ": " + found.path("what").asString()).toList();
                if (!what.isEmpty()) {
                    assertTrue(what.stream().allMatch(found -> found.startsWith(liar)), what.toString());
                    String page = http.send(HttpRequest.newBuilder(URI.create(proxy.url() + "/proxy/answers")).build(),
                            BodyHandlers.ofString()).body();
                    assertTrue(page.contains("\"evidence\":[{"), page);
                    assertFalse(!hasHonest && ask(proxy).isWhole(), "it is asked no more");
                    return what.getLast();
                }
            }
            throw new AssertionError("the liar was not found out in " + TIMES_MAX + " answers");
        }
    }

    /// Beside an honest node, alone, and alone at share 0, where only the end shows it.
    private void isFoundOut(String liar, String by, boolean isSeenWithoutReExecution) throws Exception {
        String before = foundOut(100, liar, true);
        assertTrue(before.matches(".*(" + by + ").*"), before);
        if (isSeenWithoutReExecution) {
            String what = foundOut(0, liar, false);
            assertTrue(what.matches(".*(" + by + ").*"), what);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ARITHMETIC, true, arithmetic plumbline-exact-9|this machine draws",
        "UPSTREAM, true, arithmetic upstream|this machine draws",
        "MODEL, true, model-not-expected|this machine draws",
        "WEIGHTS_ROOT, true, weights root",
        "PROMPT, true, prompt token 0 differs|this machine draws",
        "TOKEN, false, 'its token 7 is \\d+, this machine draws \\d+'",
        "END, true, stop differs|ends where the answer doesn.t",
        "TEXT, true, text differs",
        "ANSWERS, false, 'its token \\d+ is \\d+, this machine draws \\d+'"})
    void aNodeThatSignsWhatIsNotSo(LyingModel.Lie lie, boolean isSeenWithoutReExecution, String by) throws Exception {
        isFoundOut(nodes.startLiar(lie).url(), by, isSeenWithoutReExecution);
    }

    private void changed(String path, UnaryOperator<String> request, UnaryOperator<String> answer, String by)
            throws Exception {
        try (HostileNode liar = HostileNode.changing(nodes.url(0), path, request, answer)) {
            isFoundOut(liar.url(), by, true);
            assertTrue(liar.made.get() > 0);
        }
    }

    private static UnaryOperator<String> other(String before) {
        return text -> text.replaceFirst("(" + before + ")(?:A|[^A])",
                text.matches("(?s).*" + before + "A.*") ? "$1B" : "$1A");
    }

    @Test
    void aLogProofThatLeadsElsewhereAndASignatureThatIsNone() throws Exception {
        nodes.logOneMore(0);
        changed("/v1/receipts/", text -> text, other("\nindex \\d+\n"), "not-in-log|proof-malformed");
        changed("/v1/receipts/", text -> text, other("\n— \\S+ \\S{20}"
                .replace("—", new String("—".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1))),
                "signature-invalid");
    }

    @Test
    void aReceiptForAnotherRequestOrOfAnotherAnswer() throws Exception {
        changed(CHAT, body -> body.replace("hello", "Hello"), text -> text, "request-not-expected|this machine draws");
        String older = new String(nodes.logOneMore(0), StandardCharsets.ISO_8859_1);
        changed("/v1/receipts/", text -> text, _ -> older, "not-expected");
    }

    @Test
    void aTokenThatIsChangedOnItsWay() throws Exception {
        changed(CHAT, body -> body, text -> text.replaceFirst("(\"tokens\":\\[\\d*)(?:[1-9]|0)\\]", "$17]")
                .replaceFirst("(\"tokens\":\\[\\d*)7\\]", "$18]"), "this machine draws|isn't what came");
    }

    @Test
    void aReceiptOfSomebodyElse() throws Exception {
        String own = nodes.key(0);
        try (HostileNode liar = HostileNode.changing(nodes.url(1), "/v1/key", text -> text, _ -> own)) {
            isFoundOut(liar.url(), "signer-not-pinned", true);
        }
    }

    @Test
    void aLogThatIsForked() throws Exception {
        nodes.logOneMore(2);
        nodes.copy(2, folder.resolve("fork"));
        String client = "forked";
        String url = nodes.url(2);
        try (ProxyServer proxy = proxy(100, client, url)) {
            assertTrue(ask(proxy).isWhole());
        }
        nodes.replace(2, folder.resolve("fork"));
        try (ProxyServer proxy = proxy(100, client, url, nodes.url(1))) {
            List<String> what = List.of();
            for (int i = 0; i < TIMES_MAX && what.isEmpty(); i++) {
                Got got = ask(proxy);
                assertTrue(got.isWhole(), got.last());
                assertEquals(right, got.ids());
                what = KeptAnswers.read(folder.resolve(client + "/proxy"), 10).evidence().stream()
                        .map(found -> found.path("what").asString()).toList();
            }
            assertTrue(what.toString().matches(".*(fork|inconsistent).*"), what.toString());
        }
        // A restart of the client doesn't make it trusted again, until somebody says so.
        String found = Files.readString(folder.resolve(client + "/set-aside"));
        assertTrue(found.contains(url), found);
        try (ProxyServer proxy = proxy(0, client, url)) {
            JsonNode error = JSON.readTree(ask(proxy).last()).path("error");
            assertTrue(error.path("message").asString("").contains("set aside"), error.toString());
        }
        assertTrue(Plumbline.forgive(folder.resolve(client), url));
        assertFalse(Plumbline.forgive(folder.resolve(client), url));
    }
}

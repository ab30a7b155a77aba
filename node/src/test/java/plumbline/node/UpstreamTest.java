package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import plumbline.engine.request.RequestException;
import plumbline.verify.Expectations;
import plumbline.verify.MalformedException;
import plumbline.verify.Reason;
import plumbline.verify.Receipt;
import plumbline.verify.ReplayOutcome;
import plumbline.verify.Trust;
import plumbline.verify.Verdict;
import plumbline.verify.Verifier;
import tools.jackson.databind.JsonNode;

/// A model that another server has: what goes there, what comes back, what its receipt claims, and a server that does
/// its worst (spec/upstream.md U1 to U10).
class UpstreamTest extends ServerFixture {

    private static final String NAME = "other/llama-3";
    private static final String WHOLE = piece("Hi") + piece(" th\u00e9re") + end("stop");

    private HttpServer upstream;
    private volatile String answer = WHOLE;
    private volatile int status = 200;
    private volatile String type = "text/event-stream";
    private volatile JsonNode asked;
    private volatile HttpExchange exchange;
    /// Writes more after the answer, until it can't.
    private volatile boolean endless;
    private final CountDownLatch hungUp = new CountDownLatch(1);

    @BeforeEach
    void startUpstream() throws Exception {
        upstream = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        upstream.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        upstream.createContext("/v1/", this::reply);
        upstream.start();
        publish(new Upstream(url(), "llama-3", Optional.of("PLUMB_UPSTREAM_NOT_SET")), NAME);
    }

    @AfterEach
    void stopUpstream() {
        upstream.stop(0);
    }

    private String url() {
        return "http://127.0.0.1:" + upstream.getAddress().getPort() + "/v1";
    }

    private StoredModel publish(Upstream description, String name) throws Exception {
        Path file = Files.write(home.resolve("upstream"), description.encode());
        StoredModel stored = server.node().models().add(file, (_, _) -> {});
        server.node().models().name(name, stored.id());
        return stored;
    }

    private void reply(HttpExchange request) throws IOException {
        exchange = request;
        asked = JSON.readTree(request.getRequestBody().readAllBytes());
        request.getResponseHeaders().set("Content-Type", type);
        request.getResponseHeaders().set("Location", url());
        request.sendResponseHeaders(status, 0);
        try (OutputStream out = request.getResponseBody()) {
            out.write(answer.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
            while (endless) {
                out.write(piece("x").getBytes(StandardCharsets.UTF_8));
                out.flush();
                TimeUnit.MILLISECONDS.sleep(5);
            }
        } catch (IOException e) {
            hungUp.countDown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String piece(String text) {
        return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + escaped(text)
                + "\"},\"finish_reason\":null}]}\n\n";
    }

    private static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        text.chars().forEach(c -> out.append(c < 128 ? "" + (char) c : "\\u%04x".formatted(c)));
        return out.toString();
    }

    private static String end(String reason) {
        return "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" + reason
                + "\"}]}\n\ndata: [DONE]\n\n";
    }

    private HttpResponse<String> askUpstream(String more) throws Exception {
        return post(CHAT, ("{\"model\":\"" + NAME + "\",\"messages\":[{\"role\":\"user\",\"content\":\"ping\"}],"
                + "\"max_tokens\":20,\"seed\":5" + more + "}").getBytes(StandardCharsets.UTF_8));
    }

    private Receipt receipt(HttpResponse<?> response) throws Exception {
        return server.node().receipts().byId(new plumbline.verify.ReceiptId(header(response, "plumb-receipt")))
                .orElseThrow().receipt();
    }

    @Test
    void passesTheRequestOnAndTheAnswerBackWithAReceiptThatSaysSo() throws Exception {
        HttpResponse<String> whole = askUpstream(",\"stop\":[\"END\"],\"nonce\":\"" + "ab".repeat(32) + "\"");
        assertEquals(200, whole.statusCode(), whole.body());
        JsonNode choice = JSON.readTree(whole.body()).path("choices").get(0);
        assertEquals("Hi th\u00e9re", choice.path("message").path("content").asString());
        assertEquals("stop", choice.path("finish_reason").asString());
        assertTrue(JSON.readTree(whole.body()).path("system_fingerprint").asString().endsWith("+upstream"));
        assertEquals("llama-3", asked.path("model").asString());
        assertEquals("END", asked.path("stop").get(0).asString());
        assertEquals(5, asked.path("seed").asInt());
        assertEquals(20, asked.path("max_tokens").asInt());
        assertTrue(asked.path("stream").asBoolean() && !asked.has("nonce") && !asked.has("plumbline"));
        assertFalse(exchange.getRequestHeaders().containsKey("Authorization"));
        Receipt receipt = receipt(whole);
        assertTrue(receipt.isUpstream());
        assertEquals(Receipt.parse(receipt.encode()), receipt);
        assertEquals(3, receipt.output().count(), "two pieces and the end");
        HttpResponse<String> stream = askUpstream(",\"stream\":true");
        assertTrue(stream.body().contains("Hi") && stream.body().contains("[DONE]"), stream.body());
        assertEquals(200, get("/v1/models/other%2Fllama-3").statusCode());
        String id = receipt.model().toString();
        assertEquals(404, get("/v1/heads/" + id).statusCode());
    }

    @Test
    void noVerdictSaysReplayed() throws Exception {
        HttpResponse<String> whole = askUpstream("");
        byte[] bundle = get("/v1/receipts/" + header(whole, "plumb-receipt")).body().getBytes(StandardCharsets.UTF_8);
        Trust trust = Trust.pinned(server.node().key().verifierKey());
        Verdict.Accepted signed = assertInstanceOf(Verdict.Accepted.class,
                Verifier.verify(bundle, Expectations.none(), trust, Optional.empty()));
        assertTrue(signed.facts().stream().anyMatch(fact -> fact.name().equals("upstream") && fact.shown()));
        assertTrue(signed.facts().stream().noneMatch(fact -> fact.name().equals("replayed") && fact.shown()));
        for (Trust known : List.of(trust, Trust.none())) {
            Verdict.Rejected lied = assertInstanceOf(Verdict.Rejected.class, Verifier.verify(
                    bundle, Expectations.none(), known, Optional.of(_ -> new ReplayOutcome.Same("a liar", 9))));
            assertEquals(Reason.REPLAY_IMPOSSIBLE, lied.reason());
        }
        String text = new String(receipt(whole).encode(), StandardCharsets.US_ASCII);
        String claims = text.replaceAll("boundaries 0{63}0", "boundaries " + "0".repeat(63) + "1");
        assertThrows(MalformedException.class, () -> Receipt.parse(claims.getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void refusesWhatCannotBePassedOn() throws Exception {
        String tools = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]";
        for (String more : List.of(",\"n\":2", ",\"logprobs\":true", tools, ",\"plumbline\":{\"tokens\":true}",
                ",\"plumbline\":{\"continue\":[1]}")) {
            asked = null;
            assertError(askUpstream(more), 400, "");
            assertEquals(null, asked, more);
        }
    }

    @Test
    void whateverTheOtherServerDoesEndsInAnErrorWithoutAReceipt() throws Exception {
        int[][] statuses = {{400, 400}, {422, 400}, {401, 502}, {404, 502}, {500, 502}, {302, 502}, {429, 503},
            {503, 503}};
        for (int[] pair : statuses) {
            status = pair[0];
            answer = "{\"error\":{\"message\":\"" + "no ".repeat(1000) + "\"}}";
            HttpResponse<String> refused = askUpstream("");
            assertEquals(pair[1], refused.statusCode(), refused.body());
            assertTrue(refused.body().length() < 500, refused.body());
        }
        status = 200;
        for (String bad : List.of("", piece("a"), piece("a") + "data: [DONE]\n\n", "data: {\n\n", "data: [1,2\n\n",
                piece("a") + "data: {\"error\":{\"message\":\"x\"}}\n\n", piece("a") + end("tool_calls"),
                "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{}]}}]}\n\n", "\u0000\u0001\u0002", end("weird"),
                "data: " + "[".repeat(100_000) + "\n\n", "x".repeat((1 << 20) + 1), piece("y".repeat(300_000)),
                "event: x\n".repeat(1000))) {
            answer = bad;
            assertError(askUpstream(""), 502, "upstream_failed");
        }
        answer = WHOLE;
        type = "application/json";
        assertError(askUpstream(""), 502, "upstream_failed");
        upstream.stop(0);
        assertError(askUpstream(""), 502, "upstream_failed");
        assertEquals(0, server.node().receipts().size());
    }

    @Test
    void anAnswerEndsAtItsLimitAndInWholeCharacters() throws Exception {
        answer = piece("a").repeat(50) + end("stop");
        HttpResponse<String> cut = askUpstream("");
        assertEquals("length", JSON.readTree(cut.body()).path("choices").get(0).path("finish_reason").asString());
        assertEquals(20, receipt(cut).output().count());
        answer = piece("a\ud83d") + piece("\ude00") + piece("\udc00") + end("length");
        HttpResponse<String> halves = askUpstream("");
        assertEquals("a\ud83d\ude00?", JSON.readTree(halves.body()).path("choices").get(0).path("message")
                .path("content").asString());
        assertEquals(receipt(halves).output().count(), receipt(halves).maxTokens());
    }

    @Test
    void theOtherServerIsHungUpOnWhenTheCallerGoes() throws Exception {
        endless = true;
        answer = piece("a");
        var request = to(CHAT).header("Content-Type", "application/json").POST(java.net.http.HttpRequest.BodyPublishers
                .ofString("{\"model\":\"" + NAME + "\",\"max_tokens\":1000000,\"stream\":true,\"messages\":"
                        + "[{\"role\":\"user\",\"content\":\"ping\"}]}")).build();
        try (var body = client.send(request, BodyHandlers.ofInputStream()).body()) {
            assertTrue(body.read() > 0);
        }
        assertTrue(hungUp.await(20, TimeUnit.SECONDS));
        endless = false;
    }

    @Test
    void silenceIsATimeOut() throws Exception {
        StoredModel stored = publish(new Upstream(url(), "quiet", Optional.empty()), "other/quiet");
        endless = false;
        byte[] body = TestNode.chatBody("ping", "");
        ModelHandle.Asked request = new ModelHandle.Asked(TestNode.chat(body), body);
        CountDownLatch never = new CountDownLatch(1);
        upstream.removeContext("/v1/");
        upstream.createContext("/v1/", _ -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try (UpstreamModel model = new UpstreamModel(stored, 200)) {
            RequestException late = assertThrows(RequestException.class, () -> model.answer(request,
                    new plumbline.engine.GenerationJob(model.prompt(null), plumbline.verify.Sampling.greedy(),
                            plumbline.verify.Digest.of(new byte[32]), 9, List.of(),
                            plumbline.verify.Digest.of(new byte[32])), (_, _) -> true));
            assertEquals(504, late.status());
        } finally {
            never.countDown();
        }
    }

    @Test
    void aDescriptionHasOneForm() throws Exception {
        Upstream good = new Upstream("https://a.example/v1", "m", Optional.of("PLUMB_UPSTREAM_KEY"));
        assertEquals(good, Upstream.parse(good.encode()));
        for (String url : List.of("ftp://a/v1", "http://a/v1/", "http://u:p@a/v1", "http://a/v1?x", "http://a/v1#x",
                "http:///v1", "", "http://a/v1\nmodel x", "http://a b", "x".repeat(2049))) {
            assertThrows(MalformedException.class, new Upstream(url, "m", Optional.empty())::encode, url);
        }
        for (String name : List.of("", "m\u00e9", "m\nkey-env -", "m".repeat(257))) {
            assertThrows(MalformedException.class, new Upstream("http://a", name, Optional.empty())::encode, name);
        }
        for (String variable : List.of("PATH", "plumb", "", "PLUMB_UPSTREAM", "PLUMB_UPSTREAM_a")) {
            Upstream bad = new Upstream("http://a", "m", Optional.of(variable));
            assertThrows(MalformedException.class, bad::encode, variable);
        }
        String text = new String(good.encode(), StandardCharsets.US_ASCII);
        for (String bad : List.of("", "plumbline upstream v1\n", text.replace("v1\n", "v2\n"), text + "\n",
                text.substring(0, text.length() - 1), text.replace("url", "URL"), text.replace("model m\n", ""))) {
            assertThrows(MalformedException.class, () -> Upstream.parse(bad.getBytes(StandardCharsets.UTF_8)), bad);
        }
    }
}

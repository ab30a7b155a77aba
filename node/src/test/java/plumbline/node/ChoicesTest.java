package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import plumbline.verify.Bundle;
import plumbline.verify.Expectations;
import plumbline.verify.Receipt;
import plumbline.verify.Trust;
import plumbline.verify.Verdict;
import plumbline.verify.Verifier;
import tools.jackson.databind.JsonNode;

/// Several answers to one request: each with a seed and a receipt of its own under the one nonce (A86 and A30 to A34 of
/// spec/api.md; N2, N3 of spec/receipt.md).
class ChoicesTest extends ServerFixture {

    private static final String NONCE = ",\"nonce\":\"" + "3".repeat(64) + "\"";

    private List<Receipt> receipts(HttpResponse<String> response) throws Exception {
        List<Receipt> receipts = new ArrayList<>();
        for (String id : header(response, "plumb-receipt").split(",")) {
            byte[] bundle = get("/v1/receipts/" + id).body().getBytes(StandardCharsets.UTF_8);
            Verdict verdict = Verifier.verify(bundle,
                    Expectations.none().withKey(server.node().key().verifierKey()), Trust.none(), Optional.empty());
            assertTrue(verdict instanceof Verdict.Accepted, verdict.toString());
            receipts.add(Bundle.parse(bundle).receipt());
        }
        return receipts;
    }

    @Test
    void haveAReceiptEachAndSeedsOfTheirOwnUnderOneNonce() throws Exception {
        HttpResponse<String> response = ask(",\"n\":6,\"temperature\":1");
        JsonNode json = JSON.readTree(response.body());
        List<Receipt> receipts = receipts(response);
        assertEquals(6, json.path("choices").size(), response.body());
        Set<String> boundaries = new HashSet<>();
        Set<String> secrets = Set.of(header(response, "plumb-receipt-secret").split(","));
        for (int i = 0; i < 6; i++) {
            JsonNode choice = json.path("choices").get(i);
            assertEquals(i, choice.path("index").asInt());
            assertEquals("pong pong pong pong ", choice.path("message").path("content").asString());
            assertEquals(receipts.get(i).id().hex(), choice.path("receipt").asString());
            assertEquals(i, receipts.get(i).choice());
            assertEquals(header(response, "plumb-nonce"), receipts.get(i).nonce().value().hex());
            boundaries.add(receipts.get(i).boundaries().hex());
        }
        assertEquals(6, boundaries.size(), "the fake model's states depend on the seed alone");
        assertEquals(6, secrets.size());
        assertEquals(json.path("receipt").asString(), receipts.getFirst().id().hex());
        assertEquals(4, json.path("usage").path("prompt_tokens").asInt());
        assertEquals(30, json.path("usage").path("completion_tokens").asInt());
        assertEquals(6, server.node().receipts().size());
    }

    @Test
    void comeInAStreamWithTheirIndexAndEndWithTheirReceipts() throws Exception {
        HttpResponse<String> response = ask(",\"n\":3,\"stream\":true,\"stream_options\":{\"include_usage\":true}");
        String[] ids = header(response, "plumb-receipt").split(",");
        StringBuilder[] texts = {new StringBuilder(), new StringBuilder(), new StringBuilder()};
        List<String> ended = new ArrayList<>();
        int usage = 0;
        for (String line : response.body().split("\n\n")) {
            if (line.equals("data: [DONE]")) {
                continue;
            }
            JsonNode chunk = JSON.readTree(line.substring("data: ".length()));
            usage += chunk.path("usage").path("completion_tokens").asInt(0);
            JsonNode choice = chunk.path("choices").path(0);
            texts[choice.path("index").asInt(0)].append(choice.path("delta").path("content").asString(""));
            if (choice.path("finish_reason").isString()) {
                assertEquals(ids[choice.path("index").asInt()], chunk.path("receipt").asString());
                ended.add(choice.path("index").asString());
            }
        }
        for (StringBuilder text : texts) {
            assertEquals("pong pong pong pong ", text.toString());
        }
        assertEquals(List.of("0", "1", "2"), ended);
        assertEquals(15, usage);
        assertTrue(response.body().endsWith("data: [DONE]\n\n"));
    }

    @Test
    void areGivenAgainForTheSameNonceAndRefusedForAnotherRequest() throws Exception {
        HttpResponse<String> first = ask(",\"n\":3" + NONCE);
        HttpResponse<String> again = ask(",\"n\":3" + NONCE);
        assertEquals(header(first, "plumb-receipt"), header(again, "plumb-receipt"));
        assertEquals(header(first, "plumb-receipt-secret"), header(again, "plumb-receipt-secret"));
        assertEquals(JSON.readTree(first.body()).path("choices"), JSON.readTree(again.body()).path("choices"));
        assertEquals(3, model.runs.get());
        assertError(ask(",\"n\":2" + NONCE), 409, "nonce_reused");
        assertError(ask(NONCE), 409, "nonce_reused");
        assertEquals(3, server.node().receipts().size());
    }

    @Test
    void leaveNothingBehindWhereOneFails() throws Exception {
        model.failure = new IllegalStateException("broken");
        assertError(ask(",\"n\":3" + NONCE), 500, "internal");
        model.failure = null;
        assertEquals(0, server.node().receipts().size());
        assertEquals(200, ask(",\"n\":2" + NONCE).statusCode(), "the nonce is free again (A34)");
    }

    @Test
    void aRequestThatWasCutBeforeAllHadBegunIsNotRepeated() throws Exception {
        byte[] body = TestNode.chatBody("ping", ",\"n\":9" + NONCE);
        try (PendingAnswer pending = (PendingAnswer) server.node().answers().begin(
                TestNode.chat(body), body, _ -> model)) {
            // Whoever isn't wanted before his first token gives none; the first choice has some.
            assertEquals(9, pending.choices().size());
            List<PendingAnswer.Finished> finished = pending.run(choice -> (_, _) -> {
                if (choice > 0) {
                    throw new java.util.concurrent.CancellationException("cancelled");
                }
                return true;
            }, () -> { });
            assertEquals(1, finished.size());
        }
        HttpResponse<String> again = post(CHAT, body);
        assertError(again, 409, "nonce_reused");
        assertTrue(again.body().contains("before all its answers had begun"), again.body());
        assertEquals(1, server.node().receipts().size());
    }

    @Test
    void canNotBeContinued() throws Exception {
        HttpResponse<String> refused = ask(",\"n\":2,\"plumbline\":{\"continue\":[1]}");
        assertError(refused, 400, "");
        assertEquals("n", JSON.readTree(refused.body()).path("error").path("param").asString());
        assertError(ask(",\"n\":129"), 400, "");
        assertFalse(ask(",\"n\":1").body().contains("\"receipt\":["));
    }
}

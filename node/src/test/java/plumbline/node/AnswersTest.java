package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import plumbline.verify.BoundarySalt;
import plumbline.verify.Bundle;
import plumbline.verify.Digest;
import plumbline.verify.Endpoint;
import plumbline.verify.Expectations;
import plumbline.verify.MerkleTree;
import plumbline.verify.Nonce;
import plumbline.verify.OpenedBundle;
import plumbline.verify.Receipt;
import plumbline.verify.Seed;
import plumbline.verify.SeedSource;
import plumbline.verify.StopReason;
import plumbline.verify.TokenIds;
import plumbline.verify.Trust;
import plumbline.verify.Verdict;
import plumbline.verify.Verifier;

/// From request to receipt, and the rules of the nonce (spec/api.md A12, A30-A34, A43, A61).
class AnswersTest {

    @TempDir
    Path home;

    private final FakeModel model = new FakeModel();
    private Node node;

    @BeforeEach
    void open() throws Exception {
        node = TestNode.open(home, model);
    }

    @AfterEach
    void close() throws Exception {
        node.close();
    }

    private Answers.Begun begin(byte[] body) throws Exception {
        return node.answers().begin(TestNode.chat(body), body, _ -> model);
    }

    private StoredReceipt run(byte[] body) throws Exception {
        try (PendingAnswer pending = assertInstanceOf(PendingAnswer.class, begin(body))) {
            return pending.run((_, _) -> true).stored();
        }
    }

    private static String nonceField(long n) {
        return ",\"nonce\":\"" + TestNode.nonce(n).hex() + "\"";
    }

    @Test
    void writesDownEverythingInTheReceipt() throws Exception {
        byte[] body = TestNode.chatBody("ping",
                ",\"temperature\":0.5,\"top_p\":0.25,\"top_k\":7,\"seed\":-3,\"max_tokens\":100" + nonceField(1));
        StoredReceipt stored = run(body);
        Receipt receipt = stored.receipt();
        assertEquals(FakeModel.ID, receipt.model());
        assertEquals(model.weightsRoot(), receipt.weightsRoot());
        assertEquals(node.key().verifierKey(), receipt.node());
        assertEquals(new Nonce(TestNode.nonce(1), Nonce.ChosenBy.CLIENT), receipt.nonce());
        assertEquals(Endpoint.CHAT_COMPLETIONS, receipt.endpoint());
        assertEquals(32768, receipt.sampling().temperatureQ16());
        assertEquals(16384, receipt.sampling().topPQ16());
        assertEquals(7, receipt.sampling().topK());
        assertEquals(new SeedSource.Given(-3), receipt.seed());
        assertEquals(100, receipt.maxTokens());
        assertEquals(StopReason.END, receipt.stop());
        assertEquals(TestNode.NOW, receipt.time());
        assertEquals("pong pong pong pong ", stored.exchange().text());
        assertEquals(TokenIds.of(300, 301, 302, 303, 0), stored.exchange().output());
        Digest salt = BoundarySalt.of(node.key().verifierKey().publicKey(), TestNode.nonce(1));
        assertEquals(Digest.sha256(salt.bytes(), Seed.derive(receipt, stored.exchange().prompt()).bytes(),
                stored.exchange().output().bytes()), receipt.boundaries());
        assertEquals(receipt, Receipt.parse(receipt.encode()));
    }

    @Test
    void makesBundlesThatOpenAndAreInTheLog() throws Exception {
        run(TestNode.chatBody("a", ""));
        StoredReceipt stored = run(TestNode.chatBody("ping", ""));
        run(TestNode.chatBody("b", ""));
        Bundle bundle = Bundle.parse(node.answers().bundle(stored));
        assertTrue(bundle.proof().includes(MerkleTree.leafHash(stored.receipt().digest().bytes())));
        assertEquals(1, bundle.proof().index());
        assertEquals(3, bundle.proof().checkpoint().size());
        OpenedBundle opened = OpenedBundle.open(bundle).orElseThrow();
        assertArrayEquals(TestNode.chatBody("ping", ""), opened.request());
        assertFalse(new String(bundle.encode(), StandardCharsets.UTF_8).contains(stored.secret().hex()));
    }

    @Test
    void makesBundlesThatTheVerifierAccepts() throws Exception {
        byte[] body = TestNode.chatBody("ping", nonceField(1));
        byte[] bundle = node.answers().bundle(run(body));
        Expectations expected = Expectations.none().withRequest(body).withModel(FakeModel.ID)
                .withNonce(TestNode.nonce(1));
        assertInstanceOf(Verdict.Accepted.class, Verifier.verify(
                bundle, expected, Trust.pinned(node.key().verifierKey()), Optional.empty()));
        assertInstanceOf(Verdict.Rejected.class, Verifier.verify(bundle, expected,
                Trust.none(), Optional.empty()));
    }

    @Test
    void refusesAnAnswerWhoseTextNoReceiptCanState() throws Exception {
        model.lengthTokens = 300_000;
        model.contextLength = 1_000_000;
        byte[] body = TestNode.chatBody("ping", ",\"max_tokens\":300000");
        NodeException e = assertThrows(NodeException.class, () -> run(body));
        assertTrue(e.getMessage().contains("1048576"), e.getMessage());
        assertEquals(0, node.receipts().size());
    }

    @Test
    void provesForTheCheckpointThatIsPublishedNow() throws Exception {
        StoredReceipt stored = run(TestNode.chatBody("ping", ""));
        Bundle early = Bundle.parse(node.answers().bundle(stored));
        run(TestNode.chatBody("a", ""));
        Bundle late = Bundle.parse(node.answers().bundle(stored));
        assertEquals(1, early.proof().checkpoint().size());
        assertEquals(2, late.proof().checkpoint().size());
        assertTrue(late.proof().includes(MerkleTree.leafHash(stored.receipt().digest().bytes())));
    }

    @Test
    void drawsANonceWhereTheClientHasNone() throws Exception {
        Receipt one = run(TestNode.chatBody("ping", "")).receipt();
        Receipt two = run(TestNode.chatBody("ping", "")).receipt();
        assertEquals(Nonce.ChosenBy.NODE, one.nonce().chosenBy());
        assertEquals(new SeedSource.FromNonce(), one.seed());
        assertNotEquals(one.nonce(), two.nonce());
        assertNotEquals(one.id(), two.id());
    }

    @Test
    void givesTheStoredReceiptToTheSameRequestAndComputesNothing() throws Exception {
        byte[] body = TestNode.chatBody("ping", nonceField(1));
        StoredReceipt first = run(body);
        Answers.Repeated again = assertInstanceOf(Answers.Repeated.class, begin(body.clone()));
        assertEquals(first.receipt(), again.stored().receipt());
        assertEquals(first.secret(), again.stored().secret());
        assertEquals("pong pong pong pong ", again.stored().exchange().text());
        assertEquals(1, model.runs.get());
        assertEquals(1, node.receipts().size());
    }

    @Test
    void refusesAUsedNonceForAnyOtherBytes() throws Exception {
        byte[] body = TestNode.chatBody("ping", nonceField(1));
        run(body);
        for (byte[] other : List.of(TestNode.chatBody("pong", nonceField(1)),
                TestNode.chatBody("ping", nonceField(1) + ",\"seed\":1"),
                TestNode.chatBody("ping", " " + nonceField(1)))) {
            NonceReusedException e = assertThrows(NonceReusedException.class, () -> begin(other));
        }
        byte[] completion = ("{\"model\":\"m\",\"prompt\":\"x\"" + nonceField(1) + "}")
                .getBytes(StandardCharsets.UTF_8);
        InferenceRequest request = InferenceRequest.parse(
                InferenceRequest.COMPLETION, completion, RequestDefaults.standard());
        assertThrows(NonceReusedException.class,
                () -> node.answers().begin(request, completion, _ -> model));
        assertEquals(1, model.runs.get());
    }

    @Test
    void remembersNoncesOverARestart() throws Exception {
        byte[] body = TestNode.chatBody("ping", nonceField(1));
        StoredReceipt first = run(body);
        node.close();
        node = TestNode.open(home, model);
        Answers.Repeated again = assertInstanceOf(Answers.Repeated.class, begin(body));
        assertEquals(first.receipt(), again.stored().receipt());
        assertThrows(NonceReusedException.class,
                () -> begin(TestNode.chatBody("pong", nonceField(1))));
    }

    @Test
    void letsOneOfManyConcurrentRequestsWithOneNonceRun() throws Exception {
        byte[] body = TestNode.chatBody("ping", nonceField(1));
        ConcurrentLinkedQueue<String> outcomes = new ConcurrentLinkedQueue<>();
        CountDownLatch start = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            threads.add(Thread.startVirtualThread(() -> {
                try {
                    start.await();
                    switch (begin(body)) {
                        case Answers.Repeated _ -> outcomes.add("repeated");
                        case PendingAnswer pending -> {
                            try (pending) {
                                pending.run((_, _) -> true);
                            }
                            outcomes.add("ran");
                        }
                    }
                } catch (NonceReusedException e) {
                    outcomes.add(e.getMessage());
                } catch (Exception e) {
                    outcomes.add(e.toString());
                }
            }));
        }
        start.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(1, outcomes.stream().filter("ran"::equals).count(), outcomes.toString());
        assertEquals(31, outcomes.stream().filter("repeated"::equals).count(), outcomes + " waited (A33)");
        assertEquals(1, node.receipts().size());
    }

    @Test
    void givesTheNonceBackWhenNothingWasLogged() throws Exception {
        byte[] body = TestNode.chatBody("ping", nonceField(1));
        model.failure = new IllegalStateException("model broke");
        assertThrows(IllegalStateException.class, () -> run(body));
        model.failure = null;
        byte[] bad = TestNode.chatBody("", nonceField(1));
        assertThrows(RequestException.class, () -> begin(bad));
        ((PendingAnswer) begin(body)).close();
        run(TestNode.chatBody("other", nonceField(1)));
    }

    @Test
    void logsACancelledAnswerWithWhatItHas() throws Exception {
        byte[] body = TestNode.chatBody("ping", nonceField(1));
        StoredReceipt stored;
        try (PendingAnswer pending = (PendingAnswer) begin(body)) {
            stored = pending.run((id, _) -> id < 301).stored();
        }
        assertEquals(StopReason.CANCELLED, stored.receipt().stop());
        assertEquals("pong pong ", stored.exchange().text());
        assertInstanceOf(Answers.Repeated.class, begin(body));
    }

    @Test
    void stopsAtTheLimit() throws Exception {
        StoredReceipt stored = run(TestNode.chatBody("ping", ",\"max_tokens\":2"));
        assertEquals(StopReason.LENGTH, stored.receipt().stop());
        assertEquals(2, stored.receipt().maxTokens());
    }

    @Test
    void givesADefaultLimitTheRoomThereIsButRefusesAGivenOneThatDoesNotFit() throws Exception {
        model.contextLength = 10;
        assertEquals(6, run(TestNode.chatBody("ping", "")).receipt().maxTokens());
        assertEquals(6, run(TestNode.chatBody("ping", ",\"max_tokens\":6")).receipt().maxTokens());
        RequestException e = assertThrows(RequestException.class,
                () -> begin(TestNode.chatBody("ping", ",\"max_tokens\":7")));
        assertEquals(Optional.of("context_length_exceeded"), e.code());
        assertEquals(Optional.of("max_tokens"), e.param());
        e = assertThrows(RequestException.class, () -> begin(TestNode.chatBody("0123456789", "")));
        assertEquals(Optional.of("messages"), e.param());
    }

    @Test
    void refusesUnknownModelsAndBrokenOnes() throws Exception {
        LoadedModels models = node.loadedModels();
        assertEquals(404, assertThrows(RequestException.class, () -> models.get("no/such")).status());
        assertEquals(FakeModel.ID, models.get(TestNode.MODEL).id());
        assertTrue(node.models().resolve(TestNode.MODEL).orElseThrow().checked());
    }

    @Test
    void refusesToStartWithALogWhoseKeyIsGone() throws Exception {
        node.close();
        Files.move(home.resolve("key"), home.resolve("key.kept"));
        NodeException e = assertThrows(NodeException.class, () -> TestNode.open(home, model));
        assertTrue(e.getMessage().contains("key file is gone"), e.getMessage());
        assertFalse(Files.exists(home.resolve("key")));
        Files.move(home.resolve("key.kept"), home.resolve("key"));
        node = TestNode.open(home, model);
    }
}

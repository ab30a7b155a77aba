package plumbline.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.gguf.GgmlType;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.verify.BoundarySalt;
import plumbline.verify.Bundle;
import plumbline.verify.Checkpoint;
import plumbline.verify.Digest;
import plumbline.verify.Endpoint;
import plumbline.verify.Exchange;
import plumbline.verify.ModelId;
import plumbline.verify.Nonce;
import plumbline.verify.NoteSignature;
import plumbline.verify.OpenedBundle;
import plumbline.verify.Part;
import plumbline.verify.Price;
import plumbline.verify.Receipt;
import plumbline.verify.ReceiptId;
import plumbline.verify.ReplayOutcome;
import plumbline.verify.Sampling;
import plumbline.verify.Secret;
import plumbline.verify.Seed;
import plumbline.verify.SeedSource;
import plumbline.verify.SignedNote;
import plumbline.verify.StopReason;
import plumbline.verify.TlogProof;
import plumbline.verify.TokenIds;
import plumbline.verify.VerifierKey;

/// A receipt replays on bundle and model alone, and every lie in it is found (spec/bundle.md V14).
final class ReplayerTest {

    private static final VerifierKey KEY = VerifierKey.ed25519("plumbline/test", new byte[] {1, 2, 3, 4, 5, 6, 7, 8,
        9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 0});
    private static final Secret SECRET = Secret.of(new byte[32]);
    private static final Nonce NONCE = new Nonce(Digest.sha256(new byte[] {1}), Nonce.ChosenBy.CLIENT);

    @TempDir
    Path folder;

    private Pool pool;
    private Model model;

    @BeforeEach
    void load() throws Exception {
        pool = new Pool(1);
        Path file = TinyModel.write(folder.resolve("tiny.gguf"),
                new TinyModel.Sizes("llama", 2, 32, 2, 1, 16, 64, GgmlType.Q8_0), 3);
        model = ForwardTest.load(file, Kernels.choose("scalar"), pool);
    }

    @AfterEach
    void close() {
        model.close();
        pool.close();
    }

    /// What an honest node does: `body` is the request, the answer comes from the model.
    private Claim honest(String endpoint, String body) throws Exception {
        byte[] request = body.getBytes(StandardCharsets.UTF_8);
        InferenceRequest parsed = InferenceRequest.parse(endpoint, request, RequestDefaults.standard());
        SeedSource seed = parsed.seed().isPresent()
                ? new SeedSource.Given(parsed.seed().getAsLong()) : new SeedSource.FromNonce();
        TokenIds prompt = TokenIds.of(model.promptIds(parsed.input()));
        Digest key = Seed.derive(new Seed.Inputs(
                seed, NONCE.value(), Model.ARITHMETIC, model.id(), parsed.sampling(), 0), prompt);
        int most = Math.min(parsed.maxTokens(), model.answerTokensMax(prompt.size()));
        Answer answer = Generator.generate(model, new GenerationJob(prompt, parsed.sampling(), key, most,
                parsed.stops(), BoundarySalt.of(KEY.publicKey(), NONCE.value())), (id, text) -> true);
        return new Claim(request, prompt, answer.output(), answer.text(), answer.stop(), answer.boundaryRoot(), most,
                parsed.sampling(), seed, 0, model.id());
    }

    private Claim chat() throws Exception {
        return honest(InferenceRequest.CHAT,
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],"
                + "\"temperature\":0.8,\"seed\":5,\"max_tokens\":12}");
    }

    /// What a receipt claims; each `with` is a lie.
    private record Claim(byte[] request, TokenIds prompt, TokenIds output, String text, StopReason stop,
            Digest boundaries, int maxTokens, Sampling sampling, SeedSource seed, int choice, ModelId id) {

        OpenedBundle open(String endpoint) {
            return open(endpoint, Optional.empty());
        }

        OpenedBundle open(String endpoint, Optional<TokenIds> prefix) {
            Exchange exchange = new Exchange(request, prompt, output, text, prefix);
            Receipt receipt = new Receipt(ReceiptId.of(new byte[16]), Model.ARITHMETIC, id,
                    Digest.of(new byte[Digest.BYTES]), KEY, NONCE,
                    endpoint.equals(InferenceRequest.CHAT) ? Endpoint.CHAT_COMPLETIONS : Endpoint.COMPLETIONS,
                    exchange.commitment(Part.REQUEST, SECRET).digest(), exchange.commitment(Part.PROMPT, SECRET),
                    exchange.commitment(Part.OUTPUT, SECRET), exchange.commitment(Part.TEXT, SECRET), sampling, seed,
                    maxTokens, stop, choice, boundaries, Price.FREE, Optional.empty(),
                    prefix.map(_ -> exchange.commitment(Part.PREFIX, SECRET)),
                    Instant.parse("2026-11-21T07:40:00.125Z"));
            Checkpoint checkpoint = new Checkpoint(KEY.name(), 1, receipt.digest());
            TlogProof proof = new TlogProof(0, List.of(),
                    new SignedNote(checkpoint.body(), List.of(NoteSignature.of(KEY, new byte[64]))));
            return OpenedBundle.open(Bundle.of(receipt, exchange, SECRET, proof)).orElseThrow();
        }

        Claim withOutput(int index, int id) {
            int[] ids = output.toArray();
            ids[index] = id;
            return with(TokenIds.of(ids), text, stop, boundaries, prompt);
        }

        Claim with(TokenIds newOutput, String newText, StopReason newStop, Digest newBoundaries, TokenIds newPrompt) {
            return new Claim(request, newPrompt, newOutput, newText, newStop, newBoundaries, maxTokens, sampling, seed,
                    choice, id);
        }

        Claim withRequestOf(Claim other) {
            return new Claim(other.request, prompt, output, text, stop, boundaries, maxTokens, other.sampling,
                    other.seed, choice, id);
        }

        Claim withSampling(Sampling newSampling, SeedSource newSeed, int newMaxTokens, int newChoice, ModelId newId) {
            return new Claim(request, prompt, output, text, stop, boundaries, newMaxTokens, newSampling, newSeed,
                    newChoice, newId);
        }
    }

    private ReplayOutcome replay(Claim claim) {
        return new Replayer(model, positions -> { }).apply(claim.open(InferenceRequest.CHAT));
    }

    private void assertDiffers(String what, Claim claim) {
        ReplayOutcome.Differs differs = assertInstanceOf(ReplayOutcome.Differs.class, replay(claim));
        assertTrue(differs.what().startsWith(what), differs.what() + ": " + differs.detail());
    }

    @Test
    void anHonestChatReplaysToTheSameBits() throws Exception {
        Claim claim = chat();
        ReplayOutcome.Same same = assertInstanceOf(ReplayOutcome.Same.class, replay(claim));
        assertEquals(claim.prompt().size() + claim.output().size() - 1, same.positions());
    }

    @Test
    void honestRawGreedyLongAndSeedlessAnswersReplay() throws Exception {
        for (String body : List.of("{\"model\":\"m\",\"prompt\":\"abc\",\"temperature\":0,\"max_tokens\":1}",
                "{\"model\":\"m\",\"prompt\":\"abc\",\"max_tokens\":100}",
                "{\"model\":\"m\",\"prompt\":\"a\",\"temperature\":1.5,\"top_p\":0.9,\"max_tokens\":70,"
                        + "\"stop\":[\"x\",\"q\"]}",
                "{\"model\":\"m\",\"prompt\":\"a\"}")) {
            Claim claim = honest(InferenceRequest.COMPLETION, body);
            ReplayOutcome outcome = new Replayer(model, p -> { }).apply(claim.open(InferenceRequest.COMPLETION));
            assertInstanceOf(ReplayOutcome.Same.class, outcome, body + " " + outcome);
        }
    }

    @Test
    void aTokenChangedAtTheStartInTheMiddleOrAtTheEndIsFoundThere() throws Exception {
        Claim claim = chat();
        int last = claim.output().size() - 1;
        for (int index : new int[] {0, last / 2, last}) {
            int other = claim.output().get(index) == 7 ? 8 : 7;
            assertDiffers("output token " + index, claim.withOutput(index, other));
        }
    }

    @Test
    void aTokenBeyondTheVocabularyIsRefused() throws Exception {
        assertDiffers("output", chat().withOutput(0, TinyModel.VOCABULARY));
    }

    @Test
    void aShortenedAnswerDiffersInItsStop() throws Exception {
        Claim claim = chat();
        int[] fewer = java.util.Arrays.copyOf(claim.output().toArray(), claim.output().size() - 1);
        assertDiffers("stop", claim.with(TokenIds.of(fewer), claim.text(), StopReason.END, claim.boundaries(),
                claim.prompt()));
    }

    @Test
    void anAnswerThatAnotherNodeHadBegunReplaysLikeAnyOther() throws Exception {
        TokenIds prefix = TokenIds.of(Arrays.copyOf(chat().output().toArray(), 3));
        Claim claim = honest(InferenceRequest.CHAT,
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],"
                        + "\"temperature\":0.8,\"seed\":5,\"max_tokens\":12,\"plumbline\":{\"continue\":["
                        + prefix.get(0) + "," + prefix.get(1) + "," + prefix.get(2) + "]}}");
        assertInstanceOf(ReplayOutcome.Same.class, new Replayer(model, positions -> { })
                .apply(claim.open(InferenceRequest.CHAT, Optional.of(prefix))));
        for (Optional<TokenIds> other : List.of(Optional.<TokenIds>empty(),
                Optional.of(TokenIds.of(prefix.get(0), prefix.get(1))))) {
            assertInstanceOf(ReplayOutcome.Differs.class, new Replayer(model, positions -> { })
                    .apply(claim.open(InferenceRequest.CHAT, other)), "the request names the prefix");
        }
    }

    @Test
    void anotherTextDiffers() throws Exception {
        Claim claim = chat();
        assertDiffers("text", claim.with(claim.output(), claim.text() + "!", claim.stop(), claim.boundaries(),
                claim.prompt()));
    }

    @Test
    void otherCommittedStatesDiffer() throws Exception {
        Claim claim = chat();
        assertDiffers("boundaries", claim.with(claim.output(), claim.text(), claim.stop(),
                Digest.sha256(new byte[] {9}), claim.prompt()));
    }

    @Test
    void anotherPromptThanTheRequestRendersToDiffers() throws Exception {
        Claim claim = chat();
        int[] ids = claim.prompt().toArray();
        ids[2] = 65;
        assertDiffers("prompt token 2", claim.with(claim.output(), claim.text(), claim.stop(), claim.boundaries(),
                TokenIds.of(ids)));
    }

    @Test
    void otherSamplingThanTheRequestAskedForDiffers() throws Exception {
        Claim claim = chat();
        Sampling hotter = new Sampling(65536, 0, 65536, 0, 65536, 0, 0, new TreeMap<>());
        assertDiffers("sampling", claim.withSampling(hotter, claim.seed(), claim.maxTokens(), 0, claim.id()));
    }

    /// A node could say anything if it might choose what the request can't state.
    @Test
    void samplingThatTheRequestLeftOutIsTheFixedDefaultAndNotTheNodesChoice() throws Exception {
        Claim claim = chat();
        TreeMap<Integer, Integer> bias = new TreeMap<>();
        bias.put(65, 6_553_600);
        for (Sampling chosen : List.of(new Sampling(52429, 0, 65536, 0, 65536, 0, 0, bias),
                new Sampling(52429, 1, 65536, 0, 65536, 0, 0, new TreeMap<>()),
                new Sampling(52429, 0, 100, 0, 65536, 0, 0, new TreeMap<>()),
                new Sampling(52429, 0, 65536, 9, 65536, 0, 0, new TreeMap<>()),
                new Sampling(52429, 0, 65536, 0, 65537, 0, 0, new TreeMap<>()),
                new Sampling(52429, 0, 65536, 0, 65536, 720896, 0, new TreeMap<>()),
                new Sampling(52429, 0, 65536, 0, 65536, 0, 1, new TreeMap<>()))) {
            assertDiffers("sampling", claim.withSampling(chosen, claim.seed(), claim.maxTokens(), 0, claim.id()));
        }
    }

    /// Each value that the request states is the one that the answer was drawn with, and a node that drew with
    /// another, or with none, is found out.
    @Test
    void samplingThatTheRequestStatesIsHeldAgainstTheReceipt() throws Exception {
        String[] fields = {"top_k\":3", "top_p\":0.5", "min_p\":0.25", "repetition_penalty\":1.5",
            "presence_penalty\":-2", "frequency_penalty\":2", "logit_bias\":{\"65\":100,\"1000000\":-1}"};
        for (String field : fields) {
            String start = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],"
                    + "\"temperature\":0.8,\"seed\":5,\"max_tokens\":6";
            Claim stated = honest(InferenceRequest.CHAT, start + ",\"" + field + "}");
            assertInstanceOf(ReplayOutcome.Same.class, replay(stated), field);
            Claim unstated = honest(InferenceRequest.CHAT, start + "}");
            assertDiffers("sampling", stated.withSampling(unstated.sampling(), stated.seed(), stated.maxTokens(), 0,
                    stated.id()));
            assertDiffers("sampling", unstated.withSampling(stated.sampling(), stated.seed(), stated.maxTokens(), 0,
                    stated.id()));
        }
    }

    @Test
    void aBiasOfAHundredDecidesEveryToken() throws Exception {
        Claim claim = honest(InferenceRequest.COMPLETION,
                "{\"model\":\"m\",\"prompt\":\"a\",\"max_tokens\":4,\"logit_bias\":{\"65\":100}}");
        assertEquals(TokenIds.of(new int[] {65, 65, 65, 65}), claim.output());
    }

    @Test
    void anotherModelThanTheRequestNamesByDigestDiffers() throws Exception {
        String digest = model.id().toString();
        String other = "sha256:" + "1".repeat(64);
        for (String name : List.of(other, "hub/m@" + other, "hub/m@", "@" + other, "hub/m@sha256:")) {
            assertDiffers("model", named(name));
        }
        for (String name : List.of(digest, "hub/m@" + digest, "hub/m")) {
            assertInstanceOf(ReplayOutcome.Same.class, replay(named(name)), name);
        }
    }

    private Claim named(String name) throws Exception {
        return honest(InferenceRequest.CHAT, "{\"model\":\"" + name
                + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":2}");
    }

    @Test
    void fewerTokensThanTheRequestAllowedDiffer() throws Exception {
        Claim cut = honest(InferenceRequest.CHAT,
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"max_tokens\":5}");
        assertDiffers("max-tokens", cut.withRequestOf(chat()));
    }

    @Test
    void anotherSeedThanTheRequestGaveDiffers() throws Exception {
        Claim claim = chat();
        assertDiffers("seed", claim.withSampling(claim.sampling(), new SeedSource.Given(6), claim.maxTokens(), 0,
                claim.id()));
        assertDiffers("seed", claim.withSampling(claim.sampling(), new SeedSource.FromNonce(), claim.maxTokens(), 0,
                claim.id()));
    }

    @Test
    void moreTokensThanTheRequestAllowedDiffer() throws Exception {
        Claim claim = chat();
        assertDiffers("max-tokens", claim.with(claim.output(), claim.text(), StopReason.CANCELLED, claim.boundaries(),
                claim.prompt()).withSampling(claim.sampling(), claim.seed(), 13, 0, claim.id()));
    }

    @Test
    void anotherChoiceThanTheFirstDiffers() throws Exception {
        Claim claim = chat();
        assertDiffers("choice", claim.withSampling(claim.sampling(), claim.seed(), claim.maxTokens(), 1, claim.id()));
    }

    @Test
    void anotherModelCannotBeReplayed() throws Exception {
        Claim claim = chat();
        assertInstanceOf(ReplayOutcome.Impossible.class, replay(claim.withSampling(claim.sampling(), claim.seed(),
                claim.maxTokens(), 0, new ModelId(Digest.sha256(new byte[] {4})))));
    }

    @Test
    void aRequestThatIsNoneDiffers() throws Exception {
        Claim c = chat();
        assertDiffers("request", new Claim("{".getBytes(StandardCharsets.UTF_8), c.prompt(), c.output(), c.text(),
                c.stop(), c.boundaries(), c.maxTokens(), c.sampling(), c.seed(), 0, c.id()));
    }
}

package plumbline.sdk;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import plumbline.engine.Ending;
import plumbline.engine.GenerationJob;
import plumbline.engine.ModelText;
import plumbline.engine.PromptException;
import plumbline.engine.TokenRestriction;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestException;
import plumbline.verify.BoundarySalt;
import plumbline.verify.Check;
import plumbline.verify.Digest;
import plumbline.verify.Fact;
import plumbline.verify.OpenedBundle;
import plumbline.verify.Receipt;
import plumbline.verify.ReplayOutcome;
import plumbline.verify.Seed;
import plumbline.verify.SeedSource;
import plumbline.verify.TokenIds;

/// All that is settled before the first node is asked: the request, the prompt as it is rendered here, where the
/// randomness comes from, and how much of the answer is computed again, and where.
final class AnswerPlan {

    /// How an answer is computed again.
    enum ReExecution {
        /// It isn't.
        NONE,
        /// Here, when it has ended.
        HERE,
        /// Here, each token before it is passed on.
        EACH_TOKEN_HERE,
        /// By another node, when it has ended.
        ELSEWHERE,
        /// By another node, each token before it is passed on.
        EACH_TOKEN_ELSEWHERE
    }

    private final Parts parts;
    private final Question question;
    private final LockFile.Model model;
    private final ModelText text;
    private final TokenIds prompt;
    private final int tokensMax;
    private final Optional<TokenRestriction> restriction;
    private final ReExecution reExecution;
    private final SeedChoice seed;

    /// What all answers of a client share.
    record Parts(Nodes nodes, ReceiptChecks checks, LockFile lock, Optional<LocalExecution> here, long stallNanos) {}

    private AnswerPlan(Parts parts, Question question, LockFile.Model model, ModelText text, TokenIds prompt,
            int tokensMax, Optional<TokenRestriction> restriction, ReExecution reExecution, SeedChoice seed) {
        this.parts = parts;
        this.question = question;
        this.model = model;
        this.text = text;
        this.prompt = prompt;
        this.tokensMax = tokensMax;
        this.restriction = restriction;
        this.reExecution = reExecution;
        this.seed = seed;
    }

    /// Renders the prompt and finds out whether an answer fits.
    static AnswerPlan of(Parts parts, Question question, LockFile.Model model, ModelText text,
            ReExecution reExecution, SecureRandom random) throws RefusedException {
        InferenceRequest request = question.request();
        String param = request.input() instanceof InferenceRequest.Input.Prompt ? "prompt" : "messages";
        TokenIds prompt;
        try {
            prompt = TokenIds.of(text.promptIds(request.input()));
        } catch (PromptException e) {
            throw new RefusedException(400, e.fieldOr(param), "prompt_refused", e.getMessage());
        }
        int room = text.answerTokensMax(prompt.size());
        if (room < 1 || request.maxTokensGiven() && request.maxTokens() > room) {
            throw new RefusedException(400, room < 1 ? param : "max_tokens", "context_length_exceeded",
                    "the prompt has " + prompt.size() + " tokens and the context holds " + text.contextLength()
                            + ", so " + Math.max(0, room) + " are left for the answer, not " + request.maxTokens()
                            + ": ask for fewer, or shorten the prompt");
        }
        int most = Math.min(request.maxTokens(), room);
        SeedChoice seed = request.seed().isPresent() ? new SeedChoice.InBody(request.seed().getAsLong())
                : request.nonce().isPresent() ? new SeedChoice.OfNonce()
                : new SeedChoice.InBody(random.nextLong());
        return new AnswerPlan(parts, question, model, text, prompt, most, restriction(text, request, most), reExecution,
                seed);
    }

    /// What is left out of the draw, where the request asks for a form.
    private static Optional<TokenRestriction> restriction(ModelText text, InferenceRequest request, int most)
            throws RefusedException {
        try {
            return text.restriction(request.options(), most);
        } catch (RequestException e) {
            throw new RefusedException(e.status(), e.param().orElse(""), e.code().orElse(""), e.getMessage());
        }
    }

    Ending newEnding() {
        return new Ending(text.tokenizer(), tokensMax, question.request().stops());
    }

    boolean endsEarly(List<Integer> tokens) {
        Ending ending = newEnding();
        boolean ends = false;
        for (int id : tokens) {
            ends = id < text.tokenizer().size() && ending.after(id).isPresent();
        }
        return !ends;
    }

    boolean isToken(int id) {
        return id < text.tokenizer().size();
    }

    int tokensMax() {
        return tokensMax;
    }

    int promptCount() {
        return prompt.size();
    }

    String endpoint() {
        return question.request().endpoint();
    }

    long stallNanos() {
        return parts.stallNanos();
    }

    /// How many nodes must have drawn a token before it is passed on.
    int nodesForEachToken() {
        return reExecution == ReExecution.EACH_TOKEN_ELSEWHERE ? 2 : 1;
    }

    /// How many receipts the answer needs.
    int receipts() {
        return reExecution == ReExecution.ELSEWHERE || reExecution == ReExecution.EACH_TOKEN_ELSEWHERE ? 2 : 1;
    }

    boolean isReplayedHere() {
        return reExecution == ReExecution.HERE;
    }

    /// A nonce for one node: the client's, or a new one for each, so that a node can be asked again.
    Digest nonce(SecureRandom random) {
        if (question.request().nonce().isPresent()) {
            return question.request().nonce().get();
        }
        byte[] bytes = new byte[Digest.BYTES];
        random.nextBytes(bytes);
        return Digest.of(bytes);
    }

    byte[] body(Digest nonce, List<Integer> prefix) {
        return question.bodyFor(model.id(), nonce, seed, prefix);
    }

    String signerOf(int node) {
        return parts.lock().signer(parts.nodes().client(node).address()).map(Object::toString).orElse("");
    }

    /// Begins to compute the answer here, where each token needs it.
    Optional<HereSource> startHere(Consumer<HereSource.Sign> signs) {
        if (reExecution != ReExecution.EACH_TOKEN_HERE) {
            return Optional.empty();
        }
        InferenceRequest request = question.request();
        SeedSource source = seed instanceof SeedChoice.InBody(long value)
                ? new SeedSource.Given(value) : new SeedSource.FromNonce();
        Digest none = Digest.of(new byte[Digest.BYTES]);
        Digest derived = Seed.derive(new Seed.Inputs(source, request.nonce().orElse(none), Receipt.ARITHMETIC,
                model.id(), request.sampling(), question.choice()), prompt);
        GenerationJob job = new GenerationJob(prompt, request.sampling(), derived, tokensMax, request.stops(),
                BoundarySalt.of(new byte[Digest.BYTES], none));
        return Optional.of(parts.here().orElseThrow().start(
                restriction.map(job::under).orElse(job), request.options().topLogprobs(), signs));
    }

    /// Fetches a source's bundle and checks it; waits for the network.
    Judgement judge(NodeSource source, boolean replays) {
        try {
            byte[] bundle = parts.checks().fetch(source.node, source.begun.orElseThrow());
            Optional<Function<OpenedBundle, ReplayOutcome>> replay = replays
                    ? Optional.of(opened -> parts.here().orElseThrow().replay(opened)) : Optional.empty();
            return new Judgement.Holds(parts.checks().check(
                    new ReceiptChecks.Exchange(source.node, source.body, source.nonce, source.prefix, source.tokens),
                    bundle, model, text, replay));
        } catch (ReceiptChecks.Wrong e) {
            return new Judgement.Wrong(e.getMessage(), e.bundle(), e.isLie());
        } catch (PlumblineException e) {
            return new Judgement.Failed(e);
        } catch (RuntimeException e) {
            return new Judgement.Failed(new PlumblineException("the receipt can't be checked: " + e, ""));
        }
    }

    /// The answer, with what was shown of it.
    VerifiedAnswer answer(NodeSource winner, List<ReceiptChecks.Checked> others, String whole, Course course) {
        ReceiptChecks.Checked checked = winner.checked.orElseThrow();
        List<Fact> facts = new ArrayList<>(checked.facts());
        List<Check> checks = new ArrayList<>(checked.checks());
        if (reExecution == ReExecution.EACH_TOKEN_HERE) {
            facts.add(new Fact("re-executed", true, "you", "re-executed (by you): each token before it was passed on"));
        }
        for (ReceiptChecks.Checked other : others) {
            String key = other.receipt().signer().encode();
            String when = reExecution == ReExecution.EACH_TOKEN_ELSEWHERE ? ": each token before it was passed on" : "";
            facts.add(new Fact("re-executed", true, key, "re-executed (by " + key + ")" + when));
        }
        NodeStream.Sign.Ended ended = winner.ended.orElseThrow();
        return new VerifiedAnswer(whole, checked.receipt(), checked.bundle(), winner.begun.orElseThrow().secret(),
                question.request(), checks, facts,
                course.steps(), course.parts(winner), winner.stream.node().address().url(), ended.kernel(),
                ended.prefillMs() * 1_000_000, ended.decodeMs() * 1_000_000);
    }
}

package plumbline.sdk;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import plumbline.engine.ModelText;
import plumbline.engine.PromptException;
import plumbline.engine.RequestBinding;
import plumbline.engine.request.RequestException;
import plumbline.sdk.NodeFailedException.Kind;
import plumbline.verify.Bundle;
import plumbline.verify.Check;
import plumbline.verify.Digest;
import plumbline.verify.Expectations;
import plumbline.verify.Fact;
import plumbline.verify.MalformedException;
import plumbline.verify.ModelId;
import plumbline.verify.OpenedBundle;
import plumbline.verify.Policy;
import plumbline.verify.Reason;
import plumbline.verify.Receipt;
import plumbline.verify.ReceiptId;
import plumbline.verify.ReplayOutcome;
import plumbline.verify.Secret;
import plumbline.verify.TokenIds;
import plumbline.verify.Trust;
import plumbline.verify.Verdict;
import plumbline.verify.VerifiedReceipt;
import plumbline.verify.Verifier;
import plumbline.verify.VerifierKey;

/// Holds a node's receipt against all that the client knows: its own request, its own rendering of the prompt, the
/// tokens that came, the pinned key, the log as it was remembered. Fails closed. Safe for threads.
/// Source: spec/bundle.md V1 to V15, spec/proxy.md.
final class ReceiptChecks {

    /// What a node was asked and what it sent.
    ///
    /// @param prefix the output tokens that it was handed
    /// @param tokens all output tokens, the prefix included
    record Exchange(int node, byte[] body, Digest nonce, List<Integer> prefix, List<Integer> tokens) {
        Exchange {
            prefix = List.copyOf(prefix);
            tokens = List.copyOf(tokens);
        }
    }

    /// A receipt that holds.
    record Checked(VerifiedReceipt receipt, byte[] bundle, List<Check> checks, List<Fact> facts) {}

    /// A receipt that doesn't hold; the bundle is evidence.
    static final class Wrong extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient byte[] bundle;
        private final boolean isLie;

        Wrong(String why, byte[] bundle) {
            this(why, bundle, true);
        }

        Wrong(String why, byte[] bundle, boolean isLie) {
            super(why);
            this.bundle = bundle;
            this.isLie = isLie;
        }

        boolean isLie() {
            return isLie;
        }

        byte[] bundle() {
            return bundle;
        }
    }

    /// What isn't as this client expects it, and may be right for another one, or tomorrow.
    private static final Set<Reason> EXPECTATIONS = EnumSet.of(Reason.KEY_NOT_EXPECTED, Reason.KEY_NOT_PINNED_ONE,
            Reason.LOG_NOT_IN_POLICY, Reason.QUORUM_NOT_MET, Reason.SIGNER_NOT_PINNED, Reason.KEY_RETIRED);

    private static final int ATTEMPTS_MAX = 8;

    private final Nodes nodes;
    private final TrustStore store;
    private final Optional<Policy> policy;
    private final Map<String, Object> turns = new ConcurrentHashMap<>();

    ReceiptChecks(Nodes nodes, TrustStore store, Optional<Policy> policy) {
        this.nodes = nodes;
        this.store = store;
        this.policy = policy;
    }

    /// Checks a bundle.
    ///
    /// @param replay runs the request again, where that is wanted
    Checked check(Exchange exchange, byte[] bytes, LockFile.Model model, ModelText text,
            Optional<Function<OpenedBundle, ReplayOutcome>> replay) throws Wrong, PlumblineException {
        VerifierKey signer = nodes.signer(exchange.node());
        // One at a time for each log: what is remembered of it must not go back.
        synchronized (turns.computeIfAbsent(signer.name(), _ -> new Object())) {
            return checkAlone(exchange, bytes, model, text, signer, replay);
        }
    }

    private Checked checkAlone(Exchange exchange, byte[] bytes, LockFile.Model model, ModelText text,
            VerifierKey signer, Optional<Function<OpenedBundle, ReplayOutcome>> replay)
            throws Wrong, PlumblineException {
        Verdict.Accepted accepted = accepted(exchange, bytes, model.id(), signer, replay);
        List<Check> checks = new ArrayList<>(accepted.checks());
        checks.addAll(own(exchange, accepted.receipt().opened(), model, text, bytes));
        return new Checked(accepted.receipt(), bytes, checks, accepted.facts());
    }

    /// Checks the receipt of a node that was lost: it is for what the node was asked, and says nothing else than the
    /// answer does.
    void checkPart(Exchange exchange, byte[] bytes, OpenedBundle answer) throws Wrong, PlumblineException {
        VerifierKey signer = nodes.signer(exchange.node());
        synchronized (turns.computeIfAbsent(signer.name(), _ -> new Object())) {
            TokenIds output = accepted(exchange, bytes, answer.receipt().model(), signer, Optional.empty())
                    .receipt().opened().output();
            for (TokenIds other : List.of(answer.output(), ids(exchange.tokens()))) {
                int at = output.mismatch(other);
                if (at >= 0 && at < Math.min(output.size(), other.size())) {
                    throw new Wrong("the receipt's token " + at + " isn't that of the answer that another node ended,"
                            + " or that came through the stream", bytes);
                }
            }
        }
    }

    /// A bundle that holds by what the verifier knows, under a log that continues what is remembered, which is
    /// remembered then.
    private Verdict.Accepted accepted(Exchange exchange, byte[] bytes, ModelId model, VerifierKey signer,
            Optional<Function<OpenedBundle, ReplayOutcome>> replay) throws Wrong, PlumblineException {
        Expectations expected = Expectations.none().withModel(model).withRequest(exchange.body())
                .withNonce(exchange.nonce());
        if (policy.isPresent()) {
            expected = expected.withPolicy(policy.get());
        }
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            TrustStore.Entry stored = store.load(signer.name());
            Trust trust = trust(stored.withPinned(signer), bytes, exchange.node());
            Verdict.Accepted accepted = accepted(Verifier.verify(bytes, expected, trust, replay), bytes);
            if (trust.remembered().isPresent() && !accepted.receipt().isConsistent()) {
                throw nodes.client(exchange.node()).failed(Kind.UNREACHABLE, "shows no proof that its log continues the"
                        + " checkpoint of " + trust.remembered().get().checkpoint().size()
                        + " entries that is remembered");
            }
            if (isRemembered(stored, trust, accepted.receipt(), signer)) {
                return accepted;
            }
        }
        throw new PlumblineException("other programs keep changing what is remembered of the log " + signer.name(),
                "Give each program a data folder of its own.");
    }

    private static Verdict.Accepted accepted(Verdict verdict, byte[] bytes) throws Wrong {
        return switch (verdict) {
            case Verdict.Accepted accepted -> accepted;
            case Verdict.Rejected rejected -> throw new Wrong(rejected.reason().code() + ": " + rejected.detail(),
                    bytes, !EXPECTATIONS.contains(rejected.reason()));
        };
    }

    private static Trust trust(TrustStore.Entry known, byte[] bytes, Nodes nodes, int node) throws MalformedException {
        Trust trust = known.trust();
        if (trust.remembered().isEmpty()) {
            return trust;
        }
        return LogTiles.ofNode(nodes.client(node))
                .consistency(trust.remembered().get().checkpoint(), Bundle.parse(bytes).proof().checkpoint())
                .map(trust::withConsistency).orElse(trust);
    }

    private Trust trust(TrustStore.Entry known, byte[] bytes, int node) throws Wrong {
        try {
            return trust(known, bytes, nodes, node);
        } catch (MalformedException e) {
            throw new Wrong(e.getMessage(), bytes);
        }
    }

    /// What the verifier can't know: what was rendered here, and what came through the stream.
    private static List<Check> own(Exchange exchange, OpenedBundle opened, LockFile.Model model, ModelText text,
            byte[] bytes) throws Wrong {
        if (!opened.receipt().arithmetic().equals(Receipt.ARITHMETIC)) {
            throw new Wrong("the receipt is of arithmetic " + opened.receipt().arithmetic() + ", asked for was "
                    + Receipt.ARITHMETIC, bytes);
        }
        if (!opened.receipt().weightsRoot().equals(model.weightsRoot())) {
            throw new Wrong("the receipt states the weights root " + opened.receipt().weightsRoot().hex()
                    + ", pinned is " + model.weightsRoot().hex(), bytes);
        }
        TokenIds came = ids(exchange.tokens());
        if (!opened.output().equals(came)) {
            throw new Wrong("the receipt's output isn't what came through the stream: it differs at token "
                    + opened.output().mismatch(came), bytes);
        }
        Optional<TokenIds> handed = exchange.prefix().isEmpty()
                ? Optional.empty() : Optional.of(ids(exchange.prefix()));
        if (!opened.prefix().equals(handed)) {
            throw new Wrong("the receipt names another prefix than the one that was handed over", bytes);
        }
        try {
            RequestBinding binding = RequestBinding.of(opened, text);
            Optional<ReplayOutcome.Differs> differs = binding.request();
            if (differs.isEmpty()) {
                differs = binding.ending();
            }
            if (differs.isPresent()) {
                throw new Wrong(differs.get().what() + " differs: " + differs.get().detail(), bytes);
            }
        } catch (RequestException | PromptException e) {
            throw new Wrong("no answer can come from this request: " + e.getMessage(), bytes);
        }
        return List.of(
                new Check("prompt", Check.Result.PASSED, "the prompt's " + opened.prompt().size()
                        + " tokens are what this machine renders from the request; parameters, text and stop reason"
                        + " follow from it"),
                new Check("stream", Check.Result.PASSED, "the " + came.size()
                        + " tokens that came are the receipt's output"));
    }

    static TokenIds ids(List<Integer> tokens) {
        return TokenIds.of(tokens.stream().mapToInt(Integer::intValue).toArray());
    }

    /// False if another program has seen something else of the log meanwhile, against which this wasn't held.
    private boolean isRemembered(TrustStore.Entry stored, Trust trust, VerifiedReceipt receipt, VerifierKey signer)
            throws PlumblineException {
        Trust.Remembered seen = new Trust.Remembered(receipt.signer(), receipt.checkpoint());
        TrustStore.Entry known = stored.withPinned(signer);
        TrustStore.Entry next = trust.after(receipt).filter(seen::equals).isPresent()
                ? known.withRemembered(seen.key(), receipt.note()) : known;
        return next.equals(stored) || store.replace(signer.name(), stored, next);
    }

    /// The bundle of a receipt that a node has said to be in its log.
    byte[] fetch(int node, NodeStream.Sign.Begun begun) throws NodeFailedException {
        Optional<byte[]> bundle = find(node, begun.id(), begun.secret());
        return bundle.orElseThrow(
                () -> nodes.client(node).failed(Kind.LIED, "has no receipt for the answer it gave"));
    }

    /// The bundle of a receipt that a node may have.
    Optional<byte[]> find(int node, ReceiptId id, Secret secret) throws NodeFailedException {
        try {
            return Optional.of(nodes.client(node).bundle(id, secret));
        } catch (NodeFailedException e) {
            if (e.kind() == Kind.LACKING) {
                return Optional.empty();
            }
            throw e;
        }
    }
}

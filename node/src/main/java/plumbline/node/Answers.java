package plumbline.node;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import plumbline.engine.PromptException;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.engine.request.RequestException;
import plumbline.node.api.AnswerEvent;
import plumbline.verify.Bundle;
import plumbline.verify.Digest;
import plumbline.verify.MerkleTree;
import plumbline.verify.Nonce;
import plumbline.verify.ReceiptId;
import plumbline.verify.Secret;
import plumbline.verify.TlogProof;
import plumbline.verify.TokenIds;
import plumbline.verify.VerifierKey;

/// Turns requests into answers with receipts, for the HTTP endpoints and for commands in process.
///
/// ```
/// switch (answers.begin(request, body, models)) {
///     case Answers.Repeated repeated -> ...          // the stored answer
///     case PendingAnswer answer -> answer.run(listener)
/// }
/// ```
///
/// Safe for use by several threads, as far as the models are. Source: spec/receipt.md.
public final class Answers {

    private static final int ID_BYTES = 16;

    private final VerifierKey key;
    private final ReceiptStore store;
    private final LogWriter log;
    private final BegunAnswers begun;
    private final Quota quota;
    private final InstantSource clock;
    private final SecureRandom random;
    private final NonceClaims claims = new NonceClaims();

    /// What a request leads to.
    public sealed interface Begun permits Repeated, PendingAnswer {}

    /// The same request under the same nonce was answered before; these are the receipts, one for each choice.
    public record Repeated(List<StoredReceipt> choices) implements Begun {
        public Repeated {
            choices = List.copyOf(choices);
        }

        /// The first.
        public StoredReceipt stored() {
            return choices.getFirst();
        }
    }

    /// Gives loaded models by name.
    @FunctionalInterface
    public interface Models {
        ModelHandle get(String name) throws RequestException, NodeException;
    }

    Answers(VerifierKey key, ReceiptStore store, LogWriter log, BegunAnswers begun, Quota quota,
            InstantSource clock, SecureRandom random) {
        this.begun = begun;
        this.quota = quota;
        this.key = key;
        this.store = store;
        this.log = log;
        this.clock = clock;
        this.random = random;
    }

    /// Checks all that can be checked before the first token, and claims the nonce.
    ///
    /// @param body the bytes that the request was read from; the receipt commits to them
    public Begun begin(InferenceRequest request, byte[] body, Models models)
            throws RequestException, NonceReusedException, NodeException {
        return begin(request, body, models, Charge.NOBODY);
    }

    /// The same, counted for an API key.
    public Begun begin(InferenceRequest request, byte[] body, Models models, Charge charge)
            throws RequestException, NonceReusedException, NodeException {
        log.check();
        quota.check(0);
        Nonce nonce = request.nonce()
                .map(value -> new Nonce(value, Nonce.ChosenBy.CLIENT))
                .orElseGet(() -> new Nonce(Digest.of(random(Digest.BYTES)), Nonce.ChosenBy.NODE));
        NonceClaims.Claim claim = claims.claim(nonce.value());
        try {
            // Claimed first and looked up then: whoever held the claim before has written by now.
            Optional<StoredReceipt> stored = store.byNonce(nonce.value());
            if (stored.isPresent()) {
                // Committed but not signed for, where the log broke down in between: said by check().
                if (!log.isPublished(stored.get())) {
                    log.check();
                }
                return repeated(stored.get(), request, body);
            }
            if (store.goneByNonce(nonce.value()).isPresent()) {
                throw new RequestException(410, "nonce", "receipt_gone", "this nonce was answered, and the"
                        + " answer has been deleted since: take another nonce to ask anew");
            }
            ModelHandle model = models.get(request.model());
            try {
                PendingAnswer answer = prepare(request, body, model, nonce, claim, charge);
                claim.afterwards(() -> answer.choices().forEach(choice -> begun.end(choice.id())));
                answer.choices().forEach(choice -> begun.begin(choice.id(), choice.secret()));
                claim = null;
                model = null;
                return answer;
            } finally {
                if (model != null) {
                    model.close();
                }
            }
        } finally {
            if (claim != null) {
                claim.close();
            }
        }
    }

    private Repeated repeated(StoredReceipt stored, InferenceRequest request, byte[] body)
            throws NonceReusedException, NodeException {
        boolean isSame = stored.receipt().endpoint().path().equals(request.endpoint())
                && Arrays.equals(stored.exchange().request(), body);
        if (!isSame) {
            throw NonceReusedException.used(stored.receipt().nonce().value());
        }
        List<StoredReceipt> choices = new ArrayList<>(List.of(stored));
        int first = request.relay().choice();
        for (int choice = first + 1; choice < first + request.options().choices(); choice++) {
            choices.add(store.byNonce(stored.receipt().nonce().value(), choice)
                    .orElseThrow(() -> NonceReusedException.cutShort(stored.receipt().nonce().value())));
        }
        return new Repeated(choices);
    }

    private PendingAnswer prepare(InferenceRequest request, byte[] body, ModelHandle model,
            Nonce nonce, NonceClaims.Claim claim, Charge charge) throws RequestException {
        String param = request.input() instanceof Input.Prompt ? "prompt" : "messages";
        TokenIds prompt;
        try {
            prompt = model.prompt(request.input());
        } catch (PromptException e) {
            throw new RequestException(400, e.fieldOr(param), "prompt_refused", e.getMessage());
        }
        int room = model.contextLength() - prompt.size();
        if (room < 1 || request.maxTokensGiven() && request.maxTokens() > room) {
            throw new RequestException(400, room < 1 ? param : "max_tokens",
                    "context_length_exceeded", "the prompt has " + prompt.size()
                            + " tokens and the context holds " + model.contextLength() + ", so "
                            + Math.max(0, room) + " are left for the answer, not "
                            + request.maxTokens() + ": ask for fewer, or shorten the prompt");
        }
        int handed = request.relay().prefix().map(TokenIds::size).orElse(0);
        if (handed > Math.min(request.maxTokens(), room)) {
            throw new RequestException(400, "plumbline.continue", "the answer may have "
                    + Math.min(request.maxTokens(), room) + " tokens, and " + handed + " are handed over");
        }
        int most = Math.min(request.maxTokens(), room);
        return new PendingAnswer(
                new PendingAnswer.Prepared(request, body.clone(), model, prompt,
                        model.restriction(request.options(), most), most, nonce,
                        Stream.generate(() -> new AnswerEvent.Handle(
                                        ReceiptId.of(random(ID_BYTES)), Secret.of(random(Digest.BYTES))))
                                .limit(request.options().choices()).toList(), charge),
                key, log, clock, claim);
    }

    /// The bundle of a receipt, with the proof for the checkpoint that is published now.
    public byte[] bundle(StoredReceipt stored) throws NodeException {
        TlogProof proof = log.prove(stored);
        if (!proof.includes(MerkleTree.leafHash(stored.receipt().digest().bytes()))) {
            throw new NodeException("receipt " + stored.index() + " in the database isn't the one that is in"
                    + " the log: the database was damaged or changed. Put a backup back");
        }
        return Bundle.of(stored.receipt(), stored.exchange(), stored.secret(), proof).encode();
    }

    private byte[] random(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}

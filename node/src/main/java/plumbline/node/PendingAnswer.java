package plumbline.node;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import plumbline.engine.Answer;
import plumbline.engine.GenerationJob;
import plumbline.engine.PrefixException;
import plumbline.engine.PromptException;
import plumbline.engine.TokenListener;
import plumbline.engine.TokenRestriction;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestException;
import plumbline.node.api.AnswerEvent;
import plumbline.verify.BoundarySalt;
import plumbline.verify.Digest;
import plumbline.verify.Endpoint;
import plumbline.verify.Exchange;
import plumbline.verify.Nonce;
import plumbline.verify.Part;
import plumbline.verify.Price;
import plumbline.verify.Receipt;
import plumbline.verify.Secret;
import plumbline.verify.Seed;
import plumbline.verify.SeedSource;
import plumbline.verify.StopReason;
import plumbline.verify.TokenIds;
import plumbline.verify.VerifierKey;

/// An answer that can be begun: everything is checked, the nonce is claimed, the receipts' ids and
/// secrets are drawn, nothing is computed. Close it in any case; that gives the claim back.
public final class PendingAnswer implements Answers.Begun, AutoCloseable {

    /// What the answer depends on.
    record Prepared(InferenceRequest request, byte[] body, ModelHandle model, TokenIds prompt,
            Optional<TokenRestriction> restriction, int maxTokens, Nonce nonce, List<AnswerEvent.Handle> choices,
            Charge charge) {}

    /// An answer whose receipt is durable.
    ///
    /// @param timings wall times, for people
    public record Finished(StoredReceipt stored, Answer.Timings timings) {}

    private final Prepared prepared;
    private final VerifierKey key;
    private final LogWriter log;
    private final InstantSource clock;
    private final NonceClaims.Claim claim;

    PendingAnswer(Prepared prepared, VerifierKey key, LogWriter log, InstantSource clock,
            NonceClaims.Claim claim) {
        this.prepared = prepared;
        this.key = key;
        this.log = log;
        this.clock = clock;
        this.claim = claim;
    }

    /// Generates, and returns when the receipt is in the log. A listener that answers false ends the
    /// answer as cancelled; what was generated gets its receipt all the same.
    ///
    /// @throws java.util.concurrent.CancellationException if it was cancelled before its first token
    public Finished run(TokenListener listener) throws RequestException, NodeException {
        return run(_ -> listener, () -> {}).getFirst();
    }

    /// The same for each choice of the request; a choice that was cancelled before its first token is missing. Calls
    /// `modelFree` as soon as the model is done with it, before the receipts are written, all together.
    List<Finished> run(IntFunction<TokenListener> listeners, Runnable modelFree)
            throws RequestException, NodeException {
        List<Optional<Answer>> answers;
        try {
            answers = draw(listeners);
        } catch (PrefixException e) {
            throw new RequestException(409, "plumbline.continue", "prefix_differs", e.getMessage());
        } catch (PromptException e) {
            throw new RequestException(400, "", "prompt_refused", e.getMessage());
        }
        modelFree.run();
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        List<ReceiptStore.Unlogged> receipts = new ArrayList<>();
        List<Answer.Timings> timings = new ArrayList<>();
        for (int choice = 0; choice < answers.size(); choice++) {
            if (answers.get(choice).isPresent()) {
                receipts.add(unlogged(choice, answers.get(choice).get(), now));
                timings.add(answers.get(choice).get().timings());
            }
        }
        List<Finished> finished = new ArrayList<>();
        for (StoredReceipt stored : log.append(receipts)) {
            finished.add(new Finished(stored, timings.get(finished.size())));
        }
        return finished;
    }

    /// An upstream gives one answer, to the request itself.
    private List<Optional<Answer>> draw(IntFunction<TokenListener> listeners)
            throws PromptException, RequestException, NodeException {
        ModelHandle model = prepared.model();
        return model.arithmetic().equals(Receipt.UPSTREAM)
                ? List.of(Optional.of(model.answer(new ModelHandle.Asked(prepared.request(), prepared.body()),
                        job(0), listeners.apply(0))))
                : Choices.draw(model, prepared.choices().size(), this::job, listeners);
    }

    private SeedSource seedSource() {
        return prepared.request().seed().isPresent()
                ? new SeedSource.Given(prepared.request().seed().getAsLong())
                : new SeedSource.FromNonce();
    }

    private GenerationJob job(int choice) {
        InferenceRequest request = prepared.request();
        Digest seed = Seed.derive(
                new Seed.Inputs(seedSource(), prepared.nonce().value(), prepared.model().arithmetic(),
                        prepared.model().id(), request.sampling(), request.relay().choice() + choice),
                prepared.prompt());
        Digest boundarySalt = BoundarySalt.of(key.publicKey(), prepared.nonce().value());
        GenerationJob job = new GenerationJob(prepared.prompt(), request.sampling(), seed,
                prepared.maxTokens(), request.stops(), boundarySalt)
                .after(request.relay().prefix().orElse(TokenIds.of()));
        return prepared.restriction().map(job::under).orElse(job);
    }

    private ReceiptStore.Unlogged unlogged(int choice, Answer answer, Instant now) throws NodeException {
        Exchange exchange = new Exchange(prepared.body(), prepared.prompt(), answer.output(),
                answer.text(), prepared.request().relay().prefix());
        int textBytes = exchange.content(Part.TEXT).length;
        if (textBytes > Receipt.COUNT_MAX) {
            throw new NodeException("the answer's text has " + textBytes + " bytes, a receipt can state "
                    + Receipt.COUNT_MAX + ": ask for fewer tokens");
        }
        return new ReceiptStore.Unlogged(receipt(choice, exchange, answer, now), exchange,
                prepared.choices().get(choice).secret(), prepared.charge());
    }

    private Receipt receipt(int choice, Exchange exchange, Answer answer, Instant now) {
        Secret secret = prepared.choices().get(choice).secret();
        return new Receipt(
                prepared.choices().get(choice).id(),
                prepared.model().arithmetic(),
                prepared.model().id(),
                prepared.model().weightsRoot(),
                key,
                prepared.nonce(),
                prepared.request().endpoint().equals(InferenceRequest.CHAT)
                        ? Endpoint.CHAT_COMPLETIONS : Endpoint.COMPLETIONS,
                exchange.commitment(Part.REQUEST, secret).digest(),
                exchange.commitment(Part.PROMPT, secret),
                exchange.commitment(Part.OUTPUT, secret),
                exchange.commitment(Part.TEXT, secret),
                prepared.request().sampling(),
                seedSource(),
                isUpstreamsLength(answer) ? answer.output().size() : prepared.maxTokens(),
                answer.stop(),
                prepared.request().relay().choice() + choice,
                answer.boundaryRoot(),
                Price.FREE,
                Optional.empty(),
                exchange.prefix().map(_ -> exchange.commitment(Part.PREFIX, secret)),
                now);
    }

    // Its tokens aren't ours: it may have reached its limit in fewer pieces (spec/upstream.md U4).
    private boolean isUpstreamsLength(Answer answer) {
        return prepared.model().arithmetic().equals(Receipt.UPSTREAM) && answer.stop() == StopReason.LENGTH;
    }

    /// The nonce that the receipts will have.
    public Nonce nonce() {
        return prepared.nonce();
    }

    /// The ids that the receipts will have, and their secrets, which are for the requester only: one for each choice.
    public List<AnswerEvent.Handle> choices() {
        return prepared.choices();
    }

    /// The model that answers.
    public ModelHandle model() {
        return prepared.model();
    }

    /// The prompt's token ids.
    public TokenIds prompt() {
        return prepared.prompt();
    }

    /// Gives the model back, and the nonce if nothing was logged under it.
    @Override
    public void close() {
        prepared.model().close();
        claim.close();
    }
}

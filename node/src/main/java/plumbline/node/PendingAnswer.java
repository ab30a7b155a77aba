package plumbline.node;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import plumbline.engine.Answer;
import plumbline.engine.GenerationJob;
import plumbline.engine.PrefixException;
import plumbline.engine.PromptException;
import plumbline.engine.TokenListener;
import plumbline.engine.TokenRestriction;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestException;
import plumbline.verify.BoundarySalt;
import plumbline.verify.Digest;
import plumbline.verify.Endpoint;
import plumbline.verify.Exchange;
import plumbline.verify.Nonce;
import plumbline.verify.Part;
import plumbline.verify.Price;
import plumbline.verify.Receipt;
import plumbline.verify.ReceiptId;
import plumbline.verify.Secret;
import plumbline.verify.Seed;
import plumbline.verify.SeedSource;
import plumbline.verify.TokenIds;
import plumbline.verify.VerifierKey;

/// An answer that can be begun: everything is checked, the nonce is claimed, the receipt's id and
/// secret are drawn, nothing is computed. Close it in any case; that gives the claim back.
public final class PendingAnswer implements Answers.Begun, AutoCloseable {

    /// What the answer depends on.
    record Prepared(InferenceRequest request, byte[] body, ModelHandle model, TokenIds prompt,
            Optional<TokenRestriction> restriction, int maxTokens, Nonce nonce, ReceiptId id, Secret secret) {}

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
        return run(listener, () -> {});
    }

    /// The same; calls `modelFree` as soon as the model is done with it, before the receipt is written.
    Finished run(TokenListener listener, Runnable modelFree) throws RequestException, NodeException {
        InferenceRequest request = prepared.request();
        SeedSource source = request.seed().isPresent()
                ? new SeedSource.Given(request.seed().getAsLong())
                : new SeedSource.FromNonce();
        Digest seed = Seed.derive(
                new Seed.Inputs(source, prepared.nonce().value(), Receipt.ARITHMETIC,
                        prepared.model().id(), request.sampling(), 0),
                prepared.prompt());
        Digest boundarySalt = BoundarySalt.of(key.publicKey(), prepared.nonce().value());
        GenerationJob job = new GenerationJob(prepared.prompt(), request.sampling(), seed,
                prepared.maxTokens(), request.stops(), boundarySalt)
                .after(request.relay().prefix().orElse(TokenIds.of()));
        Answer answer;
        try {
            answer = prepared.model().generate(prepared.restriction().map(job::under).orElse(job), listener);
        } catch (PrefixException e) {
            throw new RequestException(409, "plumbline.continue", "prefix_differs", e.getMessage());
        } catch (PromptException e) {
            throw new RequestException(400, "", "prompt_refused", e.getMessage());
        }
        modelFree.run();
        Exchange exchange = new Exchange(prepared.body(), prepared.prompt(), answer.output(),
                answer.text(), request.relay().prefix());
        int textBytes = exchange.content(Part.TEXT).length;
        if (textBytes > Receipt.COUNT_MAX) {
            throw new NodeException("the answer's text has " + textBytes + " bytes, a receipt can state "
                    + Receipt.COUNT_MAX + ": ask for fewer tokens");
        }
        Receipt receipt = receipt(source, exchange, answer);
        return new Finished(log.append(receipt, exchange, prepared.secret()), answer.timings());
    }

    private Receipt receipt(SeedSource source, Exchange exchange, Answer answer) {
        Secret secret = prepared.secret();
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        return new Receipt(
                prepared.id(),
                Receipt.ARITHMETIC,
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
                source,
                prepared.maxTokens(),
                answer.stop(),
                0,
                answer.boundaryRoot(),
                Price.FREE,
                Optional.empty(),
                exchange.prefix().map(_ -> exchange.commitment(Part.PREFIX, secret)),
                now);
    }

    /// The id that the receipt will have.
    public ReceiptId receiptId() {
        return prepared.id();
    }

    /// The nonce that the receipt will have.
    public Nonce nonce() {
        return prepared.nonce();
    }

    /// The receipt's secret, for the requester only.
    public Secret secret() {
        return prepared.secret();
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

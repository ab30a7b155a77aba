package plumbline.engine;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import plumbline.verify.OpenedBundle;
import plumbline.verify.Receipt;
import plumbline.verify.ReplayOutcome.Differs;
import plumbline.verify.Sampling;
import plumbline.verify.SeedSource;
import plumbline.verify.StopReason;
import plumbline.verify.TokenIds;

/// Holds a receipt against its request as far as that goes without the weights: parameters, seed and prompt follow from
/// the request, text and stop reason from the output. What is left for a replay is whether the output is the model's.
/// Source: spec/bundle.md V14.
public final class RequestBinding {

    private final OpenedBundle bundle;
    private final Receipt receipt;
    private final InferenceRequest request;
    private final ModelText text;

    private RequestBinding(OpenedBundle bundle, InferenceRequest request, ModelText text) {
        this.bundle = bundle;
        this.receipt = bundle.receipt();
        this.request = request;
        this.text = text;
    }

    /// Reads the bundle's request.
    ///
    /// @param text of the model that the receipt names
    public static RequestBinding of(OpenedBundle bundle, ModelText text) throws RequestException {
        // What the request leaves out has the API's fixed default: a node that could choose it could choose the answer.
        InferenceRequest request = InferenceRequest.parse(
                bundle.receipt().endpoint().path(), bundle.request(), RequestDefaults.standard());
        return new RequestBinding(bundle, request, text);
    }

    /// What doesn't follow from the request: its model's digest, parameters, prompt; and whether the output can be an
    /// answer to it at all.
    ///
    /// @throws PromptException if no prompt follows from the request
    public Optional<Differs> request() throws PromptException {
        Optional<Differs> differs = modelNamed(request.model(), receipt).or(this::parameters);
        if (differs.isPresent()) {
            return differs;
        }
        TokenIds rendered = TokenIds.of(text.promptIds(request.input()));
        int at = rendered.mismatch(bundle.prompt());
        if (at >= 0) {
            return Optional.of(new Differs("prompt token " + at, "the receipt has " + idAt(bundle.prompt(), at)
                    + ", the model's template and tokenizer give " + idAt(rendered, at)));
        }
        return output();
    }

    private Optional<Differs> output() {
        int count = bundle.output().size();
        if (count == 0 || bundle.prompt().size() + count > text.contextLength()) {
            return Optional.of(new Differs("output", bundle.prompt().size() + " prompt and " + count
                    + " output tokens can't come from a context of " + text.contextLength()));
        }
        for (int id : bundle.output().toArray()) {
            if (id < 0 || id >= text.tokenizer().size()) {
                return Optional.of(new Differs("output", "token id " + id + " isn't in the model's vocabulary"));
            }
        }
        return Optional.empty();
    }

    /// A digest in the request's model is the model that was asked for; a bare name is the node's to resolve.
    private static Optional<Differs> modelNamed(String name, Receipt receipt) {
        int at = name.indexOf('@');
        String digest = name.startsWith("sha256:") ? name : at < 0 ? "" : name.substring(at + 1);
        boolean other = (at >= 0 || !digest.isEmpty()) && !digest.equals(receipt.model().toString());
        return other ? Optional.of(new Differs("model", "the request asks for " + name + ", the receipt is of "
                + receipt.model())) : Optional.empty();
    }

    /// What restricts the answer's first token, where the request asks for a form.
    Optional<TokenRestriction> restriction() throws RequestException {
        return text.restriction(request.options(), receipt.maxTokens());
    }

    private Optional<Differs> parameters() {
        int first = request.relay().choice();
        if (receipt.choice() < first || receipt.choice() >= first + request.options().choices()) {
            return Optional.of(new Differs("choice", "the request asks for " + request.options().choices()
                    + " answers, counted from " + first + ", the receipt is of number " + receipt.choice()));
        }
        if (!request.sampling().equals(receipt.sampling())) {
            return Optional.of(new Differs("sampling", "the request and the API's defaults ask for "
                    + oneLine(request.sampling()) + ", the receipt says " + oneLine(receipt.sampling())));
        }
        SeedSource asked = request.seed().isPresent()
                ? new SeedSource.Given(request.seed().getAsLong()) : new SeedSource.FromNonce();
        if (!asked.equals(receipt.seed())) {
            return Optional.of(new Differs("seed", "the request asks for " + asked + ", the receipt says "
                    + receipt.seed()));
        }
        int most = request.maxTokensGiven() ? request.maxTokens()
                : Math.min(request.maxTokens(), text.answerTokensMax(bundle.prompt().size()));
        if (most != receipt.maxTokens()) {
            return Optional.of(new Differs("max-tokens", "the request and the API's defaults allow " + most
                    + ", the receipt says " + receipt.maxTokens()));
        }
        if (request.nonce().isPresent() && !request.nonce().get().equals(receipt.nonce().value())) {
            return Optional.of(new Differs("nonce", "the request has " + request.nonce().get().hex()
                    + ", the receipt says " + receipt.nonce()));
        }
        if (!request.relay().prefix().equals(bundle.prefix())) {
            return Optional.of(new Differs("prefix", "the request hands over "
                    + request.relay().prefix().map(TokenIds::size).orElse(0) + " tokens, the receipt names "
                    + bundle.prefix().map(TokenIds::size).orElse(0) + " or other ones"));
        }
        return Optional.empty();
    }

    /// The text, and why the answer ended where it did and not before.
    public Optional<Differs> ending() {
        int[] output = bundle.output().toArray();
        Ending ending = new Ending(text.tokenizer(), receipt.maxTokens(), request.stops());
        for (int i = 0; i < output.length; i++) {
            boolean last = i == output.length - 1;
            StopReason stop = ending.after(output[i]).orElse(null);
            if (last && stop == null && receipt.stop() == StopReason.CANCELLED) {
                stop = ending.cancel();
            }
            if (last ? stop != receipt.stop() : stop != null) {
                return Optional.of(new Differs("stop", "the receipt says " + receipt.stop().word() + " after token "
                        + (output.length - 1) + ", the rules give " + (stop == null ? "none" : stop.word())
                        + " after token " + i));
            }
        }
        if (!ending.text().equals(bundle.text())) {
            return Optional.of(new Differs("text", "the output tokens give a text of "
                    + ending.text().getBytes(StandardCharsets.UTF_8).length + " bytes that isn't the receipt's"));
        }
        return Optional.empty();
    }

    private static String oneLine(Sampling sampling) {
        return sampling.lines().strip().replace("\n", ", ");
    }

    private static String idAt(TokenIds ids, int at) {
        return at < ids.size() ? Integer.toString(ids.get(at)) : "no token";
    }
}

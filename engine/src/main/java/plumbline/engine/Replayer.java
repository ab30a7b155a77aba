package plumbline.engine;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntConsumer;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import plumbline.exact.Sampler;
import plumbline.verify.BoundarySalt;
import plumbline.verify.Digest;
import plumbline.verify.OpenedBundle;
import plumbline.verify.Receipt;
import plumbline.verify.ReplayOutcome;
import plumbline.verify.ReplayOutcome.Differs;
import plumbline.verify.ReplayOutcome.Impossible;
import plumbline.verify.Sampling;
import plumbline.verify.Seed;
import plumbline.verify.SeedSource;
import plumbline.verify.StopReason;
import plumbline.verify.TokenIds;

/// Re-runs a receipt's request from bundle and model alone: the prompt from the request through the model's own
/// template, every token drawn again from the teacher-forced answer, the text, the stop reason, the committed states.
/// Needs no node, no network and no trust. Source: spec/bundle.md V14.
public final class Replayer implements Function<OpenedBundle, ReplayOutcome> {

    private final Model model;
    private final IntConsumer progress;

    /// `progress` hears the number of positions computed so far, now and then.
    public Replayer(Model model, IntConsumer progress) {
        this.model = model;
        this.progress = progress;
    }

    @Override
    public ReplayOutcome apply(OpenedBundle bundle) {
        Receipt receipt = bundle.receipt();
        if (!receipt.arithmetic().equals(Model.ARITHMETIC)) {
            return new Impossible("the receipt is of arithmetic " + receipt.arithmetic() + ", this program computes "
                    + Model.ARITHMETIC + "; use a version of plumb that has it");
        }
        if (!receipt.model().equals(model.id())) {
            return new Impossible("the receipt is of model " + receipt.model() + ", the file at hand is " + model.id());
        }
        if (!receipt.weightsRoot().equals(model.weightsRoot())) {
            return new Differs("weights root", "the receipt says " + receipt.weightsRoot().hex() + ", the file has "
                    + model.weightsRoot().hex());
        }
        if (receipt.choice() != 0) {
            return new Differs("choice", "a request for one answer has choice 0, the receipt says " + receipt.choice());
        }
        if (receipt.prefix().isPresent()) {
            return new Impossible("the receipt is of a continued answer, which this version can't replay yet");
        }
        try {
            return request(bundle, receipt);
        } catch (RequestException | PromptException e) {
            return new Differs("request", "no answer can come from it: " + e.getMessage());
        }
    }

    private ReplayOutcome request(OpenedBundle bundle, Receipt receipt) throws RequestException, PromptException {
        // What the request leaves out has the API's fixed default: a node that could choose it could choose the answer.
        InferenceRequest request = InferenceRequest.parse(
                receipt.endpoint().path(), bundle.request(), RequestDefaults.standard());
        Optional<Differs> differs = modelNamed(request.model(), receipt).or(() -> binding(request, bundle, receipt));
        if (differs.isPresent()) {
            return differs.get();
        }
        TokenIds rendered = TokenIds.of(model.promptIds(request.input()));
        int at = rendered.mismatch(bundle.prompt());
        if (at >= 0) {
            return new Differs("prompt token " + at, "the receipt has " + idAt(bundle.prompt(), at)
                    + ", the model's template and tokenizer give " + idAt(rendered, at));
        }
        return answer(bundle, receipt, request.stops());
    }

    /// A digest in the request's model is the model that was asked for; a bare name is the node's to resolve.
    private static Optional<Differs> modelNamed(String name, Receipt receipt) {
        int at = name.indexOf('@');
        String digest = name.startsWith("sha256:") ? name : at < 0 ? "" : name.substring(at + 1);
        boolean other = (at >= 0 || !digest.isEmpty()) && !digest.equals(receipt.model().toString());
        return other ? Optional.of(new Differs("model", "the request asks for " + name + ", the receipt is of "
                + receipt.model())) : Optional.empty();
    }

    private Optional<Differs> binding(InferenceRequest request, OpenedBundle bundle, Receipt receipt) {
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
                : Math.min(request.maxTokens(), model.answerTokensMax(bundle.prompt().size()));
        if (most != receipt.maxTokens()) {
            return Optional.of(new Differs("max-tokens", "the request and the API's defaults allow " + most
                    + ", the receipt says " + receipt.maxTokens()));
        }
        if (request.nonce().isPresent() && !request.nonce().get().equals(receipt.nonce().value())) {
            return Optional.of(new Differs("nonce", "the request has " + request.nonce().get().hex()
                    + ", the receipt says " + receipt.nonce()));
        }
        return Optional.empty();
    }

    private ReplayOutcome answer(OpenedBundle bundle, Receipt receipt, List<String> stops) {
        int[] prompt = bundle.prompt().toArray();
        int[] output = bundle.output().toArray();
        if (output.length == 0 || prompt.length + output.length > model.contextLength()) {
            return new Differs("output", prompt.length + " prompt and " + output.length
                    + " output tokens can't come from a context of " + model.contextLength());
        }
        int[] ids = Arrays.copyOf(prompt, prompt.length + output.length - 1);
        System.arraycopy(output, 0, ids, prompt.length, output.length - 1);
        for (int id : output) {
            if (id < 0 || id >= model.tokenizer().size()) {
                return new Differs("output", "token id " + id + " isn't in the model's vocabulary");
            }
        }
        Digest salt = BoundarySalt.of(receipt.node().publicKey(), receipt.nonce().value());
        Forward forward = new Forward(model, ids.length, salt);
        Optional<Differs> token = tokens(forward, ids, output, receipt, bundle.prompt());
        if (token.isPresent()) {
            return token.get();
        }
        return ending(bundle, receipt, stops, output).<ReplayOutcome>map(d -> d).orElseGet(() ->
                forward.boundaryRoot().equals(receipt.boundaries())
                        ? new ReplayOutcome.Same("you", ids.length)
                        : new Differs("boundaries", "the receipt commits to states "
                                + receipt.boundaries().hex() + ", the replay has " + forward.boundaryRoot().hex()));
    }

    /// Draws every token again, teacher-forced.
    private Optional<Differs> tokens(Forward forward, int[] ids, int[] output, Receipt receipt, TokenIds prompt) {
        Digest seed = Seed.derive(receipt, prompt);
        Sampler sampler = new Sampler(Generator.rule(receipt.sampling()), seed.bytes());
        int vocabulary = model.tokenizer().size();
        int[] promptIds = prompt.toArray();
        long[] all = new long[Forward.CHUNK_MAX * vocabulary];
        for (int from = 0; from < ids.length; from += Forward.CHUNK_MAX) {
            int to = Math.min(from + Forward.CHUNK_MAX, ids.length);
            forward.advance(ids, from, to);
            int first = Math.max(from, promptIds.length - 1);
            if (first < to) {
                forward.logits(to - from, to - first, all);
            }
            for (int p = first; p < to; p++) {
                int index = p - promptIds.length + 1;
                long[] logits = Arrays.copyOfRange(all, (p - first) * vocabulary, (p - first + 1) * vocabulary);
                int drawn = sampler.draw(logits, promptIds, Arrays.copyOf(output, index));
                if (drawn != output[index]) {
                    return Optional.of(new Differs("output token " + index, "the receipt has " + output[index]
                            + " " + quoted(output[index]) + ", the model gives " + drawn + " " + quoted(drawn)));
                }
            }
            progress.accept(to);
        }
        return Optional.empty();
    }

    /// The text, and why the answer ended where it did and not before.
    private Optional<Differs> ending(OpenedBundle bundle, Receipt receipt, List<String> stops, int[] output) {
        Ending ending = new Ending(model, receipt.maxTokens(), stops);
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

    private String quoted(int id) {
        return '"' + model.tokenizer().text(id).replace("\n", "\\n") + '"';
    }
}

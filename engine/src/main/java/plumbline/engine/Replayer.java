package plumbline.engine;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntConsumer;
import plumbline.engine.request.RequestException;
import plumbline.exact.Sampler;
import plumbline.verify.BoundarySalt;
import plumbline.verify.Digest;
import plumbline.verify.OpenedBundle;
import plumbline.verify.Receipt;
import plumbline.verify.ReplayOutcome;
import plumbline.verify.ReplayOutcome.Differs;
import plumbline.verify.ReplayOutcome.Impossible;
import plumbline.verify.Seed;

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
        try {
            RequestBinding binding = RequestBinding.of(bundle, model.text());
            Optional<Differs> differs = binding.request();
            return differs.isPresent() ? differs.get() : answer(bundle, binding);
        } catch (RequestException | PromptException e) {
            return new Differs("request", "no answer can come from it: " + e.getMessage());
        }
    }

    private ReplayOutcome answer(OpenedBundle bundle, RequestBinding binding) throws RequestException {
        Receipt receipt = bundle.receipt();
        int[] prompt = bundle.prompt().toArray();
        int[] output = bundle.output().toArray();
        int[] ids = Arrays.copyOf(prompt, prompt.length + output.length - 1);
        System.arraycopy(output, 0, ids, prompt.length, output.length - 1);
        Digest salt = BoundarySalt.of(receipt.node().publicKey(), receipt.nonce().value());
        Forward forward = new Forward(model, ids.length, salt);
        Optional<Differs> token = tokens(forward, ids, bundle, binding.restriction());
        if (token.isPresent()) {
            return token.get();
        }
        return binding.ending().<ReplayOutcome>map(d -> d).orElseGet(() ->
                forward.boundaryRoot().equals(receipt.boundaries())
                        ? new ReplayOutcome.Same("you", ids.length)
                        : new Differs("boundaries", "the receipt commits to states "
                                + receipt.boundaries().hex() + ", the replay has " + forward.boundaryRoot().hex()));
    }

    /// Draws every token again, teacher-forced.
    private Optional<Differs> tokens(Forward forward, int[] ids, OpenedBundle bundle,
            Optional<TokenRestriction> first) {
        Receipt receipt = bundle.receipt();
        Sampler sampler = new Sampler(
                Generator.rule(receipt.sampling()), Seed.derive(receipt, bundle.prompt()).bytes());
        int vocabulary = model.tokenizer().size();
        int[] promptIds = bundle.prompt().toArray();
        int[] output = bundle.output().toArray();
        Optional<TokenRestriction> restriction = first;
        long[] all = new long[Forward.CHUNK_MAX * vocabulary];
        for (int from = 0; from < ids.length; from += Forward.CHUNK_MAX) {
            int to = Math.min(from + Forward.CHUNK_MAX, ids.length);
            forward.advance(ids, from, to);
            int drawing = Math.max(from, promptIds.length - 1);
            if (drawing < to) {
                forward.logits(to - from, to - drawing, all);
            }
            for (int p = drawing; p < to; p++) {
                int index = p - promptIds.length + 1;
                long[] logits = Arrays.copyOfRange(all, (p - drawing) * vocabulary, (p - drawing + 1) * vocabulary);
                int drawn = sampler.draw(
                        logits, promptIds, Arrays.copyOf(output, index), restriction.map(TokenRestriction::allowed));
                if (drawn != output[index]) {
                    return Optional.of(new Differs("output token " + index, "the receipt has " + output[index]
                            + " " + quoted(output[index]) + ", the model gives " + drawn + " " + quoted(drawn)));
                }
                restriction = restriction.map(place -> place.after(drawn));
            }
            progress.accept(to);
        }
        return Optional.empty();
    }

    private String quoted(int id) {
        return '"' + model.tokenizer().text(id).replace("\n", "\\n") + '"';
    }
}

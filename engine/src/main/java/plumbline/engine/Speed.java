package plumbline.engine;

import java.util.Arrays;
import java.util.SplittableRandom;
import plumbline.exact.Sampler;
import plumbline.verify.Digest;
import plumbline.verify.Sampling;

/// How fast a model computes on this machine. Random tokens stand in for a prompt: the work of a token doesn't depend
/// on which one it is, and no end of the text cuts a round short.
public final class Speed {

    private static final int FIRST_PLAIN_ID = 259;      // behind the control and byte tokens of every vocabulary
    private static final long SEED = 1;
    private static final int[] NONE = {};
    private static final String EMBEDDING = "token_embd.weight";
    private static final String HEAD = "output.weight";

    /// Times of one round.
    ///
    /// @param prefillNanos the prompt, its last logits and the first draw included
    /// @param decodeNanos  the tokens that follow it one by one, each drawn from its logits
    /// @param replayNanos  the same tokens once more, prompt included, drawn again as a verifier does; 0 if left out
    public record Round(long prefillNanos, long decodeNanos, long replayNanos) {}

    private final Model model;
    private final int[] prompt;
    private final int generated;

    /// Rounds of `promptCount` tokens in and `generated` tokens out.
    ///
    /// @throws PromptException if that doesn't fit the context
    public Speed(Model model, int promptCount, int generated) throws PromptException {
        if (promptCount + generated > model.contextLength()) {
            throw new PromptException("a prompt of " + promptCount + " and an answer of " + generated
                    + " tokens don't fit the context of " + model.contextLength());
        }
        this.model = model;
        this.generated = generated;
        int vocabulary = model.tokenizer().size();
        int first = Math.min(FIRST_PLAIN_ID, vocabulary - 1);
        prompt = new SplittableRandom(SEED).ints(promptCount, first, vocabulary).toArray();
    }

    /// One round, greedy, replayed or not. The states between the layers are committed to as in every answer.
    public Round round(boolean replayed) {
        int total = prompt.length + generated;
        int[] ids = Arrays.copyOf(prompt, total);
        long[] logits = new long[model.tokenizer().size()];
        Forward forward = forward(total);
        long start = System.nanoTime();
        forward.prefill(ids, prompt.length, logits);
        ids[prompt.length] = draw(logits);
        long prefilled = System.nanoTime();
        for (int p = prompt.length; p < total - 1; p++) {
            forward.advance(ids, p, p + 1);
            forward.logits(1, 1, logits);
            ids[p + 1] = draw(logits);
        }
        forward.boundaryRoot();
        long decoded = System.nanoTime();
        if (!replayed) {
            return new Round(prefilled - start, decoded - prefilled, 0);
        }
        replay(ids);
        return new Round(prefilled - start, decoded - prefilled, System.nanoTime() - decoded);
    }

    private void replay(int[] ids) {
        int vocabulary = model.tokenizer().size();
        Forward forward = forward(ids.length);
        long[] all = new long[Forward.CHUNK_MAX * vocabulary];
        for (int from = 0; from < ids.length - 1; from += Forward.CHUNK_MAX) {
            int to = Math.min(from + Forward.CHUNK_MAX, ids.length - 1);
            forward.advance(ids, from, to);
            int first = Math.max(from, prompt.length - 1);
            if (first < to) {
                forward.logits(to - from, to - first, all);
            }
            for (int p = first; p < to; p++) {
                int drawn = draw(Arrays.copyOfRange(all, (p - first) * vocabulary, (p - first + 1) * vocabulary));
                if (drawn != ids[p + 1]) {
                    throw new IllegalStateException("position " + (p + 1) + " was " + ids[p + 1] + " one by one and "
                            + drawn + " together: this kernel is broken");
                }
            }
        }
        forward.boundaryRoot();
    }

    private Forward forward(int capacity) {
        return new Forward(model, capacity, Digest.of(new byte[Digest.BYTES]));
    }

    private static int draw(long[] logits) {
        return new Sampler(Generator.rule(Sampling.greedy()), new byte[Digest.BYTES]).draw(logits, NONE, NONE);
    }

    /// Bytes of weights, as the file has them, that one token passes through: every matrix once, the embedding only
    /// where it is the head too.
    public static long bytesPerToken(Model model) {
        return model.file().tensors().stream()
                .filter(tensor -> tensor.rows() > 1)
                .filter(tensor -> !tensor.name().equals(EMBEDDING) || model.file().tensor(HEAD).isEmpty())
                .mapToLong(tensor -> tensor.data().byteSize()).sum();
    }
}

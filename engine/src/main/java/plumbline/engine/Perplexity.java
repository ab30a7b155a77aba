package plumbline.engine;

import java.util.Arrays;
import java.util.function.IntConsumer;
import plumbline.verify.Digest;

/// How well a model predicts a text, from the integer logits. The measure itself is floating point: nothing that is
/// verified depends on it.
public final class Perplexity {

    /// One prediction: `token` stood at `position` of `window`, the model gave it `nll` nats and liked `top` best.
    public record Prediction(int window, int position, int token, double nll, int top) {}

    /// Hears each prediction in order.
    @FunctionalInterface
    public interface Predictions {
        void predicted(Prediction prediction);
    }

    /// Perplexity exp(mean nll) over `predicted` tokens in `windows` windows.
    public record Result(double perplexity, double meanNll, int predicted, int windows) {}

    private static final double UNIT = 0x1p-20;

    private Perplexity() {}

    /// Cuts `ids` into windows of `context` ids (BOS included where the model adds one, then context - 1 of the text),
    /// without overlap, the incomplete last one dropped, and predicts every id of a window but its first.
    ///
    /// @throws PromptException if the context is out of range or not one window is full
    public static Result measure(Model model, int[] ids, int context, Predictions predictions, IntConsumer progress)
            throws PromptException {
        if (context < 2 || context > model.contextLength()) {
            throw new PromptException("a context of " + context + " isn't in 2.." + model.contextLength());
        }
        boolean bos = model.tokenizer().addsBos() && model.tokenizer().bos().isPresent();
        int step = bos ? context - 1 : context;
        int windows = ids.length / step;
        if (windows == 0) {
            throw new PromptException("the text has " + ids.length + " ids, but a window takes " + step);
        }
        double sum = 0;
        int predicted = 0;
        for (int w = 0; w < windows; w++) {
            int[] window = new int[context];
            System.arraycopy(ids, w * step, window, context - step, step);
            if (bos) {
                window[0] = model.tokenizer().bos().getAsInt();
            }
            double[] nll = new double[1];
            int number = w;
            window(model, window, (position, token, value, top) -> {
                nll[0] += value;
                predictions.predicted(new Prediction(number, position, token, value, top));
            });
            sum += nll[0];
            predicted += context - 1;
            progress.accept(w + 1);
        }
        return new Result(Math.exp(sum / predicted), sum / predicted, predicted, windows);
    }

    private interface WindowSink {
        void predicted(int position, int token, double nll, int top);
    }

    private static void window(Model model, int[] window, WindowSink sink) {
        int vocabulary = model.tokenizer().size();
        Forward forward = new Forward(model, window.length - 1, Digest.of(new byte[Digest.BYTES]));
        long[] all = new long[Forward.CHUNK_MAX * vocabulary];
        for (int from = 0; from < window.length - 1; from += Forward.CHUNK_MAX) {
            int to = Math.min(from + Forward.CHUNK_MAX, window.length - 1);
            forward.advance(window, from, to);
            forward.logits(to - from, to - from, all);
            for (int p = from; p < to; p++) {
                long[] logits = Arrays.copyOfRange(all, (p - from) * vocabulary, (p - from + 1) * vocabulary);
                int top = 0;
                for (int i = 1; i < vocabulary; i++) {
                    top = logits[i] > logits[top] ? i : top;
                }
                double total = 0;
                for (long l : logits) {
                    total += Math.exp((l - logits[top]) * UNIT);
                }
                int token = window[p + 1];
                double nll = Math.log(total) - (logits[token] - logits[top]) * UNIT;
                sink.predicted(p + 1, token, nll, top);
            }
        }
    }
}

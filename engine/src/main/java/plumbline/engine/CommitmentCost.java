package plumbline.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import plumbline.verify.Digest;

/// What committing to the states between the layers costs: two runs over the same random tokens in one program, one
/// that commits and one that doesn't, in turn step by step, each first in every second step. So whatever else slows
/// this machine slows both, and many pairs make the noise smaller than the cost.
public final class CommitmentCost {

    private static final long SEED = 1;

    /// The median of all pairs' differences, in percent of the step without commitments, and the limits between which
    /// it lies in 95 of 100 measurements if pairs are independent.
    ///
    /// @param stepNanos median of a step without commitments
    public record Cost(double percent, double low, double high, int pairs, long stepNanos) {

        static Cost of(List<long[]> pairs) {
            double[] percent = pairs.stream().mapToDouble(p -> 100.0 * (p[0] - p[1]) / p[1]).sorted().toArray();
            long[] without = pairs.stream().mapToLong(p -> p[1]).sorted().toArray();
            int n = percent.length;
            int half = (int) Math.ceil(0.98 * Math.sqrt(n)); // 1.96 standard deviations of a binomial's half
            return new Cost((percent[(n - 1) / 2] + percent[n / 2]) / 2, percent[Math.max(0, n / 2 - half)],
                    percent[Math.min(n - 1, n / 2 + half)], n, without[n / 2]);
        }
    }

    /// @param rootNanos the root over all states at an answer's end, which comes once
    public record Result(Cost prefill, Cost decode, long rootNanos) {}

    private final Model model;
    private final int promptCount;
    private final int generated;
    private final LongSupplier clock;

    /// @param clock nanoseconds; the thread's own CPU time where the model has one thread
    public CommitmentCost(Model model, int promptCount, int generated, LongSupplier clock) throws PromptException {
        if (promptCount + generated > model.contextLength()) {
            throw new PromptException("a prompt of " + promptCount + " and an answer of " + generated
                    + " tokens don't fit the context of " + model.contextLength());
        }
        this.model = model;
        this.promptCount = promptCount;
        this.generated = generated;
        this.clock = clock;
    }

    /// `rounds` that count, after one that doesn't.
    public Result measure(int rounds) {
        int total = promptCount + generated;
        int[] ids = new SplittableRandom(SEED).ints(total, 0, model.tokenizer().size()).toArray();
        List<long[]> prefill = new ArrayList<>();
        List<long[]> decode = new ArrayList<>();
        long[] roots = new long[rounds];
        for (int round = -1; round < rounds; round++) {
            Forward with = new Forward(model, total, Digest.of(new byte[Digest.BYTES]));
            Forward without = Forward.uncommitted(model, total);
            List<long[]> chunks = new ArrayList<>();
            List<long[]> tokens = new ArrayList<>();
            for (int from = 0; from < promptCount; from += Forward.CHUNK_MAX) {
                chunks.add(pair(with, without, ids, from, Math.min(from + Forward.CHUNK_MAX, promptCount), 0));
            }
            for (int p = promptCount; p < total; p++) {
                tokens.add(pair(with, without, ids, p, p + 1, 1));
            }
            long start = clock.getAsLong();
            with.boundaryRoot();
            if (round >= 0) {
                roots[round] = clock.getAsLong() - start;
                prefill.addAll(chunks);
                decode.addAll(tokens);
            }
        }
        Arrays.sort(roots);
        return new Result(Cost.of(prefill), Cost.of(decode), roots[rounds / 2]);
    }

    /// Times of a step of both.
    private long[] pair(Forward with, Forward without, int[] ids, int from, int to, int rows) {
        boolean withFirst = (from / (to - from)) % 2 == 0;
        long[] logits = new long[rows * model.tokenizer().size()];
        long first = step(withFirst ? with : without, ids, from, to, logits);
        long second = step(withFirst ? without : with, ids, from, to, logits);
        return withFirst ? new long[] {first, second} : new long[] {second, first};
    }

    private long step(Forward forward, int[] ids, int from, int to, long[] logits) {
        long start = clock.getAsLong();
        forward.advance(ids, from, to);
        if (logits.length > 0) {
            forward.logits(1, 1, logits);
        }
        return clock.getAsLong() - start;
    }
}

package plumbline.engine;

import plumbline.exact.Exp2;
import plumbline.exact.Fixed;

/// How likely each token was by the model alone: natural logarithms of the softmax of its logits, before penalties,
/// temperature and restriction. A pure function of the logits, so whoever replays an answer gets the same numbers.
/// Source: spec/api.md A85, A87.
public final class Logprobs {

    /// As in the draw (spec/arithmetic.md section 12).
    private static final long LOGIT_MAX = 1L << 40;

    private final long[] logits; // wide, one for each id
    private final long max;
    private final long total;    // logarithm of the sum, 20 fraction bits

    private Logprobs(long[] logits, long max, long total) {
        this.logits = logits;
        this.max = max;
        this.total = total;
    }

    /// @param logits wide values, one for each id of the vocabulary; for keeps
    public static Logprobs of(long[] logits) {
        long max = -LOGIT_MAX;
        for (int id = 0; id < logits.length; id++) {
            logits[id] = Math.clamp(logits[id], -LOGIT_MAX, LOGIT_MAX);
            max = Math.max(max, logits[id]);
        }
        long sum = 0; // 30 fraction bits; at most 2^20 ids
        for (long logit : logits) {
            sum += Exp2.of(Fixed.shift(Math.min(max - logit, LOGIT_MAX) * Exp2.LOG2E_20, 16));
        }
        return new Logprobs(logits, max, Math.round(StrictMath.log(sum * 0x1p-30) * 0x1p20));
    }

    /// The logarithm for one id, a multiple of 2^-20.
    public double of(int id) {
        return -(Math.min(max - logits[id], LOGIT_MAX) + total) * 0x1p-20;
    }

    /// The `count` likeliest ids, likeliest first, ties by id; all if there are fewer.
    public int[] top(int count) {
        int[] top = new int[Math.min(count, logits.length)];
        int found = 0;
        for (int id = 0; id < logits.length; id++) {
            if (found == top.length && (found == 0 || logits[id] <= logits[top[found - 1]])) {
                continue;
            }
            int at = found < top.length ? found++ : found - 1;
            for (; at > 0 && logits[top[at - 1]] < logits[id]; at--) {
                top[at] = top[at - 1];
            }
            top[at] = id;
        }
        return top;
    }
}

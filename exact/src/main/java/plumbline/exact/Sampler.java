package plumbline.exact;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;

/// Draws tokens by Gumbel-max over integer logits: the largest of logit / temperature + noise, where the noise of a
/// token depends on the seed, the position in the answer and the token's id alone. A pure function of its arguments.
/// Source: Maddison, Tarlow, Minka, "A* Sampling" (2014); spec/arithmetic.md section 12 (S1-S8).
public final class Sampler {

    /// Logits are clipped to this magnitude before anything else: 2^20 with 20 fraction bits.
    private static final long LOGIT_MAX = 1L << 40;

    /// Stands in place of a logit where the token isn't allowed; no other logit gets that low.
    private static final long FORBIDDEN = Long.MIN_VALUE;

    private static final int ID_BITS = 20;

    /// Distances in one bucket of [#near]: a 16th of a factor of two.
    private static final int BUCKET_BITS = Exp2.ARGUMENT_BITS - 4;

    /// From a distance of 26 on, S4's p is 0; those candidates share the last bucket.
    private static final int BUCKETS = 26 * 16 + 1;

    private final SamplingRule rule;
    private final int[] key = new int[8];
    private final long reciprocal; // of twice the temperature, 64 fraction bits, rounded down

    /// `seed` is 32 bytes, the key of the noise.
    public Sampler(SamplingRule rule, byte[] seed) {
        if (seed.length != 32) {
            throw new IllegalArgumentException("a seed of " + seed.length + " bytes, not 32");
        }
        this.rule = rule;
        reciprocal = rule.temperature() == 0 ? 0 : Long.divideUnsigned(-1, 2L * rule.temperature());
        for (int i = 0; i < 32; i++) {
            key[i / 4] |= (seed[i] & 0xff) << 8 * (i % 4);
        }
    }

    /// The token at index `output.length` of the answer. `logits` (wide, one per token id) are overwritten.
    public int draw(long[] logits, int[] prompt, int[] output) {
        return draw(logits, prompt, output, Optional.empty());
    }

    /// The same among the `allowed` ids alone, of which there is at least one (S10).
    public int draw(long[] logits, int[] prompt, int[] output, Optional<BitSet> allowed) {
        if (logits.length > SamplingRule.VOCABULARY_MAX) {
            throw new IllegalArgumentException(logits.length + " logits");
        }
        for (int i = 0; i < logits.length; i++) {
            logits[i] = Math.clamp(logits[i], -LOGIT_MAX, LOGIT_MAX);
        }
        if (rule.changesLogits()) {
            penalise(logits, prompt, output);
        }
        if (allowed.isPresent()) {
            forbid(logits, allowed.get());
        }
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return rule.temperature() == 0 ? best : noisy(logits, logits[best], output.length);
    }

    /// S1: repetition over prompt and output, presence and frequency over the output, then the bias.
    private void penalise(long[] logits, int[] prompt, int[] output) {
        int[] counts = new int[logits.length];
        boolean[] seen = new boolean[logits.length];
        for (int id : prompt) {
            seen[id] = true;
        }
        for (int id : output) {
            seen[id] = true;
            counts[id]++;
        }
        long repetition = rule.repetitionPenalty();
        for (int id = 0; id < logits.length; id++) {
            long l = logits[id];
            if (seen[id] && repetition != SamplingRule.ONE) {
                l = l > 0 ? divide(l << 16, repetition) : Fixed.shift(l * repetition, 16);
            }
            if (counts[id] > 0) {
                l -= rule.presencePenalty() + (long) rule.frequencyPenalty() * counts[id] << 4;
            }
            logits[id] = l;
        }
        rule.logitBias().forEach((id, bias) -> {
            if (id < logits.length) {
                logits[id] += (long) bias << 4;
            }
        });
    }

    private static void forbid(long[] logits, BitSet allowed) {
        int last = 0;
        for (int id = allowed.nextSetBit(0); id >= 0 && id < logits.length; id = allowed.nextSetBit(id + 1)) {
            Arrays.fill(logits, last, id, FORBIDDEN);
            last = id + 1;
        }
        if (last == 0) {
            throw new IllegalArgumentException("no token is allowed");
        }
        Arrays.fill(logits, last, logits.length, FORBIDDEN);
    }

    private int noisy(long[] logits, long max, int position) {
        long[] all = new long[logits.length];
        int allowed = 0;
        for (int id = 0; id < logits.length; id++) {
            if (logits[id] != FORBIDDEN) {
                all[allowed++] = Math.min(max - logits[id], LOGIT_MAX) << ID_BITS | id;
            }
        }
        long[] candidates = allowed == all.length ? all : Arrays.copyOf(all, allowed);
        int count = kept(candidates);
        long[] words = new long[8];
        int block = -1;
        long best = Long.MIN_VALUE;
        int chosen = -1;
        for (int i = 0; i < count; i++) {
            int id = (int) candidates[i] & (1 << ID_BITS) - 1;
            long t = distance(candidates[i]);
            if (best > Gumbel.MAX - t) {
                continue;
            }
            if (id / 8 != block) {
                block = id / 8;
                ChaCha20.block(key, block, position, words);
            }
            long word = words[id % 8];
            if (best > Gumbel.bound(word) - t) {
                continue;
            }
            long score = Gumbel.of(word) - t;
            if (score > best || score == best && id < chosen) {
                best = score;
                chosen = id;
            }
        }
        return chosen;
    }

    /// (largest logit - this logit) * log2(e) / temperature, 24 fraction bits (S3): P7 without a division, of which
    /// there would be one for each token of the vocabulary.
    private long distance(long candidate) {
        long twice = 2L * rule.temperature();
        long dividend = 2 * (candidate >> ID_BITS) * Exp2.LOG2E_20 + rule.temperature(); // below 2^62
        long quotient = Math.multiplyHigh(dividend, reciprocal);                         // or one too small
        return dividend - quotient * twice < twice ? quotient : quotient + 1;
    }

    /// p of S4, 24 fraction bits.
    private static long weight(long distance) {
        return Fixed.shift(Exp2.of(distance), 6);
    }

    /// S4, S5: moves the candidates that top-k, top-p and min-p keep to the front; returns how many. Without any
    /// of them all stay, in order of id.
    private int kept(long[] candidates) {
        if (rule.topK() == 0 && rule.topP() == SamplingRule.ONE && rule.minP() == 0) {
            return candidates.length;
        }
        Near near = near(candidates);
        Arrays.sort(candidates, 0, near.count);
        int count = rule.topK() == 0 ? near.count : Math.min(rule.topK(), near.count);
        long[] p = new long[count];
        long first = 0;
        for (int i = 0; i < count; i++) {
            p[i] = weight(distance(candidates[i]));
            first += p[i];
        }
        if (rule.topP() != SamplingRule.ONE) {
            long total = rule.topK() == 0 ? near.total : first;
            long sum = 0;
            int n = 0;
            while (n < count && (n == 0 || sum * SamplingRule.ONE < rule.topP() * total)) {
                sum += p[n++];
            }
            count = n;
        }
        while (count > 1 && p[count - 1] * SamplingRule.ONE < rule.minP() * p[0]) {
            count--;
        }
        return count;
    }

    /// The first `count` candidates, in no order, come before all others; `total` is the sum of all p without top-k.
    private record Near(int count, long total) {}

    /// Moves candidates to the front: at least those that are kept, seldom many more, so that few have to be sorted.
    private Near near(long[] candidates) {
        int[] counts = new int[BUCKETS];
        long[] sums = new long[BUCKETS];
        long total = 0;
        int lastLikely = 0;
        for (long candidate : candidates) {
            long t = distance(candidate);
            int bucket = bucket(t);
            counts[bucket]++;
            if (rule.topK() == 0 && bucket < BUCKETS - 1) {
                long p = weight(t);
                sums[bucket] += p;
                total += p;
                boolean likely = p * SamplingRule.ONE >= rule.minP() * weight(0);
                lastLikely = likely ? Math.max(lastLikely, bucket) : lastLikely;
            }
        }
        int last = 0;
        long count = counts[0];
        long sum = sums[0];
        while (last < BUCKETS - 1 && (rule.topK() != 0 ? count < rule.topK()
                : rule.topP() != SamplingRule.ONE ? sum * SamplingRule.ONE < rule.topP() * total : last < lastLikely)) {
            last++;
            count += counts[last];
            sum += sums[last];
        }
        int n = 0;
        for (long candidate : candidates) {
            if (bucket(distance(candidate)) <= last) {
                candidates[n++] = candidate;
            }
        }
        return new Near(n, total);
    }

    private static int bucket(long distance) {
        return (int) Math.min(distance >> BUCKET_BITS, BUCKETS - 1);
    }

    /// floor((2a + b) / 2b): rounded half up (P7).
    private static long divide(long a, long b) {
        return Math.floorDiv(2 * a + b, 2 * b);
    }
}

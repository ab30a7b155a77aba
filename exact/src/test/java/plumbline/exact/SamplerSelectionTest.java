package plumbline.exact;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The sampler doesn't sort a vocabulary, and draws what spec/arithmetic.md S3 to S5, S7 and S9 say as they are
/// written: sort all, divide, keep, take the largest.
class SamplerSelectionTest {

    private static final int ONE = SamplingRule.ONE;
    private static final int[] NONE = {};

    @Test
    void drawsWhatSortingTheWholeVocabularyGives() throws Exception {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 600; round++) {
            long[] logits = logits(random, round);
            SamplingRule rule = rule(random);
            byte[] key = new byte[32];
            random.nextBytes(key);
            int expected = plainly(logits, rule, key, round);
            assertEquals(expected, new Sampler(rule, key).draw(logits.clone(), NONE, new int[round]),
                    () -> rule + ": ./plumb test --only SamplerSelectionTest --seed " + seed);
        }
    }

    /// Spread out, crowded, with ties, all alike, beyond what is clipped.
    private static long[] logits(SplittableRandom random, int round) {
        int bits = switch (round % 5) {
            case 0 -> 22;
            case 1 -> 25;
            case 2 -> 3;
            case 3 -> 0;
            default -> 43;
        };
        long step = round % 5 == 2 ? 1 << 18 : 1;
        return random.longs(1 + random.nextInt(round % 20 == 0 ? 5000 : 300), -(1L << bits), 1L << bits)
                .map(l -> l * step).toArray();
    }

    private static SamplingRule rule(SplittableRandom random) {
        int temperature = pick(random, 1, 7, ONE / 2, ONE, ONE + 1, SamplingRule.TEMPERATURE_MAX,
                1 + random.nextInt(2 * ONE));
        int topK = pick(random, 0, 0, 1, 2, 40, 1 + random.nextInt(400), SamplingRule.VOCABULARY_MAX);
        int topP = pick(random, ONE, ONE, 1, ONE - 1, ONE * 9 / 10, 1 + random.nextInt(ONE));
        int minP = pick(random, 0, 0, 1, ONE / 20, ONE, random.nextInt(ONE));
        return new SamplingRule(temperature, topK, topP, minP, ONE, 0, 0, new TreeMap<>());
    }

    private static int pick(SplittableRandom random, int... of) {
        return of[random.nextInt(of.length)];
    }

    private static int plainly(long[] logits, SamplingRule rule, byte[] key, int position) {
        long[] clipped = Arrays.stream(logits).map(l -> Math.clamp(l, -(1L << 40), 1L << 40)).toArray();
        long max = Arrays.stream(clipped).max().orElseThrow();
        long[] d = Arrays.stream(clipped).map(l -> Math.min(max - l, 1L << 40)).toArray();
        List<Integer> order = IntStream.range(0, d.length).boxed()
                .sorted(Comparator.<Integer>comparingLong(id -> d[id]).thenComparing(id -> id)).toList();
        int count = rule.topK() == 0 ? d.length : Math.min(rule.topK(), d.length);
        long[] p = order.stream().limit(count).mapToLong(id -> weight(d[id], rule)).toArray();
        if (rule.topP() != ONE) {
            long total = Arrays.stream(p).sum();
            long sum = p[0];
            count = 1;
            while (sum * ONE < rule.topP() * total) {
                sum += p[count++];
            }
        }
        while (count > 1 && p[count - 1] * ONE < rule.minP() * p[0]) {
            count--;
        }
        return order.stream().limit(count).max(Comparator.<Integer>comparingLong(
                id -> noise(key, position, id) - distance(d[id], rule)).thenComparing(id -> -id)).orElseThrow();
    }

    private static long distance(long d, SamplingRule rule) {
        long dividend = 2 * d * Exp2.LOG2E_20 + rule.temperature();
        return dividend / (2L * rule.temperature());
    }

    private static long weight(long d, SamplingRule rule) {
        return Fixed.shift(Exp2.of(distance(d, rule)), 6);
    }

    private static long noise(byte[] key, int position, int id) {
        int[] words = new int[8];
        for (int i = 0; i < 32; i++) {
            words[i / 4] |= (key[i] & 0xff) << 8 * (i % 4);
        }
        long[] block = new long[8];
        ChaCha20.block(words, id / 8, position, block);
        return Gumbel.of(block[id % 8]);
    }
}

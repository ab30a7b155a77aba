package plumbline.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Logarithms of the softmax of exact logits (A85, A87 of spec/api.md), held against 64-bit floats.
final class LogprobsTest {

    private static final long ONE = 1 << 20;

    @Test
    void areTheLogarithmsOfTheSoftmax() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            long[] logits = random.longs(1 + random.nextInt(5_000), -30 * ONE, 30 * ONE).toArray();
            double max = IntStream.range(0, logits.length).mapToDouble(i -> logits[i] / (double) ONE).max()
                    .orElseThrow();
            double sum = IntStream.range(0, logits.length).mapToDouble(i -> Math.exp(logits[i] / (double) ONE - max))
                    .sum();
            Logprobs logprobs = Logprobs.of(logits.clone());
            double all = 0;
            for (int i = 0; i < logits.length; i++) {
                assertEquals(logits[i] / (double) ONE - max - Math.log(sum), logprobs.of(i), 6e-6, "seed " + seed);
                all += Math.exp(logprobs.of(i));
            }
            assertEquals(1, all, 6e-6, "seed " + seed);
            int[] sorted = IntStream.range(0, logits.length).boxed()
                    .sorted((a, b) -> logits[a] == logits[b] ? a - b : Long.compare(logits[b], logits[a]))
                    .mapToInt(Integer::intValue).limit(20).toArray();
            assertArrayEquals(sorted, logprobs.top(20), "seed " + seed);
        }
    }

    @Test
    void areTheNumbersOfTheRule() {
        // Half, a quarter, a quarter: ln 2 is 726817.5 in units of 2^-20.
        Logprobs three = Logprobs.of(new long[] {5 * ONE, 5 * ONE - 726_817, 5 * ONE - 726_817, -1L << 50});
        assertEquals(-726_818 * 0x1p-20, three.of(0));
        assertEquals(-(726_818 + 726_817) * 0x1p-20, three.of(1));
        assertEquals(-(1 << 20) - 726_818 * 0x1p-20, three.of(3), "logits and distances are clipped as in the draw");
        assertArrayEquals(new int[] {0, 1, 2}, three.top(3), "ties by id");
        assertArrayEquals(new int[] {0, 1, 2, 3}, three.top(20));
        assertArrayEquals(new int[0], three.top(0));
        Logprobs alike = Logprobs.of(new long[1 << 20]);
        assertEquals(-Math.log(1 << 20), alike.of(77), 0x1p-20);
        assertEquals(0, Logprobs.of(new long[] {-3}).of(0));
    }
}

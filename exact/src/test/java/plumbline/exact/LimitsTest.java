package plumbline.exact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What the arithmetic refuses, and that its widths hold where they are largest.
final class LimitsTest {

    private static final short INFINITE = 0x7c00;

    @Test
    void w8RefusesARowWithAnInfiniteScale() {
        byte[] data = new byte[34 * 3];
        ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).putShort(34, INFINITE);
        assertEquals(1, new Matrix(BlockFormat.Q8_0, 3, 32, MemorySegment.ofArray(data)).firstRefusedRow());
    }

    @Test
    void w8RefusesARowWithANaNMinimum() {
        byte[] data = new byte[20];
        ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).putShort(2, (short) 0x7e01);
        assertEquals(0, new Matrix(BlockFormat.Q4_1, 1, 32, MemorySegment.ofArray(data)).firstRefusedRow());
    }

    @Test
    void w8RefusesTheFirstRowThatReachesTheBoundAndNoneBelowIt() {
        long most = (Matrix.SUM_LIMIT - 1) / Matrix.ACTIVATION_MAX; // magnitudes in units of 2^-24
        float below = Math.scalb((float) (most >> 15), -9);
        assertEquals(-1, f32Matrix(below).firstRefusedRow());
        assertEquals(0, f32Matrix(Math.scalb(1f, 15)).firstRefusedRow());
    }

    @Test
    void w2RefusesInfiniteNanAndHugeF32() {
        for (float f : new float[] {Float.POSITIVE_INFINITY, Float.NaN, -Float.MAX_VALUE, 0x1p29f}) {
            assertEquals(0, f32Matrix(f).firstRefusedRow(), "" + f);
        }
    }

    @Test
    void n1RefusesInfiniteAndNaNGains() {
        for (float f : new float[] {Float.NEGATIVE_INFINITY, Float.NaN}) {
            assertTrue(NormWeights.of(floats(1f, f), 2).isEmpty());
        }
    }

    @Test
    void n2RefusesAnEpsilonThatIsNegativeOrNotBelowOne() {
        for (float f : new float[] {-1e-6f, 1f, Float.NaN, Float.POSITIVE_INFINITY}) {
            assertEquals(-1, NormWeights.epsilon(Float.floatToRawIntBits(f), 64), "" + f);
        }
    }

    @Test
    void normsOfTheLongestRowsStayWithinTheirWidths() {
        for (int n : new int[] {1, 2, 576, NormWeights.COUNT_MAX}) {
            float[] gains = new float[n];
            Arrays.fill(gains, 1f);
            NormWeights norm = NormWeights.of(floats(gains), n).orElseThrow();
            for (long value : new long[] {0, 1, -1, Fixed.WIDE_MAX, -Fixed.WIDE_MAX}) {
                long[] h = new long[n];
                Arrays.fill(h, value);
                long[] z = new long[n];
                int fraction = norm.apply(h, 0, 0, z, 0);
                double result = z[0] * Math.scalb(1.0, -fraction);
                assertEquals(Long.signum(value), result, 1e-6, n + " entries of " + value);
            }
        }
    }

    @Test
    void attentionOverTheLongestContextStaysWithinItsWidths() {
        int positions = RopeTable.POSITIONS_MAX;
        KeyValues rows = new KeyValues(1, 2, positions);
        Arrays.fill(rows.values(0), (short) -Matrix.ACTIVATION_MAX);
        Arrays.fill(rows.valueExponents(0), (short) -15);
        long[] out = new long[2];
        Attention.head(new short[2], 0, 0, rows, 0, 0, positions, out, 0);
        assertEquals(-32767.0 / 32768, out[0] * 0x1p-20, 1e-5);
    }

    @Test
    void layerShapesBeyondTheProvedWidthsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> shape(NormWeights.COUNT_MAX + 1, 4, 2, 64));
        assertThrows(IllegalArgumentException.class, () -> shape(64, 3, 2, 64));
        assertThrows(IllegalArgumentException.class, () -> shape(64, 4, 2, 1024));
        assertThrows(IllegalArgumentException.class, () -> shape(64, 0, 1, 64));
    }

    @Test
    void ropeRefusesAThetaThatIsNoPositiveNumber() {
        for (float theta : new float[] {0f, -1f, Float.NaN, Float.POSITIVE_INFINITY}) {
            assertThrows(IllegalArgumentException.class, () -> RopeTable.of(Float.floatToRawIntBits(theta), 64));
        }
        assertThrows(IllegalArgumentException.class, () -> RopeTable.of(Float.floatToRawIntBits(1f), 3));
    }

    @Test
    void samplingRulesOutOfRangeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> SamplingRule.of(-1, 0, SamplingRule.ONE));
        assertThrows(IllegalArgumentException.class, () -> SamplingRule.of(0, -1, SamplingRule.ONE));
        assertThrows(IllegalArgumentException.class, () -> SamplingRule.of(0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> SamplingRule.of(0, 0, SamplingRule.ONE + 1));
        assertThrows(IllegalArgumentException.class, () -> new Sampler(SamplingRule.GREEDY, new byte[31]));
    }

    /// Chi-square with 7 degrees of freedom: 24.3 is the 0.1 % point, so a right sampler fails once in a thousand
    /// seeds; the seeds are fixed.
    @Test
    void drawsFollowTheSoftmaxDistribution() {
        double[] weights = {8, 4, 2, 1, 1, 0.5, 0.25, 0.25};
        double total = Arrays.stream(weights).sum();
        for (double temperature : new double[] {0.5, 1, 2}) {
            int[] counts = new int[weights.length];
            double[] expected = Arrays.stream(weights).map(w -> Math.pow(w / total, 1 / temperature)).toArray();
            double sum = Arrays.stream(expected).sum();
            Random random = new Random(7);
            int draws = 20_000;
            for (int i = 0; i < draws; i++) {
                byte[] seed = new byte[32];
                random.nextBytes(seed);
                long[] logits = Arrays.stream(weights).mapToLong(w -> Math.round(Math.log(w) * (1 << 20))).toArray();
                Sampler sampler = new Sampler(SamplingRule.of((int) (temperature * SamplingRule.ONE), 0,
                        SamplingRule.ONE), seed);
                counts[sampler.draw(logits, new int[0], new int[i % 5])]++;
            }
            double chiSquare = 0;
            for (int i = 0; i < counts.length; i++) {
                double e = draws * expected[i] / sum;
                chiSquare += (counts[i] - e) * (counts[i] - e) / e;
            }
            assertTrue(chiSquare < 24.3, "chi-square " + chiSquare + " at temperature " + temperature + ", seed 7");
        }
    }

    private static LayerShape shape(int width, int heads, int keyValueHeads, int size) {
        return new LayerShape(width, heads, keyValueHeads, size, 64, 0, 0, 0, 1, Rotation.ADJACENT, Gate.SILU);
    }

    private static Matrix f32Matrix(float weight) {
        return new Matrix(BlockFormat.F32, 1, 1, floats(weight));
    }

    private static MemorySegment floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return MemorySegment.ofArray(bytes.array());
    }
}

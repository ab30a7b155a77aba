package plumbline.exact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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

    /// Where a format has its f16 numbers: each of them infinite or NaN, in a block that isn't the row's first.
    @ParameterizedTest
    @EnumSource(value = BlockFormat.class)
    void w8RefusesEachScaleOfEachFormatThatIsInfiniteOrNan(BlockFormat format) {
        int blocks = 3;
        int[] places = switch (format) {
            case F32, BF16 -> new int[0];
            case F16, Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS -> new int[] {0};
            case Q4_1, Q5_1, Q4_K, Q5_K -> new int[] {0, 2};
            case Q2_K -> new int[] {80, 82};
            case Q3_K -> new int[] {108};
            case Q6_K -> new int[] {208};
        };
        for (int place : places) {
            for (int bits : new int[] {0x7c00, 0xfc00, 0x7c01, 0x7e00, 0xffff}) {
                ByteBuffer data = ByteBuffer.allocate(2 * blocks * format.blockBytes()).order(ByteOrder.LITTLE_ENDIAN);
                data.putShort((blocks + 1) * format.blockBytes() + place, (short) bits);
                Matrix matrix = new Matrix(format, 2, blocks * format.blockSize(), MemorySegment.ofArray(data.array()));
                assertEquals(1, matrix.firstRefusedRow(), place + " " + Integer.toHexString(bits));
            }
        }
    }

    @Test
    void w2RefusesInfiniteAndNanBf16() {
        for (int bits : new int[] {0x7f80, 0xff80, 0x7fc0, 0x7f81}) {
            byte[] data = {0, 0, (byte) bits, (byte) (bits >> 8)};
            Matrix matrix = new Matrix(BlockFormat.BF16, 2, 1, MemorySegment.ofArray(data));
            assertEquals(1, matrix.firstRefusedRow(), Integer.toHexString(bits));
        }
    }

    /// A sum of magnitudes that wraps would pass for a small one.
    @Test
    void w8HoldsForRowsLongerThanAnyModelHas() {
        int columns = 1 << 19;
        float[] row = new float[columns];
        for (float weight : new float[] {0x1p28f, 0x1p-1f, 0x1.fffp-2f}) { // 2^52, 2^23, somewhat less
            Arrays.fill(row, weight);
            assertEquals(0, new Matrix(BlockFormat.F32, 1, columns, floats(row)).firstRefusedRow(), "" + weight);
        }
        Arrays.fill(row, 0x1p-6f); // 2^18 each, 2^37 together
        assertEquals(-1, new Matrix(BlockFormat.F32, 1, columns, floats(row)).firstRefusedRow());
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

    /// T1 to T5 in integers without width, at the longest context and the extremes of every entry.
    @Test
    void attentionOverTheLongestContextIsExact() {
        int positions = RopeTable.POSITIONS_MAX;
        int size = 4;
        long seed = 20;
        Random random = new Random(seed);
        for (int spread : new int[] {0, 3, 40}) {
            KeyValues rows = new KeyValues(1, size, positions);
            short[] query = extremes(size, random);
            System.arraycopy(extremes(size * positions, random), 0, rows.keys(0), 0, size * positions);
            System.arraycopy(extremes(size * positions, random), 0, rows.values(0), 0, size * positions);
            for (int p = 0; p < positions; p++) {
                rows.keyExponents(0)[p] = (short) (-20 + random.nextInt(spread + 1));
                rows.valueExponents(0)[p] = (short) (-20 + random.nextInt(spread + 1));
            }
            long[] out = new long[size];
            Attention.head(query, 0, -20, rows, 0, 0, positions, out, 0);
            assertArrayEquals(attention(query, -20, rows, positions), out, "spread " + spread + ", seed " + seed);
        }
    }

    private static short[] extremes(int count, Random random) {
        short[] x = new short[count];
        for (int i = 0; i < count; i++) {
            x[i] = (short) (random.nextInt(3) == 0 ? random.nextInt(65535) - 32767 : 32767 * (1 - 2 * (i % 7 / 6)));
        }
        return x;
    }

    private static long[] attention(short[] query, int eq, KeyValues rows, int positions) {
        int size = query.length;
        BigInteger[] scores = new BigInteger[positions];
        int ev = Short.MIN_VALUE;
        for (int p = 0; p < positions; p++) {
            BigInteger dot = BigInteger.ZERO;
            for (int d = 0; d < size; d++) {
                dot = dot.add(BigInteger.valueOf(query[d]).multiply(BigInteger.valueOf(rows.keys(0)[p * size + d])));
            }
            scores[p] = wide(dot, -(eq + rows.keyExponents(0)[p] + 24));
            ev = Math.max(ev, rows.valueExponents(0)[p]);
        }
        BigInteger max = Arrays.stream(scores).reduce(BigInteger::max).orElseThrow();
        BigInteger sum = BigInteger.ZERO;
        BigInteger[] mixed = new BigInteger[size];
        Arrays.fill(mixed, BigInteger.ZERO);
        for (int p = 0; p < positions; p++) {
            BigInteger weight = shift(BigInteger.valueOf(Exp2.of(max.subtract(scores[p]).longValueExact())), 6);
            sum = sum.add(weight);
            BigInteger w = shift(weight, ev - rows.valueExponents(0)[p]);
            for (int d = 0; d < size; d++) {
                mixed[d] = mixed[d].add(w.multiply(BigInteger.valueOf(rows.values(0)[p * size + d])));
            }
        }
        BigInteger reciprocal = BigInteger.ONE.shiftLeft(61).divide(shift(sum, sum.bitLength() - 31));
        long[] out = new long[size];
        for (int d = 0; d < size; d++) {
            out[d] = wide(shift(mixed[d], sum.bitLength() - 16).multiply(reciprocal), 26 - ev).longValueExact();
        }
        return out;
    }

    private static BigInteger shift(BigInteger a, int s) {
        return s > 62 ? BigInteger.ZERO : s <= 0 ? a.shiftLeft(-s)
                : a.add(BigInteger.ONE.shiftLeft(s - 1)).shiftRight(s);
    }

    private static BigInteger wide(BigInteger a, int s) {
        return shift(a, s).max(BigInteger.valueOf(-Fixed.WIDE_MAX)).min(BigInteger.valueOf(Fixed.WIDE_MAX));
    }

    /// R2 at the last position, from 240 bits of the real numbers, for the thetas and sizes of real models.
    @Test
    void anglesOfTheLastPositionAreTheCorrectlyRoundedReals() {
        int position = RopeTable.POSITIONS_MAX - 1;
        for (float theta : new float[] {10_000f, 100_000f, 500_000f, 1_000_000f, 8_000_000f}) {
            int pairs = 64;
            int[] cos = new int[pairs];
            int[] sin = new int[pairs];
            RopeTable.of(Float.floatToRawIntBits(theta), 2 * pairs).at(position, cos, sin, 0);
            BigInteger ln = Reals.ln((long) theta, 0);
            for (int i = 0; i < pairs; i++) {
                BigInteger power = ln.multiply(BigInteger.valueOf(-2L * i)).divide(BigInteger.valueOf(2L * pairs));
                BigInteger angle = Reals.exp(power).multiply(BigInteger.valueOf(position));
                angle = angle.mod(Reals.PI.shiftLeft(1));
                assertEquals(Reals.rounded(Reals.cos(angle), 30), cos[i], "cos " + i + " of theta " + theta);
                assertEquals(Reals.rounded(Reals.sin(angle), 30), sin[i], "sin " + i + " of theta " + theta);
            }
        }
    }

    @Test
    void positionsBeyondTheProvedWidthsAreRefused() {
        RopeTable table = RopeTable.of(Float.floatToRawIntBits(10_000f), 2);
        for (int position : new int[] {-1, RopeTable.POSITIONS_MAX, Integer.MAX_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> table.at(position, new int[1], new int[1], 0));
        }
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
        for (int[] wrong : new int[][] {{-1, 65536, 0, 0}, {65537, 65536, 0, 0}, {0, 0, 0, 0}, {0, 1048577, 0, 0},
            {0, 65536, 1048577, 0}, {0, 65536, -1048577, 0}, {0, 65536, 0, 1048577}, {0, 65536, 0, -1048577}}) {
            assertThrows(IllegalArgumentException.class, () -> new SamplingRule(65536, 0, 65536, wrong[0], wrong[1],
                    wrong[2], wrong[3], new TreeMap<>()), Arrays.toString(wrong));
        }
        for (Map.Entry<Integer, Integer> bias : List.of(Map.entry(-1, 0), Map.entry(0, SamplingRule.BIAS_MAX + 1))) {
            assertThrows(IllegalArgumentException.class, () -> new SamplingRule(0, 0, 65536, 0, 65536, 0, 0,
                    new TreeMap<>(Map.ofEntries(bias))), bias.toString());
        }
        assertThrows(IllegalArgumentException.class, () -> new Sampler(SamplingRule.GREEDY, new byte[31]));
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

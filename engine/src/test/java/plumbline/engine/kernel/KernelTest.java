package plumbline.engine.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import plumbline.exact.BlockFormat;
import plumbline.exact.Matrix;

/// Every kernel returns the bits of the scalar one. Cites spec/arithmetic.md section 2.
class KernelTest {

    private static final ScalarKernel SCALAR = new ScalarKernel();
    private static Kernel vector;

    @BeforeAll
    static void makesVectorKernel() {
        try {
            vector = VectorKernel.create();
        } catch (KernelUnavailableException e) {
            Assumptions.abort(e.getMessage());
        }
    }

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void givesSameBitsForAnyShape(BlockFormat format) {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        int granule = vector.rowGranule();
        for (int rows : new int[] {1, granule - 1, granule, 3 * granule + 7}) {
            int unit = Math.max(32, format.blockSize());
            for (int columns : new int[] {unit, 3 * unit, 5 * unit}) {
                Matrix matrix = Weights.bounded(format, rows, columns, random);
                assertEquals(-1, matrix.firstRefusedRow(), "seed " + seed);
                assertFalse(vector.pack(matrix) instanceof MappedMatrix, "seed " + seed);
                for (int count : new int[] {1, 2, 5, 9}) {
                    assertSame(matrix, Weights.inputs(count * columns, random), count,
                            "seed " + seed);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void givesSameBitsForManyInputsAndWideRows(BlockFormat format) {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        Matrix matrix = Weights.bounded(format, 29, 1536, random);
        for (int count : new int[] {1, 4, 67}) {
            assertSame(matrix, Weights.inputs(count * 1536, random), count, "seed " + seed);
        }
    }

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void givesSameBitsCloseToTheLoadRule(BlockFormat format) {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        Matrix matrix = Weights.random(format, 37, 512, random);
        for (int count : new int[] {1, 6}) {
            assertSame(matrix, Weights.inputs(count * 512, random), count, "seed " + seed);
        }
    }

    /// A row with more weights than are unpacked at once.
    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void givesSameBitsForLongRows(BlockFormat format) {
        Random random = new Random(5);
        Matrix matrix = Weights.bounded(format, 13, 8448, random);
        for (int count : new int[] {1, 6}) {
            assertSame(matrix, Weights.inputs(count * 8448, random), count, "long rows");
        }
    }

    /// The largest quants and integer scales there are, times the largest inputs of the same sign.
    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void givesSameBitsForTheLargestSums(BlockFormat format) {
        for (int fill : new int[] {0x00, 0xff, 0x80, 0x7f, 0xf0, 0x0f, 0x88, 0xe0, 0x1f}) {
            Matrix matrix = Weights.filled(format, 13, 512, fill, 0x0c01);
            long[] row = new long[512];
            matrix.row(0, row);
            short[] x = new short[6 * 512];
            for (int i = 0; i < x.length; i++) {
                x[i] = (short) (row[i % 512] < 0 ? -32767 : 32767);
            }
            assertFalse(vector.pack(matrix) instanceof MappedMatrix, "fill " + fill);
            assertSame(matrix, x, 1, "fill " + fill);
            assertSame(matrix, x, 6, "fill " + fill);
        }
    }

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void theQuickBoundNeverAcceptsWhatTheLoadRuleRefuses(BlockFormat format) {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        int accepted = 0;
        for (int i = 0; i < 300; i++) {
            int f16 = random.nextInt(0x8000);
            Matrix matrix = Weights.filled(format, 1, 256, random.nextInt(256), f16);
            if (RowBound.firstBeyond(matrix, 0, 1) < 0) {
                accepted++;
                assertEquals(-1, matrix.firstRefusedRow(), "seed " + seed + ", scale " + f16);
            }
        }
        assertTrue(accepted > 30, "seed " + seed + ": accepts " + accepted);
    }

    @ParameterizedTest
    @EnumSource(value = BlockFormat.class, names = {"F16", "F32", "BF16"})
    void givesSameBitsForColumnsThatFillNoBlock(BlockFormat format) {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int columns : new int[] {1, 2, 3, 63, 65, 127, 129}) {
            Matrix matrix = Weights.random(format, 37, columns, random);
            for (int count : new int[] {1, 4, 6, 9}) {
                assertSame(matrix, Weights.inputs(count * columns, random), count, "seed " + seed);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = BlockFormat.class, names = {"Q4_0", "Q4_1", "Q8_0"})
    void givesSameBitsAtTheExtremes(BlockFormat format) {
        int[] scales = {0x0001, 0x8001, 0x03ff, 0x0400, 0x2000, 0xa000, 0x5bff, 0xdbff, 0, 0x8000};
        for (int d : scales) {
            for (int quants : new int[] {0x00, 0xff, 0x80, 0x7f, 0x0f, 0xf0, 0x88}) {
                Matrix matrix = Weights.uniform(format, 33, 64, d, d ^ 0x8000, quants);
                for (int x : new int[] {32767, -32767, 0, 1}) {
                    short[] same = new short[7 * 64];
                    Arrays.fill(same, (short) x);
                    assertExtreme(matrix, same, "d " + d + " quants " + quants + " x " + x);
                }
            }
        }
    }

    /// One weight of 2^14, an integer of 2^38, is as much as the load rule allows: 2^53 / 32767.
    @Test
    void givesSameBitsForTheLargestScale() {
        Matrix matrix = Weights.uniform(BlockFormat.Q8_0, 33, 32, 0x7400, 0, 0);
        for (int r = 0; r < 33; r++) { // row r: -1 in one column
            matrix.data().set(ValueLayout.JAVA_BYTE, r * 34L + 2 + r % 32, (byte) -1);
        }
        assertEquals(-1, matrix.firstRefusedRow());
        assertExtreme(matrix, Weights.inputs(7 * 32, new Random(1)), "largest scale");
    }

    private static void assertExtreme(Matrix matrix, short[] x, String message) {
        if (matrix.firstRefusedRow() < 0) {
            assertSame(matrix, x, 1, message);
            assertSame(matrix, x, 7, message);
        }
    }

    /// W8 bounds |D q + M|, not |D q| and |M|: with q = 15 and M = -15 D all weights are 0.
    @Test
    void staysExactWhereHugeScaleAndMinCancel() {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int blocks : new int[] {2, 5, 8, 48}) {
            Matrix matrix = Weights.uniform(BlockFormat.Q4_1, 37, 32 * blocks, 0, 0, 0xff);
            for (int i = 0; i < 37 * blocks; i++) {
                int e = 1 + random.nextInt(26);
                int fraction = random.nextInt(64); // times 15 has at most 11 bits
                double d = Math.scalb(64 + fraction, e - 21) * (random.nextBoolean() ? 1 : -1);
                Weights.scales(matrix, i, Float.floatToFloat16((float) d),
                        Float.floatToFloat16((float) (-15 * d)));
            }
            // A few weights that don't cancel, where the scale is small.
            for (int r = 0; r < 37; r++) {
                Weights.scales(matrix, r * blocks, 0x0001 + r, 0x8003);
            }
            assertEquals(-1, matrix.firstRefusedRow(), "seed " + seed);
            assertInstanceOf(MappedMatrix.class, vector.pack(matrix), "seed " + seed);
            for (int count : new int[] {1, 2, 3, 8}) {
                assertSame(matrix, Weights.inputs(count * 32 * blocks, random), count,
                        "seed " + seed);
            }
        }
    }

    /// Shows that the check is needed: in doubles, with D q and M summed apart, the same kind of
    /// matrix, whose true sum is 15 * 32 * 32767, gives another.
    @Test
    void doublesWouldBeWrongWhereHugeScaleAndMinCancel() {
        Matrix matrix = Weights.uniform(BlockFormat.Q4_1, 1, 8 * 32, 0x6800, 0xf780, 0xff);
        Weights.scales(matrix, 7, 0x0001, 0); // D = 2^-24, M = 0
        assertEquals(-1, matrix.firstRefusedRow());
        short[] x = new short[8 * 32];
        Arrays.fill(x, (short) 32767);
        double inDoubles = 0;
        for (int k = 0; k < 8; k++) {
            inDoubles += (k < 7 ? 0x1p35 : 1) * (15 * 32 * 32767);
        }
        for (int k = 0; k < 8; k++) {
            inDoubles += (k < 7 ? -15 * 0x1p35 : 0) * (32 * 32767);
        }
        long[] y = new long[1];
        vector.multiply(vector.pack(matrix), x, 1, y, 0, 1);
        assertEquals(15 * 32 * 32767, y[0]);
        assertNotEquals(y[0], (long) inDoubles);
    }

    @Test
    void usesDoublesForOrdinaryMatrices() {
        Matrix matrix = Weights.uniform(BlockFormat.Q4_1, 33, 1536, 0x2c00, 0xb400, 0x77);
        assertInstanceOf(VectorMatrix.class, vector.pack(matrix));
    }

    @Test
    void everyFormatHasAFloor() {
        for (BlockFormat format : BlockFormat.values()) {
            for (int inputs : new int[] {1, 64}) {
                assertTrue(Floors.floor(vector, format, inputs) > 0, format.name());
            }
        }
    }

    @Test
    void multipliesOnlyTheRowsAskedFor() {
        int granule = vector.rowGranule();
        Matrix matrix = Weights.bounded(BlockFormat.Q4_1, 3 * granule + 3, 64, new Random(3));
        short[] x = Weights.inputs(64 * 5, new Random(4));
        long[] y = new long[5 * matrix.rows()];
        Arrays.fill(y, 7);
        vector.multiply(vector.pack(matrix), x, 5, y, granule, 2 * granule);
        for (int i = 0; i < y.length; i++) {
            int row = i % matrix.rows();
            assertTrue(row >= granule && row < 2 * granule || y[i] == 7, "row " + row);
        }
    }

    @Test
    void refusesShapesThatDoNotFit() {
        Matrix matrix = Weights.bounded(BlockFormat.Q8_0, 40, 32, new Random(3));
        for (Kernel kernel : new Kernel[] {SCALAR, vector}) {
            Packed w = kernel.pack(matrix);
            short[] x = new short[64];
            long[] y = new long[80];
            assertRefused(() -> kernel.multiply(w, x, 3, y, 0, 40));
            assertRefused(() -> kernel.multiply(w, x, 2, new long[79], 0, 40));
            assertRefused(() -> kernel.multiply(w, x, 1, y, 0, 41));
            assertRefused(() -> kernel.multiply(w, x, 1, y, -1, 40));
            assertRefused(() -> kernel.multiply(w, x, -1, y, 0, 40));
        }
        Packed w = vector.pack(matrix);
        assertRefused(() -> vector.multiply(w, new short[64], 1, new long[80], 1, 40));
        assertRefused(() -> SCALAR.multiply(w, new short[64], 1, new long[80], 0, 40));
    }

    private static void assertRefused(Runnable call) {
        assertThrows(IllegalArgumentException.class, call::run);
    }

    @Test
    void scoresAndMixGiveSameBitsForOddSizes() {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int size : new int[] {1, 3, 8, 15, 16, 17, 31, 33, 64, 80, 100, 256}) {
            for (int positions : new int[] {1, 2, 7, 50}) {
                short[] q = shorts(size + 3, random);
                short[] k = shorts(size * positions + 5, random);
                int[] w = random.ints(positions, 0, 1 << 25).toArray();
                assertAttention(q, k, w, size, positions, "seed " + seed);
            }
        }
    }

    @Test
    void scoresAndMixGiveSameBitsAtTheExtremes() {
        int positions = 32768;
        int size = 19;
        for (int v : new int[] {-32768, 32767}) {
            short[] q = new short[size + 3];
            short[] k = new short[size * positions + 5];
            Arrays.fill(q, (short) -32768);
            Arrays.fill(k, (short) v);
            int[] w = new int[positions];
            Arrays.fill(w, (1 << 25) - 1);
            assertAttention(q, k, w, size, positions, "all " + v);
        }
        short[] wide = new short[16387 + 16384];
        Arrays.fill(wide, (short) -32768);
        assertAttention(wide, wide, new int[] {1}, 16384, 1, "widest");
    }

    private static void assertAttention(short[] q, short[] k, int[] w, int size, int positions,
            String message) {
        long[] expected = new long[positions + size + 3];
        long[] actual = new long[positions + size + 3];
        SCALAR.scores(q, 3, k, 5, size, positions, expected, 2);
        vector.scores(q, 3, k, 5, size, positions, actual, 2);
        assertArrayEquals(expected, actual, message + ", scores of size " + size);
        SCALAR.mix(w, k, 5, size, positions, expected, 1);
        vector.mix(w, k, 5, size, positions, actual, 1);
        assertArrayEquals(expected, actual, message + ", mix of size " + size);
    }

    private static short[] shorts(int length, Random random) {
        short[] a = new short[length];
        for (int i = 0; i < length; i++) {
            a[i] = (short) (random.nextInt(6) == 0 ? -32768 : random.nextInt());
        }
        return a;
    }

    private static void assertSame(Matrix matrix, short[] x, int count, String message) {
        long[] expected = new long[count * matrix.rows()];
        long[] actual = new long[count * matrix.rows()];
        SCALAR.multiply(SCALAR.pack(matrix), x, count, expected, 0, matrix.rows());
        vector.multiply(vector.pack(matrix), x, count, actual, 0, matrix.rows());
        assertArrayEquals(expected, actual, () -> message + ", " + matrix.format() + " "
                + matrix.rows() + " x " + matrix.columns() + ", count " + count);
    }
}

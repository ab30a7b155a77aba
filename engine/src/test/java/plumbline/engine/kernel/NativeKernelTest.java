package plumbline.engine.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import plumbline.exact.BlockFormat;
import plumbline.exact.Linear;
import plumbline.exact.Matrix;

/// The native kernel returns the bits of the scalar one, with every instruction set that this machine
/// has. Cites spec/arithmetic.md sections 2, 6 and 9.
class NativeKernelTest {

    private static final ScalarKernel SCALAR = new ScalarKernel();
    private static final int GRANULE = 32;

    private static List<NativeKernel> kernels;

    @BeforeAll
    static void compile() throws Exception {
        NativeKernel best = NativeKernel.open(NativeBuild.library());
        kernels = Arrays.stream(InstructionSet.values()).map(best::with)
                .flatMap(Optional::stream).toList();
        assertEquals("native-portable", kernels.getFirst().name());
    }

    @Test
    void everyInstructionSetPassesTheSelfTest() {
        for (NativeKernel kernel : kernels) {
            assertEquals(Optional.empty(), SelfTest.fault(kernel), kernel.name());
        }
    }

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void givesSameBitsForAnyShape(BlockFormat format) {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int rows : new int[] {1, 31, 32, 71}) {
            int block = format.blockSize();
            for (int columns : block == 256 ? new int[] {256, 512} : new int[] {32, 64, 160}) {
                Matrix matrix = Weights.random(format, rows, columns, random);
                assertEquals(-1, matrix.firstRefusedRow(), "seed " + seed);
                for (int count : new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 17}) {
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
        for (int columns : new int[] {1536, 8192}) { // of 8192 columns, 48 inputs are done at once
            Matrix matrix = Weights.random(format, columns == 1536 ? 40 : 3, columns, random);
            for (int count : new int[] {1, 3, 65}) {
                assertSame(matrix, Weights.inputs(count * columns, random), count, "seed " + seed);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void givesSameBitsForTheLongestRow(BlockFormat format) {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        Matrix matrix = Weights.random(format, 1, 32768, random);
        assertSame(matrix, Weights.inputs(9 * 32768, random), 9, "seed " + seed);
    }

    @ParameterizedTest
    @EnumSource(value = BlockFormat.class, names = {"F16", "F32", "BF16"})
    void givesSameBitsForColumnsThatFillNoBlock(BlockFormat format) {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int columns : new int[] {1, 2, 3, 63, 65, 129}) {
            Matrix matrix = Weights.random(format, 37, columns, random);
            for (int count : new int[] {1, 4, 6, 9}) {
                assertSame(matrix, Weights.inputs(count * columns, random), count, "seed " + seed);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = BlockFormat.class, names = {"Q4_0", "Q4_1", "Q8_0"})
    void givesSameBitsAtTheExtremes(BlockFormat format) {
        // 0x57ff is the largest scale below 2^7, whose integer has 31 bits; 0x5800 needs 32
        int[] scales = {0x0001, 0x8001, 0x03ff, 0x0400, 0xa000, 0x57ff, 0xd7ff, 0x5800, 0xdbff, 0x8000};
        for (int d : scales) {
            for (int quants : new int[] {0x00, 0xff, 0x80, 0x7f, 0x0f, 0xf0, 0x88}) {
                Matrix matrix = Weights.uniform(format, 33, 64, d, d ^ 0x8000, quants);
                for (int x : new int[] {32767, -32767, 0, 1}) {
                    short[] same = new short[9 * 64];
                    Arrays.fill(same, (short) x);
                    String message = "d " + d + " quants " + quants + " x " + x;
                    if (matrix.firstRefusedRow() < 0) {
                        assertSame(matrix, same, 1, message);
                        assertSame(matrix, same, 9, message);
                    }
                }
            }
        }
    }

    /// Scales of both levels, mins and quants all as large as their bits allow: so are the sums that int32 has to hold.
    @ParameterizedTest
    @EnumSource(value = BlockFormat.class, names = {"Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_XS"})
    void givesSameBitsWhereScalesOfTwoLevelsAreExtreme(BlockFormat format) {
        int scaleAt = switch (format) {
            case Q2_K -> 80;
            case Q3_K -> 108;
            case Q6_K -> 208;
            default -> 0;
        };
        for (int fill : new int[] {0x00, 0xff, 0x80, 0x7f, 0xf0, 0x0f}) {
            byte[] bytes = new byte[33 * 2 * format.blockBytes()];
            Arrays.fill(bytes, (byte) fill);
            for (int at = scaleAt; at < bytes.length; at += format.blockBytes()) {
                bytes[at] = (byte) 0xff; // d: a subnormal with all of its bits
                bytes[at + 1] = 0x03;
                if (format == BlockFormat.Q2_K || format == BlockFormat.Q4_K || format == BlockFormat.Q5_K) {
                    bytes[at + 2] = (byte) 0xfe;
                    bytes[at + 3] = (byte) 0x83;
                }
            }
            Matrix matrix = new Matrix(format, 33, 512, MemorySegment.ofArray(bytes));
            assertEquals(-1, matrix.firstRefusedRow());
            for (int x : new int[] {32767, -32767}) {
                short[] same = new short[9 * 512];
                Arrays.fill(same, (short) x);
                assertSame(matrix, same, 1, "bytes " + fill + " x " + x);
                assertSame(matrix, same, 9, "bytes " + fill + " x " + x);
            }
        }
    }

    /// Each product has the sign of its row, so that sums are as large as the load rule allows.
    @ParameterizedTest
    @EnumSource(BlockFormat.class)
    void givesSameBitsWhereAllProductsHaveOneSign(BlockFormat format) {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        Matrix matrix = Weights.random(format, 33, 512, random);
        long[] row = new long[512];
        short[] x = new short[2 * 512];
        for (int r = 0; r < 33; r += 16) {
            matrix.row(r, row);
            for (int c = 0; c < 512; c++) {
                x[c] = (short) (row[c] < 0 ? -32767 : 32767);
                x[512 + c] = (short) -x[c];
            }
            assertSame(matrix, x, 1, "seed " + seed);
            assertSame(matrix, x, 2, "seed " + seed);
        }
    }

    /// One weight of 2^14, an integer of 2^38, is as much as the load rule allows: 2^53 / 32767.
    @Test
    void givesSameBitsForTheLargestScale() {
        Matrix matrix = Weights.uniform(BlockFormat.Q8_0, 33, 32, 0x7400, 0, 0);
        for (int r = 0; r < 33; r++) { // row r: -1 in column r
            matrix.data().set(java.lang.foreign.ValueLayout.JAVA_BYTE, r * 34L + 2 + r % 32, (byte) -1);
        }
        assertEquals(-1, matrix.firstRefusedRow());
        assertSame(matrix, Weights.inputs(7 * 32, new Random(1)), 7, "largest scale");
        for (NativeKernel kernel : kernels) {
            assertInstanceOf(MappedMatrix.class, kernel.pack(matrix));
        }
    }

    /// W8 bounds |D q + M|, not |D q| and |M|: with q = 15 and M = -15 D all weights are 0.
    @Test
    void staysExactWhereHugeScaleAndMinCancel() {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int exponents : new int[] {21, 26}) { // all scales below 2^7; some above
            int blocks = 48;
            Matrix matrix = Weights.uniform(BlockFormat.Q4_1, 37, 32 * blocks, 0, 0, 0xff);
            for (int i = 0; i < 37 * blocks; i++) {
                double d = Math.scalb(64 + random.nextInt(64), random.nextInt(exponents) - 20)
                        * (random.nextBoolean() ? 1 : -1) / 16; // 15 d has at most 11 bits
                Weights.scales(matrix, i, Float.floatToFloat16((float) d),
                        Float.floatToFloat16((float) (-15 * d)));
            }
            for (int r = 0; r < 37; r++) { // a few weights that don't cancel
                Weights.scales(matrix, r * blocks, 0x0001 + r, 0x8003);
            }
            assertEquals(-1, matrix.firstRefusedRow(), "seed " + seed);
            NativeKernel best = kernels.getLast();
            assertEquals(exponents == 26 || !best.fast(), best.pack(matrix) instanceof MappedMatrix);
            for (int count : new int[] {1, 2, 8}) {
                assertSame(matrix, Weights.inputs(count * 32 * blocks, random), count,
                        "seed " + seed);
            }
        }
    }

    @Test
    void packsRowsWhenTheyAreFirstAskedForEvenByThreadsThatWantTheSame() {
        for (NativeKernel kernel : kernels) {
            Matrix matrix = Weights.random(BlockFormat.Q4_0, 1100, 256, new Random(7));
            short[] x = Weights.inputs(2 * 256, new Random(8));
            long[] expected = new long[2 * 1100];
            SCALAR.multiply(SCALAR.pack(matrix), x, 2, expected, 0, 1100);
            Packed later = kernel.packLater(matrix, true);
            long[][] y = new long[8][2 * 1100];
            try (Pool pool = new Pool(4)) {
                pool.run(y.length, i -> kernel.multiply(later, x, 2, y[i], 0, 1100));
            }
            for (long[] actual : y) {
                assertArrayEquals(expected, actual, kernel.name());
            }
        }
    }

    /// Only the group of rows with such a scale is left to the scalar kernel, whichever is asked for first.
    @Test
    void aScaleTooLargeForCInOneRowIsFoundWhenThatRowIsPacked() {
        Matrix matrix = Weights.uniform(BlockFormat.Q8_0, 3 * GRANULE, 32, 0x2400, 0, 1);
        long row = 40 * matrix.format().rowBytes(32);
        matrix.data().asSlice(row, matrix.format().rowBytes(32)).fill((byte) 0);
        Weights.scales(matrix, 40, 0x6c00, 0);
        matrix.data().set(java.lang.foreign.ValueLayout.JAVA_BYTE, row + 2, (byte) 1);
        assertEquals(-1, matrix.firstRefusedRow());
        short[] x = Weights.inputs(32, new Random(9));
        long[] expected = new long[3 * GRANULE];
        SCALAR.multiply(SCALAR.pack(matrix), x, 1, expected, 0, 3 * GRANULE);
        for (NativeKernel kernel : kernels) {
            Packed later = kernel.packLater(matrix, true);
            long[] y = new long[3 * GRANULE];
            for (int round = 0; round < 2; round++) {
                Arrays.fill(y, 0);
                for (int from = 0; from < y.length; from += GRANULE) {
                    kernel.multiply(later, x, 1, y, from, from + GRANULE);
                }
                assertArrayEquals(expected, y, kernel.name());
                kernel.multiply(later, x, 1, y, 0, y.length);
                assertArrayEquals(expected, y, kernel.name());
            }
        }
    }

    @Test
    void multipliesOnlyTheRowsAskedFor() {
        Matrix matrix = Weights.random(BlockFormat.Q4_1, 3 * GRANULE + 3, 64, new Random(3));
        short[] x = Weights.inputs(64 * 5, new Random(4));
        for (NativeKernel kernel : kernels) {
            long[] y = new long[5 * matrix.rows()];
            Arrays.fill(y, 7);
            kernel.multiply(kernel.pack(matrix), x, 5, y, GRANULE, 2 * GRANULE);
            for (int i = 0; i < y.length; i++) {
                int row = i % matrix.rows();
                assertTrue(row >= GRANULE && row < 2 * GRANULE || y[i] == 7, "row " + row);
            }
        }
    }

    /// M2, with exponents beyond every real one.
    @Test
    void givesWideValues() {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        int[] exponents = {-5, 0, 3, 4, 5, 12, 40, 57, -20, -58, -59, -100, 100, -36};
        int count = exponents.length;
        Matrix matrix = Weights.random(BlockFormat.Q4_0, 45, 64, random);
        short[] x = Weights.inputs(count * 64, random);
        long[] sums = new long[count * 45];
        SCALAR.multiply(SCALAR.pack(matrix), x, count, sums, 0, 45);
        for (int i = 0; i < sums.length; i++) {
            sums[i] = Linear.wide(sums[i], exponents[i / 45]);
        }
        for (NativeKernel kernel : kernels) {
            long[] y = new long[count * 45];
            kernel.multiplyWide(kernel.pack(matrix), x, exponents, count, y, 0, 32);
            kernel.multiplyWide(kernel.pack(matrix), x, exponents, count, y, 32, 45);
            assertArrayEquals(sums, y, kernel.name() + ", seed " + seed);
        }
    }

    @Test
    void refusesShapesThatDoNotFit() throws KernelUnavailableException {
        Matrix matrix = Weights.bounded(BlockFormat.Q8_0, 40, 32, new Random(3));
        Packed other = VectorKernel.create().pack(matrix);
        for (NativeKernel kernel : kernels) {
            Packed w = kernel.pack(matrix);
            short[] x = new short[64];
            long[] y = new long[80];
            assertRefused(() -> kernel.multiply(w, x, 3, y, 0, 40));
            assertRefused(() -> kernel.multiply(w, x, 2, new long[79], 0, 40));
            assertRefused(() -> kernel.multiply(w, x, 1, y, 0, 41));
            assertRefused(() -> kernel.multiply(w, x, 1, y, -1, 40));
            assertRefused(() -> kernel.multiply(w, x, -1, y, 0, 40));
            assertRefused(() -> kernel.multiply(w, x, 1, y, 1, 40));
            assertRefused(() -> kernel.multiply(w, x, 1, y, 0, 39));
            assertRefused(() -> kernel.multiply(other, x, 1, y, 0, 40));
            assertRefused(() -> kernel.multiplyWide(w, x, new int[1], 2, y, 0, 40));
            if (kernel.fast()) {
                assertRefused(() -> SCALAR.multiply(w, x, 1, y, 0, 40));
                assertRefused(() -> kernels.getFirst().multiply(w, x, 1, y, 0, 40));
            }
            assertOutside(() -> kernel.scores(x, 1, x, 0, 64, 1, y, 0));
            assertOutside(() -> kernel.scores(x, 0, x, 0, 64, 2, y, 0));
            assertOutside(() -> kernel.scores(x, 0, x, -1, 6, 2, y, 0));
            assertOutside(() -> kernel.scores(x, 0, x, 0, 1, 60, y, 21));
            assertOutside(() -> kernel.mix(new int[1], x, 0, 2, 2, y, 0));
            assertOutside(() -> kernel.mix(new int[2], x, 0, 33, 2, y, 0));
            assertOutside(() -> kernel.mix(new int[2], x, 0, 32, 2, y, 49));
        }
    }

    private static void assertRefused(Runnable call) {
        assertThrows(IllegalArgumentException.class, call::run);
    }

    private static void assertOutside(Runnable call) {
        assertThrows(IndexOutOfBoundsException.class, call::run);
    }

    @Test
    void leavesLongerRowsThanTheSpecAllowsToTheScalarKernel() {
        Matrix matrix = Weights.random(BlockFormat.Q4_0, 1, 32800, new Random(5));
        assertInstanceOf(MappedMatrix.class, kernels.getLast().pack(matrix));
        assertSame(matrix, Weights.inputs(32800, new Random(6)), 1, "long row");
    }

    @Test
    void scoresAndMixGiveSameBitsForOddSizes() {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int size : new int[] {1, 3, 15, 16, 17, 31, 32, 33, 64, 80, 96, 100, 128, 256, 300, 512}) {
            for (int positions : new int[] {1, 2, 7, 8, 50, 127, 128, 129, 300}) {
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
        int size = 83;
        for (int v : new int[] {-32768, 32767}) {
            for (int other : new int[] {-32768, 32767, 255}) {
                short[] q = new short[size + 3];
                short[] k = new short[size * positions + 5];
                Arrays.fill(q, (short) other);
                Arrays.fill(k, (short) v);
                int[] w = new int[positions];
                Arrays.fill(w, (1 << 25) - 1);
                assertAttention(q, k, w, size, positions, "all " + v);
            }
        }
        short[] wide = new short[16389 + 16384];
        Arrays.fill(wide, (short) -32768);
        assertAttention(wide, wide, new int[] {1}, 16384, 1, "widest");
    }

    private static void assertAttention(short[] q, short[] k, int[] w, int size, int positions,
            String message) {
        long[] expected = new long[positions + size + 3];
        SCALAR.scores(q, 3, k, 5, size, positions, expected, 2);
        long[] mixed = new long[positions + size + 3];
        SCALAR.mix(w, k, 5, size, positions, mixed, 1);
        for (NativeKernel kernel : kernels) {
            long[] actual = new long[positions + size + 3];
            kernel.scores(q, 3, k, 5, size, positions, actual, 2);
            assertArrayEquals(expected, actual,
                    kernel.name() + ", " + message + ", scores of size " + size);
            Arrays.fill(actual, 0);
            kernel.mix(w, k, 5, size, positions, actual, 1);
            assertArrayEquals(mixed, actual,
                    kernel.name() + ", " + message + ", mix of size " + size);
        }
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
        SCALAR.multiply(SCALAR.pack(matrix), x, count, expected, 0, matrix.rows());
        Packed packed = kernels.getLast().pack(matrix); // one layout for all sets that have products
        for (NativeKernel kernel : kernels) {
            if (!kernel.fast() && (long) matrix.columns() * count > 1 << 16) {
                continue; // slow; what else it could get wrong is the same for fewer inputs
            }
            long[] actual = new long[count * matrix.rows()];
            kernel.multiply(kernel.fast() ? packed : kernel.pack(matrix), x, count, actual, 0, matrix.rows());
            assertArrayEquals(expected, actual, () -> kernel.name() + ", " + message + ", "
                    + matrix.format() + " " + matrix.rows() + " x " + matrix.columns() + ", count "
                    + count);
        }
    }

    @Test
    void saysWhatToDoWhereTheLibraryIsMissing() {
        String message = assertThrows(KernelUnavailableException.class,
                () -> NativeKernel.open(Path.of("nowhere", "libplumbline.so"))).getMessage();
        assertTrue(message.contains("install gcc or clang")
                && message.contains("use kernel \"vector\""), message);
    }
}

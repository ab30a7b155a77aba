package plumbline.engine.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import plumbline.exact.Attention;
import plumbline.exact.Gate;
import plumbline.exact.KeyValues;
import plumbline.exact.Rotation;

/// What the native kernel does between products has the bits of plumbline.exact, which the scalar kernel
/// calls. Cites spec/arithmetic.md sections 4, 5, 8, 9 and 10.
class NativeStepsTest {

    private static final long WIDE_MAX = (1L << 47) - 1;
    private static final ScalarKernel SCALAR = new ScalarKernel();

    private static List<NativeKernel> kernels;

    @BeforeAll
    static void compile() throws Exception {
        NativeKernel best = NativeKernel.open(NativeBuild.library());
        kernels = Arrays.stream(InstructionSet.values()).map(best::with)
                .flatMap(Optional::stream).toList();
    }

    /// E1, E2, G1 to G4: arguments of all sizes, the limits and their neighbours.
    @ParameterizedTest
    @EnumSource(Gate.class)
    void gatesGiveSameBits(Gate gate) {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int bits : new int[] {1, 10, 20, 24, 26, 27, 31, 40, 47}) {
            for (int count : new int[] {1, 7, 64, 1539}) {
                long[] g = wide(count + 2, bits, random);
                long[] up = wide(count + 2, 1 + random.nextInt(47), random);
                for (int i = 0; i < Math.min(count, 40); i++) {
                    long limit = (gate == Gate.SILU ? 64L : 16L) << 20;
                    g[2 + i] = (i % 2 == 0 ? limit : -limit) + i / 2 % 5 - 2;
                }
                assertSameGate(gate, g, up, count, "seed " + seed + ", " + bits + " bits");
            }
        }
        assertSameGate(gate, new long[9], new long[9], 7, "zeros");
        long[] widest = new long[9];
        Arrays.fill(widest, WIDE_MAX);
        assertSameGate(gate, widest, widest, 7, "widest");
    }

    /// Every value of the sigmoid's first 2^17 arguments: quotients near integers are among them.
    @Test
    void gateGivesSameBitsForEverySmallArgument() {
        int count = 1 << 17;
        long[] g = new long[count + 2];
        long[] up = new long[count + 2];
        for (int i = 0; i < g.length; i++) {
            g[i] = (i - count / 2) * 7L;
            up[i] = 1 << 20;
        }
        assertSameGate(Gate.SILU, g, up, count, "small");
    }

    private static void assertSameGate(Gate gate, long[] g, long[] up, int count, String message) {
        long[] g1 = g.clone();
        long[] up1 = up.clone();
        short[] x1 = new short[count + 3];
        int e1 = SCALAR.gate(gate, g1, up1, 2, count, x1, 3);
        for (NativeKernel kernel : kernels) {
            short[] x2 = new short[count + 3];
            assertEquals(e1, kernel.gate(gate, g.clone(), up.clone(), 2, count, x2, 3),
                    kernel.name() + ", " + message);
            assertArrayEquals(x1, x2, kernel.name() + ", " + message + ", count " + count);
        }
    }

    /// R3, T1, Q1, Q2.
    @ParameterizedTest
    @EnumSource(Rotation.class)
    void rotationsGiveSameBits(Rotation rotation) {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int pairs : new int[] {1, 8, 16, 32, 40, 256}) {
            for (int bits : new int[] {1, 15, 16, 20, 31, 32, 47}) {
                for (long scale : new long[] {0, Attention.queryScale(2 * pairs), 1549082004L}) {
                    int size = 2 * pairs + (pairs == 8 ? 5 : 0); // some entries aren't rotated
                    int[] cos = new int[pairs + 4];
                    int[] sin = new int[pairs + 4];
                    for (int i = 0; i < cos.length; i++) {
                        double angle = random.nextInt(5) == 0 ? 0 : random.nextDouble() * 7;
                        cos[i] = (int) Math.round(Math.cos(angle) * (1 << 30));
                        sin[i] = (int) Math.round(Math.sin(angle) * (1 << 30));
                    }
                    long[] z = wide(size + 1, bits, random);
                    assertSameRotation(rotation, z, size, cos, sin, pairs, scale, "seed " + seed);
                }
            }
        }
    }

    private static void assertSameRotation(Rotation rotation, long[] z, int size, int[] cos, int[] sin,
            int pairs, long scale, String message) {
        long[] z1 = z.clone();
        short[] x1 = new short[size + 2];
        int e1 = SCALAR.rotate(z1, 1, size, rotation, cos, sin, 4, pairs, scale, x1, 2);
        for (NativeKernel kernel : kernels) {
            short[] x2 = new short[size + 2];
            assertEquals(e1, kernel.rotate(z.clone(), 1, size, rotation, cos, sin, 4, pairs, scale, x2,
                    2), kernel.name() + ", " + message);
            assertArrayEquals(x1, x2, kernel.name() + ", " + message);
        }
    }

    /// T2 to T5, with exponents of every kind of shift.
    @Test
    void attentionGivesSameBits() {
        long seed = Long.getLong("plumbline.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int size : new int[] {2, 16, 64, 80, 128, 512}) {
            for (int positions : new int[] {1, 2, 9, 130, 400}) {
                for (int spread : new int[] {0, 3, 30}) {
                    KeyValues rows = new KeyValues(2, size, positions + 3);
                    fill(rows, size, spread, random);
                    short[] q = shorts(size, random);
                    for (int eq : new int[] {-20, -12 - random.nextInt(6), 12}) {
                        assertSameAttention(rows, q, eq, random.nextInt(3), positions + 3,
                                "seed " + seed + ", size " + size + ", spread " + spread);
                    }
                }
            }
        }
    }

    private static void fill(KeyValues rows, int size, int spread, Random random) {
        for (int i = 0; i < rows.capacity(); i++) {
            rows.keyExponents(1)[i] = (short) (-14 - random.nextInt(spread + 1));
            rows.valueExponents(1)[i] = (short) (-17 + random.nextInt(spread + 1));
        }
        System.arraycopy(shorts(size * rows.capacity(), random), 0, rows.keys(1), 0,
                size * rows.capacity());
        System.arraycopy(shorts(size * rows.capacity(), random), 0, rows.values(1), 0,
                size * rows.capacity());
    }

    private static void assertSameAttention(KeyValues rows, short[] q, int eq, int from, int to,
            String message) {
        long[] expected = new long[rows.headSize() + 4];
        SCALAR.attend(q, eq, rows, 1, from, to, expected, 3);
        for (NativeKernel kernel : kernels) {
            long[] actual = new long[rows.headSize() + 4];
            kernel.attend(q, eq, rows, 1, from, to, actual, 3);
            assertArrayEquals(expected, actual, kernel.name() + ", " + message);
        }
    }

    @Test
    void refusesWhatLiesOutside() {
        KeyValues rows = new KeyValues(1, 16, 4);
        short[] q = new short[16];
        long[] z = new long[16];
        int[] angles = new int[8];
        for (NativeKernel kernel : kernels) {
            assertOutside(() -> kernel.attend(q, 0, rows, 0, 0, 5, z, 0));
            assertOutside(() -> kernel.attend(q, 0, rows, 0, 0, 4, z, 1));
            assertOutside(() -> kernel.attend(q, 0, rows, 1, 0, 4, z, 0));
            assertOutside(() -> kernel.attend(new short[15], 0, rows, 0, 0, 4, z, 0));
            assertThrows(IllegalArgumentException.class,
                    () -> kernel.attend(q, 0, rows, 0, 2, 2, z, 0));
            assertOutside(() -> kernel.rotate(z, 0, 16, Rotation.HALVES, angles, angles, 1, 8, 0, q, 0));
            assertOutside(() -> kernel.rotate(z, 0, 14, Rotation.HALVES, angles, angles, 0, 8, 0, q, 0));
            assertOutside(() -> kernel.rotate(z, 1, 16, Rotation.HALVES, angles, angles, 0, 8, 0, q, 0));
            assertOutside(() -> kernel.rotate(z, 0, 16, Rotation.HALVES, angles, angles, 0, 8, 0, q, 1));
            assertOutside(() -> kernel.gate(Gate.SILU, z, new long[15], 0, 16, q, 0));
            assertOutside(() -> kernel.gate(Gate.SILU, z, z, 1, 16, q, 0));
            assertOutside(() -> kernel.gate(Gate.SILU, z, z, 0, 16, q, 1));
        }
    }

    private static void assertOutside(Runnable call) {
        assertThrows(IndexOutOfBoundsException.class, call::run);
    }

    private static long[] wide(int count, int bits, Random random) {
        long[] z = new long[count];
        for (int i = 0; i < count; i++) {
            long x = random.nextLong() >>> 64 - bits >>> random.nextInt(bits);
            z[i] = Math.min(x, WIDE_MAX) * (random.nextBoolean() ? 1 : -1);
        }
        return z;
    }

    private static short[] shorts(int length, Random random) {
        short[] a = new short[length];
        for (int i = 0; i < length; i++) {
            a[i] = (short) (random.nextInt(6) == 0 ? 32767 : random.nextInt(65535) - 32767);
        }
        return a;
    }
}

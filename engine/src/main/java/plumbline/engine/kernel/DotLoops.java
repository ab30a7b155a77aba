package plumbline.engine.kernel;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import plumbline.exact.BlockFormat;

/// Inner loops from quants to sums, lanes = columns; see [Handles] for how they are called.
final class DotLoops {

    /// Sums of pairs of products in a block of 32.
    static final int PAIRS = 16;

    private static final Class<?> I = int.class;
    private static final Class<?> SS = short[].class;
    private static final Class<?> IS = int[].class;
    private static final Class<?> DS = double[].class;

    /// The JVM compiles anew for each handle object, so there is one object for each loop.
    private static final MethodHandles.Lookup HERE = MethodHandles.lookup();
    private static final MethodHandle HALVES = Handles.of(HERE, "widen", SS, DS, I);
    private static final MethodHandle SCALE_16 = Handles.of(HERE, "scale16", SS, SS, I);
    private static final MethodHandle SCALE_32 = Handles.of(HERE, "scale32", SS, SS, I);
    private static final MethodHandle PAIRS_DOT =
            Handles.of(HERE, Lanes.X86 ? "pairs" : "pairsOfLanes", SS, SS, I, IS, I);
    private static final MethodHandle FOLD_BLOCK = Handles.of(HERE, "foldBlock", IS, DS, I, I, DS);
    private static final MethodHandle FOLD_SUPER = Handles.of(HERE, "foldSuper", IS, DS, I, I, DS);
    private static final Map<BlockFormat, DotLoops> KNOWN = new ConcurrentHashMap<>();

    private final MethodHandle unpack;
    private final MethodHandle halves = HALVES;
    private final MethodHandle rescale;
    private final MethodHandle dot = PAIRS_DOT;
    private final MethodHandle fold;

    private DotLoops(BlockFormat format) {
        unpack = unpack(format, HERE);
        rescale = QuantShape.of(format).group() == 16 ? SCALE_16 : SCALE_32;
        fold = format.blockSize() == 32 ? FOLD_BLOCK : FOLD_SUPER;
    }

    /// Loops for a block format.
    static DotLoops of(BlockFormat format) {
        return KNOWN.computeIfAbsent(format, DotLoops::new);
    }

    private static MethodHandle unpack(BlockFormat format, MethodHandles.Lookup here) {
        Class<?> holder = format.blockSize() == 32 ? BlockUnpack.class : SuperUnpack.class;
        return Handles.of(here.in(holder), format.name().toLowerCase(Locale.ROOT), byte[].class, I, SS, SS, SS, SS,
                SS);
    }

    /// See [BlockUnpack] and [SuperUnpack].
    void unpack(byte[] b, int blocks, short[] q, short[] sub, short[] subMin, short[] d, short[] m) {
        try {
            unpack.invokeExact(b, blocks, q, sub, subMin, d, m);
        } catch (Throwable e) {
            throw Handles.thrown(e);
        }
    }

    /// f16 numbers as doubles, units of 2^-24; `count` is rounded up to [Lanes#WIDTH].
    void halves(short[] bits, double[] into, int count) {
        try {
            halves.invokeExact(bits, into, count);
        } catch (Throwable e) {
            throw Handles.thrown(e);
        }
    }

    /// Multiplies each group of quants with its integer scale: at most 4096.
    void rescale(short[] q, short[] sub, int groups) {
        try {
            rescale.invokeExact(q, sub, groups);
        } catch (Throwable e) {
            throw Handles.thrown(e);
        }
    }

    /// Sums of pairs of products, [#PAIRS] for each 32 of `count` columns.
    void dot(short[] q, short[] x, int xAt, int[] u, int count) {
        try {
            dot.invokeExact(q, x, xAt, u, count);
        } catch (Throwable e) {
            throw Handles.thrown(e);
        }
    }

    /// `sums[r * WIDTH_64 + lane]` = over the `blocks` blocks of row r, the sums of each times its d. Exact, see
    /// [VectorMatrix].
    void fold(int[] u, double[] d, int rows, int blocks, double[] sums) {
        try {
            fold.invokeExact(u, d, rows, blocks, sums);
        } catch (Throwable e) {
            throw Handles.thrown(e);
        }
    }

    private static void widen(short[] bits, double[] into, int count) {
        for (int i = 0; i < count; i += Lanes.WIDTH) {
            FloatVector v = half(Lanes.ints(bits, i));
            Lanes.low(v).intoArray(into, i);
            Lanes.high(v).intoArray(into, i + Lanes.WIDTH_64);
        }
    }

    /// F16 bits (the high half is ignored) to the float of the integer in units of 2^-24: a normal number
    /// keeps its fraction and gets the exponent e - 15 + 24 + 127 = e + 136; a subnormal one is its fraction.
    static FloatVector half(IntVector bits) {
        IntVector magnitude = bits.and(0x7fff);
        IntVector normal = magnitude.lanewise(VectorOperators.LSHL, 13).add(136 << 23);
        VectorMask<Integer> small = magnitude.compare(VectorOperators.LT, 1024);
        IntVector subnormal = ((FloatVector) magnitude.convert(VectorOperators.I2F, 0)).reinterpretAsInts();
        return normal.blend(subnormal, small)
                .or(bits.and(0x8000).lanewise(VectorOperators.LSHL, 16)).reinterpretAsFloats();
    }

    private static void scale16(short[] q, short[] sub, int groups) {
        for (int g = 0; g < groups; g++) {
            for (int i = 0; i < 16; i += Lanes.NIBBLES) {
                ShortVector.fromArray(Lanes.S16, q, 16 * g + i).mul(sub[g]).intoArray(q, 16 * g + i);
            }
        }
    }

    private static void scale32(short[] q, short[] sub, int groups) {
        for (int g = 0; g < groups; g++) {
            for (int i = 0; i < 32; i += 2 * Lanes.WIDTH) {
                ShortVector.fromArray(Lanes.S, q, 32 * g + i).mul(sub[g]).intoArray(q, 32 * g + i);
            }
        }
    }

    /// C2 makes the machine's multiply-add of pairs of int16 of exactly this loop. A sum is at most
    /// 2 * 4096 * 32767 < 2^28.
    private static void pairs(short[] q, short[] x, int xAt, int[] u, int count) {
        for (int i = 0; i < count / 2; i++) {
            u[i] = q[2 * i] * x[xAt + 2 * i] + q[2 * i + 1] * x[xAt + 2 * i + 1];
        }
    }

    /// As [#pairs], other pairs of the same 32 columns, for machines without such an instruction.
    private static void pairsOfLanes(short[] q, short[] x, int xAt, int[] u, int count) {
        for (int c = 0; c < count; c += 32) {
            for (int i = c; i < c + PAIRS; i += Lanes.WIDTH) {
                Lanes.ints(q, i).mul(Lanes.ints(x, xAt + i))
                        .add(Lanes.ints(q, i + PAIRS).mul(Lanes.ints(x, xAt + i + PAIRS)))
                        .intoArray(u, c / 2 + i - c);
            }
        }
    }

    /// The lanes of a block are added until a vector of doubles holds them: an int holds 32 * 128 * 32767.
    private static void foldBlock(int[] u, double[] d, int rows, int blocks, double[] sums) {
        for (int r = 0; r < rows; r++) {
            DoubleVector a = DoubleVector.zero(Lanes.D);
            DoubleVector b = DoubleVector.zero(Lanes.D);
            int end = (r + 1) * blocks;
            for (int k = r * blocks; k < end; k += 2) {
                // No vectors in branches: once C2 has seen both sides taken, it keeps them as objects.
                double second = k + 1 < end ? d[k + 1] : 0;
                a = Lanes.fma(block(u, k * PAIRS), DoubleVector.broadcast(Lanes.D, d[k]), a);
                b = Lanes.fma(block(u, (k + 1) * PAIRS), DoubleVector.broadcast(Lanes.D, second), b);
            }
            a.add(b).intoArray(sums, r * Lanes.WIDTH_64);
        }
    }

    private static DoubleVector block(int[] u, int at) {
        IntVector sum = two(u, at);
        if (Lanes.WIDTH_64 < 8) {
            sum = sum.add(two(u, at + PAIRS / 2));
        }
        if (Lanes.WIDTH_64 < 4) {
            sum = sum.add(two(u, at + 4)).add(two(u, at + 12));
        }
        return (DoubleVector) sum.convertShape(VectorOperators.I2D, Lanes.D, 0);
    }

    private static IntVector two(int[] u, int at) {
        return IntVector.fromArray(Lanes.I_HALF, u, at)
                .add(IntVector.fromArray(Lanes.I_HALF, u, at + Lanes.WIDTH_64));
    }

    /// A lane takes 16 of the 256 columns: of all formats Q6_K has the largest sums, 16 * 32 * 128 * 32767 <
    /// 2^31.
    private static void foldSuper(int[] u, double[] d, int rows, int blocks, double[] sums) {
        for (int r = 0; r < rows; r++) {
            DoubleVector a = DoubleVector.zero(Lanes.D);
            DoubleVector b = DoubleVector.zero(Lanes.D);
            for (int k = r * blocks; k < (r + 1) * blocks; k++) {
                DoubleVector scale = DoubleVector.broadcast(Lanes.D, d[k]);
                for (int i = 0; i < PAIRS; i += Lanes.WIDTH) {
                    int at = k * (8 * PAIRS) + i;
                    IntVector sum = four(u, at).add(four(u, at + 4 * PAIRS));
                    a = Lanes.fma(Lanes.low(sum), scale, a);
                    b = Lanes.fma(Lanes.high(sum), scale, b);
                }
            }
            a.add(b).intoArray(sums, r * Lanes.WIDTH_64);
        }
    }

    private static IntVector four(int[] u, int at) {
        return IntVector.fromArray(Lanes.I, u, at).add(IntVector.fromArray(Lanes.I, u, at + PAIRS))
                .add(IntVector.fromArray(Lanes.I, u, at + 2 * PAIRS)
                        .add(IntVector.fromArray(Lanes.I, u, at + 3 * PAIRS)));
    }

    /// The sum over the lanes of row r.
    static double lanes(double[] sums, int r) {
        double sum = 0;
        for (int i = r * Lanes.WIDTH_64; i < (r + 1) * Lanes.WIDTH_64; i++) {
            sum += sums[i];
        }
        return sum;
    }

    /// What a minimum for each of a row's blocks adds; the first is `m[at]`.
    static double minima(double[] m, int at, int[] xSums, int xAt, int blocks) {
        double a = 0;
        double b = 0;
        int k = 0;
        for (; k + 1 < blocks; k += 2) {
            a += m[at + k] * xSums[xAt + k];
            b += m[at + k + 1] * xSums[xAt + k + 1];
        }
        return k < blocks ? a + b + m[at + k] * xSums[xAt + k] : a + b;
    }

    /// What an integer minimum for each group, with a scale for each block, takes away. The sum over a block's
    /// groups is at most 256 * 63 * 32767 < 2^29.
    static double minima(double[] m, int at, short[] subMin, int[] xSums, int xAt, int blocks,
            int groups) {
        double sum = 0;
        for (int k = 0; k < blocks; k++) {
            int dot = 0;
            for (int g = k * groups; g < (k + 1) * groups; g++) {
                dot += subMin[at * groups + g] * xSums[xAt + g];
            }
            sum += m[at + k] * dot;
        }
        return sum;
    }
}

package plumbline.engine.kernel;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Inner loops for one input row: block weights straight from their words, no panel.
///
/// C2 makes good code only of small loops. When it inlines them into one another, or into their
/// caller, it runs out of its node budget or registers and the code is 2 to 15 times slower. So
/// they are called through method handles which C2 can't see to be constant, and which it therefore
/// never inlines.
final class RowLoops {

    private static final Class<?> I = int.class;
    private static final Class<?> IS = int[].class;
    private static final Class<?> DS = double[].class;

    /// Partial sums of one block: one per word of Q4, one per pair of words of Q8_0.
    static final int PARTS = 4;

    private final MethodHandle parts;
    private final MethodHandle fold;
    private final MethodHandle mins;

    /// Loops for words of 8 nibbles or of 4 bytes.
    RowLoops(int wordsPerBlock) {
        parts = handle(wordsPerBlock == 4 ? "parts4" : "parts8", IS, I, IS, I, IS, I);
        fold = handle("addScaled", IS, IS, I, IS, I, DS, I, I);
        mins = handle("addMins", IS, I, IS, I, DS, I, I);
    }

    private static MethodHandle handle(String loop, Class<?>... parameters) {
        try {
            return MethodHandles.lookup().findStatic(RowLoops.class, loop,
                    MethodType.methodType(void.class, parameters));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("no loop " + loop, e);
        }
    }

    /// Partial sums of n_i x_i over the stored quants n of `parts / PARTS` blocks of half a group:
    /// `u[part * WIDTH + row]`. `c` holds coefficients made of x, see below.
    void parts(int[] w, int at, int[] c, int cAt, int[] u, int count) {
        try {
            parts.invokeExact(w, at, c, cAt, u, count);
        } catch (Throwable e) {
            throw thrown(e);
        }
    }

    /// `sums[h + row] += D[k][row] * (start[k0 + k] + sum of the parts of block k)` for half a
    /// group; `at` is the place of the first scales. Exact, see [PackedBlocks].
    void fold(int[] u, int[] w, int at, int[] start, int k0, double[] sums, int h, int blocks) {
        try {
            fold.invokeExact(u, w, at, start, k0, sums, h, blocks);
        } catch (Throwable e) {
            throw thrown(e);
        }
    }

    /// `sums[h + row] += M[k][row] * xSums[k0 + k]`; `at` is the place of the first mins.
    void mins(int[] w, int at, int[] xSums, int k0, double[] sums, int h, int blocks) {
        try {
            mins.invokeExact(w, at, xSums, k0, sums, h, blocks);
        } catch (Throwable e) {
            throw thrown(e);
        }
    }

    /// The loops throw nothing that is checked.
    private static Error thrown(Throwable e) {
        if (e instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        return e instanceof Error error ? error : new AssertionError(e);
    }

    /// See [#parts]. The naive loop shifts and masks each nibble n_i. Without masks:
    /// s = n_0 + 16 n_1 + ... and (s >>> 4i) = n_i + 16 (s >>> 4(i+1)), so with
    /// c_i = x_i - 16 x_(i-1) (c_0 = x_0) the sum of (s >>> 4i) c_i is the sum of n_i x_i.
    /// Terms wrap modulo 2^32; the sum over a block, below 32 * 15 * 32767 < 2^24, does not.
    private static void parts4(int[] w, int at, int[] c, int cAt, int[] u, int parts) {
        for (int j = 0; j < parts; j++) {
            int q = cAt + j * 8;
            IntVector s = IntVector.fromArray(Lanes.I, w, at + j * Lanes.WIDTH);
            IntVector a = s.mul(c[q]).add(shifted(s, 4).mul(c[q + 1]));
            IntVector b = shifted(s, 8).mul(c[q + 2]).add(shifted(s, 12).mul(c[q + 3]));
            IntVector d = shifted(s, 16).mul(c[q + 4]).add(shifted(s, 20).mul(c[q + 5]));
            IntVector e = shifted(s, 24).mul(c[q + 6]).add(shifted(s, 28).mul(c[q + 7]));
            a.add(b).add(d.add(e)).intoArray(u, j * Lanes.WIDTH);
        }
    }

    /// As [#parts4], 2 words of 4 bytes: c_i = x_i - 256 x_(i-1). The sum over a block is below
    /// 32 * 255 * 32767 < 2^28.
    private static void parts8(int[] w, int at, int[] c, int cAt, int[] u, int parts) {
        for (int j = 0; j < parts; j++) {
            int q = cAt + j * 8;
            IntVector s = IntVector.fromArray(Lanes.I, w, at + 2 * j * Lanes.WIDTH);
            IntVector a = s.mul(c[q]).add(shifted(s, 8).mul(c[q + 1]));
            IntVector b = shifted(s, 16).mul(c[q + 2]).add(shifted(s, 24).mul(c[q + 3]));
            s = IntVector.fromArray(Lanes.I, w, at + (2 * j + 1) * Lanes.WIDTH);
            IntVector d = s.mul(c[q + 4]).add(shifted(s, 8).mul(c[q + 5]));
            IntVector e = shifted(s, 16).mul(c[q + 6]).add(shifted(s, 24).mul(c[q + 7]));
            a.add(b).add(d.add(e)).intoArray(u, j * Lanes.WIDTH);
        }
    }

    private static IntVector shifted(IntVector s, int bits) {
        return s.lanewise(VectorOperators.LSHR, bits);
    }

    private static void addScaled(int[] u, int[] w, int at, int[] start, int k0, double[] sums,
            int h, int blocks) {
        DoubleVector low = DoubleVector.fromArray(Lanes.D, sums, h);
        DoubleVector high = DoubleVector.fromArray(Lanes.D, sums, h + Lanes.WIDTH_64);
        for (int k = 0; k < blocks; k++) {
            int p = k * (PARTS * Lanes.WIDTH);
            int d = at + k * Lanes.WIDTH;
            IntVector dot = IntVector.fromArray(Lanes.I, u, p)
                    .add(IntVector.fromArray(Lanes.I, u, p + Lanes.WIDTH))
                    .add(IntVector.fromArray(Lanes.I, u, p + 2 * Lanes.WIDTH)
                            .add(IntVector.fromArray(Lanes.I, u, p + 3 * Lanes.WIDTH)))
                    .add(start[k0 + k]);
            low = Lanes.fma(Lanes.low(dot), Lanes.doublesOfBits(w, d), low);
            high = Lanes.fma(Lanes.high(dot), Lanes.doublesOfBits(w, d + Lanes.WIDTH_64), high);
        }
        low.intoArray(sums, h);
        high.intoArray(sums, h + Lanes.WIDTH_64);
    }

    private static void addMins(int[] w, int at, int[] xSums, int k0, double[] sums, int h,
            int blocks) {
        DoubleVector low = DoubleVector.fromArray(Lanes.D, sums, h);
        DoubleVector high = DoubleVector.fromArray(Lanes.D, sums, h + Lanes.WIDTH_64);
        for (int k = 0; k < blocks; k++) {
            int m = at + k * Lanes.WIDTH;
            DoubleVector x = DoubleVector.broadcast(Lanes.D, (double) xSums[k0 + k]);
            low = Lanes.fma(x, Lanes.doublesOfBits(w, m), low);
            high = Lanes.fma(x, Lanes.doublesOfBits(w, m + Lanes.WIDTH_64), high);
        }
        low.intoArray(sums, h);
        high.intoArray(sums, h + Lanes.WIDTH_64);
    }
}

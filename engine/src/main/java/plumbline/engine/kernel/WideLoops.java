package plumbline.engine.kernel;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Inner loops for F32, F16 and BF16 weights, in doubles; see [Handles] for how they are called.
final class WideLoops {

    /// Weight rows of one tile.
    static final int TILE = 4;

    /// 1.5 * 2^52: a double below 2^51 that is added to it loses its fraction.
    private static final double WHOLE = 0x1.8p52;

    private WideLoops() {}

    /// `count` F16 weights at `b[0 ..]` to `w[to ..]`, which has room for whole vectors.
    static void f16(byte[] b, int count, double[] w, int to) {
        for (int i = 0; i < count; i += Lanes.WIDTH) {
            FloatVector v = DotLoops.half(Lanes.ints(b, 2 * i));
            Lanes.low(v).intoArray(w, to + i);
            Lanes.high(v).intoArray(w, to + i + Lanes.WIDTH_64);
        }
    }

    /// As [#f16] for BF16.
    static void bf16(byte[] b, int count, double[] w, int to) {
        for (int i = 0; i < count; i += Lanes.WIDTH) {
            FloatVector v = Lanes.ints(b, 2 * i).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
            units(Lanes.low(v)).intoArray(w, to + i);
            units(Lanes.high(v)).intoArray(w, to + i + Lanes.WIDTH_64);
        }
    }

    /// As [#f16] for F32.
    static void f32(byte[] b, int count, double[] w, int to) {
        for (int i = 0; i < count; i += Lanes.WIDTH) {
            FloatVector v = ByteVector.fromArray(Lanes.B, b, 4 * i).reinterpretAsInts().reinterpretAsFloats();
            units(Lanes.low(v)).intoArray(w, to + i);
            units(Lanes.high(v)).intoArray(w, to + i + Lanes.WIDTH_64);
        }
    }

    /// Units of 2^-24, rounded half up (spec/arithmetic.md W2); |v| is below 2^14 by the load rule.
    private static DoubleVector units(DoubleVector v) {
        DoubleVector t = v.mul(0x1p24).add(0.5);
        DoubleVector whole = t.add(WHOLE).sub(WHOLE);
        return whole.sub(1, whole.compare(VectorOperators.GT, t));
    }

    /// `sums[0 .. WIDTH_64)` = lane sums of w x over `count` columns, a multiple of [Lanes#WIDTH] (the rest is
    /// zeros in `x`).
    static void dot(double[] w, double[] x, int xAt, int count, double[] sums) {
        DoubleVector a = DoubleVector.zero(Lanes.D);
        DoubleVector b = DoubleVector.zero(Lanes.D);
        for (int i = 0; i < count; i += Lanes.WIDTH) {
            int j = i + Lanes.WIDTH_64;
            a = Lanes.fma(DoubleVector.fromArray(Lanes.D, w, i), DoubleVector.fromArray(Lanes.D, x, xAt + i), a);
            b = Lanes.fma(DoubleVector.fromArray(Lanes.D, w, j), DoubleVector.fromArray(Lanes.D, x, xAt + j), b);
        }
        a.add(b).intoArray(sums, 0);
    }

    /// `sums[i * GROUP + h + lane] = sum of w[wAt + i * stride + c] * x[xAt + c * GROUP + h + lane]` over `count`
    /// columns c, for four weight rows i and a vector of inputs.
    static void tile(double[] w, int wAt, int stride, float[] x, int xAt, int count, double[] sums, int h) {
        DoubleVector a0 = DoubleVector.zero(Lanes.D), a1 = DoubleVector.zero(Lanes.D);
        DoubleVector b0 = DoubleVector.zero(Lanes.D), b1 = DoubleVector.zero(Lanes.D);
        DoubleVector c0 = DoubleVector.zero(Lanes.D), c1 = DoubleVector.zero(Lanes.D);
        DoubleVector d0 = DoubleVector.zero(Lanes.D), d1 = DoubleVector.zero(Lanes.D);
        for (int c = 0; c < count; c++) {
            DoubleVector x0 = Lanes.doubles(x, xAt + c * Lanes.GROUP + h);
            DoubleVector x1 = Lanes.doubles(x, xAt + c * Lanes.GROUP + h + Lanes.WIDTH_64);
            DoubleVector v = DoubleVector.broadcast(Lanes.D, w[wAt + c]);
            a0 = Lanes.fma(v, x0, a0);
            a1 = Lanes.fma(v, x1, a1);
            v = DoubleVector.broadcast(Lanes.D, w[wAt + stride + c]);
            b0 = Lanes.fma(v, x0, b0);
            b1 = Lanes.fma(v, x1, b1);
            v = DoubleVector.broadcast(Lanes.D, w[wAt + 2 * stride + c]);
            c0 = Lanes.fma(v, x0, c0);
            c1 = Lanes.fma(v, x1, c1);
            v = DoubleVector.broadcast(Lanes.D, w[wAt + 3 * stride + c]);
            d0 = Lanes.fma(v, x0, d0);
            d1 = Lanes.fma(v, x1, d1);
        }
        a0.intoArray(sums, h);
        a1.intoArray(sums, h + Lanes.WIDTH_64);
        b0.intoArray(sums, Lanes.GROUP + h);
        b1.intoArray(sums, Lanes.GROUP + h + Lanes.WIDTH_64);
        c0.intoArray(sums, 2 * Lanes.GROUP + h);
        c1.intoArray(sums, 2 * Lanes.GROUP + h + Lanes.WIDTH_64);
        d0.intoArray(sums, 3 * Lanes.GROUP + h);
        d1.intoArray(sums, 3 * Lanes.GROUP + h + Lanes.WIDTH_64);
    }
}

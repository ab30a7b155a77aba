package plumbline.engine.kernel;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Inner loops for F16 and F32 weights: float panels, double sums. The load rule W8 bounds every
/// partial sum of W * x, so doubles are exact.
final class WideLoops {

    /// Input rows of one tile.
    static final int TILE = 4;

    private WideLoops() {}

    /// One word of two F16 weights of every row of a group to `panel[to ..]`, units of 2^-24.
    static void unpack(int[] halves, int at, float[] panel, int to) {
        for (int h = 0; h < Lanes.GROUP; h += Lanes.WIDTH) {
            IntVector pair = IntVector.fromArray(Lanes.I, halves, at + h);
            half(pair.and(0xffff)).intoArray(panel, to + h);
            half(pair.lanewise(VectorOperators.LSHR, 16)).intoArray(panel, to + Lanes.GROUP + h);
        }
    }

    /// F16 bits to the float of the integer in units of 2^-24: a normal number keeps its fraction
    /// and gets the exponent e - 15 + 24 + 127 = e + 136; a subnormal one is its fraction.
    private static FloatVector half(IntVector bits) {
        IntVector magnitude = bits.and(0x7fff);
        IntVector normal = magnitude.lanewise(VectorOperators.LSHL, 13).add(136 << 23);
        VectorMask<Integer> small = magnitude.compare(VectorOperators.LT, 1024);
        IntVector subnormal = ((FloatVector) magnitude.convert(VectorOperators.I2F, 0))
                .reinterpretAsInts();
        return normal.blend(subnormal, small)
                .or(bits.and(0x8000).lanewise(VectorOperators.LSHL, 16)).reinterpretAsFloats();
    }

    /// `sums[h + row] += panel[c][h + row] * x[xAt + c]` for half a group and one input.
    static void one(float[] panel, int at, int h, double[] x, int xAt, int columns, double[] sums,
            int to) {
        DoubleVector a = DoubleVector.fromArray(Lanes.D, sums, to + h);
        DoubleVector b = DoubleVector.fromArray(Lanes.D, sums, to + h + Lanes.WIDTH_64);
        for (int c = 0; c < columns; c++) {
            int p = at + c * Lanes.GROUP + h;
            DoubleVector v = DoubleVector.broadcast(Lanes.D, x[xAt + c]);
            a = Lanes.fma(v, Lanes.doubles(panel, p), a);
            b = Lanes.fma(v, Lanes.doubles(panel, p + Lanes.WIDTH_64), b);
        }
        a.intoArray(sums, to + h);
        b.intoArray(sums, to + h + Lanes.WIDTH_64);
    }

    /// As [#one] for four inputs, `xStride` apart.
    static void four(float[] panel, int at, int h, double[] x, int xAt, int xStride, int columns,
            double[] sums, int to) {
        int g = Lanes.GROUP;
        int s = to + h;
        DoubleVector a0 = DoubleVector.fromArray(Lanes.D, sums, s);
        DoubleVector a1 = DoubleVector.fromArray(Lanes.D, sums, s + Lanes.WIDTH_64);
        DoubleVector b0 = DoubleVector.fromArray(Lanes.D, sums, s + g);
        DoubleVector b1 = DoubleVector.fromArray(Lanes.D, sums, s + g + Lanes.WIDTH_64);
        DoubleVector c0 = DoubleVector.fromArray(Lanes.D, sums, s + 2 * g);
        DoubleVector c1 = DoubleVector.fromArray(Lanes.D, sums, s + 2 * g + Lanes.WIDTH_64);
        DoubleVector d0 = DoubleVector.fromArray(Lanes.D, sums, s + 3 * g);
        DoubleVector d1 = DoubleVector.fromArray(Lanes.D, sums, s + 3 * g + Lanes.WIDTH_64);
        for (int c = 0; c < columns; c++) {
            int p = at + c * g + h;
            DoubleVector w0 = Lanes.doubles(panel, p);
            DoubleVector w1 = Lanes.doubles(panel, p + Lanes.WIDTH_64);
            DoubleVector v = DoubleVector.broadcast(Lanes.D, x[xAt + c]);
            a0 = Lanes.fma(v, w0, a0);
            a1 = Lanes.fma(v, w1, a1);
            v = DoubleVector.broadcast(Lanes.D, x[xAt + xStride + c]);
            b0 = Lanes.fma(v, w0, b0);
            b1 = Lanes.fma(v, w1, b1);
            v = DoubleVector.broadcast(Lanes.D, x[xAt + 2 * xStride + c]);
            c0 = Lanes.fma(v, w0, c0);
            c1 = Lanes.fma(v, w1, c1);
            v = DoubleVector.broadcast(Lanes.D, x[xAt + 3 * xStride + c]);
            d0 = Lanes.fma(v, w0, d0);
            d1 = Lanes.fma(v, w1, d1);
        }
        a0.intoArray(sums, s);
        a1.intoArray(sums, s + Lanes.WIDTH_64);
        b0.intoArray(sums, s + g);
        b1.intoArray(sums, s + g + Lanes.WIDTH_64);
        c0.intoArray(sums, s + 2 * g);
        c1.intoArray(sums, s + 2 * g + Lanes.WIDTH_64);
        d0.intoArray(sums, s + 3 * g);
        d1.intoArray(sums, s + 3 * g + Lanes.WIDTH_64);
    }
}

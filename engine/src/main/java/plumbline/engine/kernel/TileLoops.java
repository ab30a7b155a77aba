package plumbline.engine.kernel;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Inner loops for several input rows: block weights are unpacked once into a float panel.
final class TileLoops {

    /// Input rows of one tile.
    static final int TILE = 6;

    private TileLoops() {}

    /// `count` inputs, a multiple of 32, as floats.
    static void floats(short[] x, float[] into, int count) {
        for (int c = 0; c < count; c += Lanes.WIDTH) {
            floats(Lanes.ints(x, c)).intoArray(into, c);
        }
    }

    /// Splits x = 256 h + l into h, at `to`, and l, `columns` (a multiple of 32) later.
    static void limbs(short[] x, int from, float[] into, int to, int columns) {
        for (int c = 0; c < columns; c += Lanes.WIDTH) {
            IntVector v = Lanes.ints(x, from + c);
            IntVector high = v.add(128).lanewise(VectorOperators.ASHR, 8);
            floats(high).intoArray(into, to + c);
            floats(v.sub(high.lanewise(VectorOperators.LSHL, 8))).intoArray(into, to + columns + c);
        }
    }

    /// Sum of each block of 32 inputs.
    static void blockSums(short[] x, double[] into, int blocks) {
        for (int k = 0; k < blocks; k++) {
            IntVector sum = Lanes.ints(x, k * PackedBlocks.BLOCK);
            for (int c = Lanes.WIDTH; c < PackedBlocks.BLOCK; c += Lanes.WIDTH) {
                sum = sum.add(Lanes.ints(x, k * PackedBlocks.BLOCK + c));
            }
            into[k] = sum.reduceLanes(VectorOperators.ADD);
        }
    }

    private static FloatVector floats(IntVector v) {
        return (FloatVector) v.convert(VectorOperators.I2F, 0);
    }

    /// Word `j` (8 nibbles) of each row of half a group, whose block begins at `w[at]`, to
    /// `panel[to + column * GROUP + row]`.
    static void unpack4(int[] w, int at, int j, int bias, float[] panel, int to) {
        IntVector s = IntVector.fromArray(Lanes.I, w, at + j * Lanes.WIDTH);
        for (int b = 0; b < 4; b++) {
            int p = to + (4 * j + b) * Lanes.GROUP;
            weight(s.and(15), bias).intoArray(panel, p);
            weight(s.lanewise(VectorOperators.LSHR, 4).and(15), bias)
                    .intoArray(panel, p + 16 * Lanes.GROUP);
            s = s.lanewise(VectorOperators.LSHR, 8);
        }
    }

    /// As [#unpack4] for a word of 4 bytes.
    static void unpack8(int[] w, int at, int j, int bias, float[] panel, int to) {
        IntVector s = IntVector.fromArray(Lanes.I, w, at + j * Lanes.WIDTH);
        for (int b = 0; b < 4; b++) {
            weight(s.and(255), bias).intoArray(panel, to + (4 * j + b) * Lanes.GROUP);
            s = s.lanewise(VectorOperators.LSHR, 8);
        }
    }

    private static FloatVector weight(IntVector quant, int bias) {
        return floats(quant.sub(bias));
    }

    /// Dot products of one block: 6 input rows by a group of weight rows,
    /// `t[to + input * GROUP + row]`.
    ///
    /// Exact in float: Q4 sums are at most 32 * 15 * 32767 < 2^24, and Q8_0 meets only limbs of x
    /// of at most 128, 32 * 128 * 128 < 2^24.
    static void tile(float[] x, int xAt, int xStride, float[] panel, int p, float[] t, int to) {
        int x1 = xAt + xStride;
        int x2 = x1 + xStride;
        int x3 = x2 + xStride;
        int x4 = x3 + xStride;
        int x5 = x4 + xStride;
        FloatVector zero = FloatVector.zero(Lanes.F);
        FloatVector a0 = zero, a1 = zero, b0 = zero, b1 = zero, c0 = zero, c1 = zero;
        FloatVector d0 = zero, d1 = zero, e0 = zero, e1 = zero, f0 = zero, f1 = zero;
        for (int k = 0; k < PackedBlocks.BLOCK; k++) {
            FloatVector w0 = FloatVector.fromArray(Lanes.F, panel, p + k * Lanes.GROUP);
            FloatVector w1 = FloatVector.fromArray(Lanes.F, panel,
                    p + k * Lanes.GROUP + Lanes.WIDTH);
            FloatVector v = FloatVector.broadcast(Lanes.F, x[xAt + k]);
            a0 = Lanes.fma(v, w0, a0);
            a1 = Lanes.fma(v, w1, a1);
            v = FloatVector.broadcast(Lanes.F, x[x1 + k]);
            b0 = Lanes.fma(v, w0, b0);
            b1 = Lanes.fma(v, w1, b1);
            v = FloatVector.broadcast(Lanes.F, x[x2 + k]);
            c0 = Lanes.fma(v, w0, c0);
            c1 = Lanes.fma(v, w1, c1);
            v = FloatVector.broadcast(Lanes.F, x[x3 + k]);
            d0 = Lanes.fma(v, w0, d0);
            d1 = Lanes.fma(v, w1, d1);
            v = FloatVector.broadcast(Lanes.F, x[x4 + k]);
            e0 = Lanes.fma(v, w0, e0);
            e1 = Lanes.fma(v, w1, e1);
            v = FloatVector.broadcast(Lanes.F, x[x5 + k]);
            f0 = Lanes.fma(v, w0, f0);
            f1 = Lanes.fma(v, w1, f1);
        }
        store(a0, a1, t, to);
        store(b0, b1, t, to + Lanes.GROUP);
        store(c0, c1, t, to + 2 * Lanes.GROUP);
        store(d0, d1, t, to + 3 * Lanes.GROUP);
        store(e0, e1, t, to + 4 * Lanes.GROUP);
        store(f0, f1, t, to + 5 * Lanes.GROUP);
    }

    private static void store(FloatVector low, FloatVector high, float[] t, int to) {
        low.intoArray(t, to);
        high.intoArray(t, to + Lanes.WIDTH);
    }

    /// The scales (or mins) of `blocks` blocks of half a group, the first at `w[at]`, as doubles to
    /// `into[h + k * GROUP + row]`.
    static void widen(int[] w, int at, double[] into, int h, int blocks) {
        for (int k = 0; k < blocks; k++) {
            for (int i = 0; i < Lanes.WIDTH; i += Lanes.WIDTH_64) {
                Lanes.doublesOfBits(w, at + k * Lanes.WIDTH + i)
                        .intoArray(into, h + k * Lanes.GROUP + i);
            }
        }
    }

    /// `sums[to + h + row] += t[k][input][h + row] * scales[k][h + row]` for half a group and one
    /// input, whose dots of block k are at `t[tAt + k * TILE * GROUP]`. Exact, see [PackedBlocks].
    static void fold(float[] t, int tAt, double[] scales, int h, double[] sums, int to,
            int blocks) {
        DoubleVector a = DoubleVector.fromArray(Lanes.D, sums, to + h);
        DoubleVector b = DoubleVector.fromArray(Lanes.D, sums, to + h + Lanes.WIDTH_64);
        for (int k = 0; k < blocks; k++) {
            int p = k * Lanes.GROUP + h;
            int q = tAt + k * (TILE * Lanes.GROUP) + h;
            a = Lanes.fma(Lanes.doubles(t, q), DoubleVector.fromArray(Lanes.D, scales, p), a);
            b = Lanes.fma(Lanes.doubles(t, q + Lanes.WIDTH_64),
                    DoubleVector.fromArray(Lanes.D, scales, p + Lanes.WIDTH_64), b);
        }
        a.intoArray(sums, to + h);
        b.intoArray(sums, to + h + Lanes.WIDTH_64);
    }

    /// `sums[to + h + row] += mins[k][h + row] * xSums[xAt + k]` for half a group and one input.
    static void foldMins(double[] mins, int h, double[] xSums, int xAt, double[] sums, int to,
            int blocks) {
        DoubleVector a = DoubleVector.fromArray(Lanes.D, sums, to + h);
        DoubleVector b = DoubleVector.fromArray(Lanes.D, sums, to + h + Lanes.WIDTH_64);
        for (int k = 0; k < blocks; k++) {
            int p = k * Lanes.GROUP + h;
            DoubleVector x = DoubleVector.broadcast(Lanes.D, xSums[xAt + k]);
            a = Lanes.fma(x, DoubleVector.fromArray(Lanes.D, mins, p), a);
            b = Lanes.fma(x, DoubleVector.fromArray(Lanes.D, mins, p + Lanes.WIDTH_64), b);
        }
        a.intoArray(sums, to + h);
        b.intoArray(sums, to + h + Lanes.WIDTH_64);
    }
}

package plumbline.engine.kernel;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Inner loops for many input rows: lanes = inputs; see [Handles] for how they are called.
final class TileLoops {

    /// Weight rows of one tile.
    static final int TILE = 6;

    private static final Class<?> I = int.class;
    private static final Class<?> FS = float[].class;
    private static final Class<?> DS = double[].class;

    /// One object, see [DotLoops].
    static final TileLoops SHARED = new TileLoops();

    private final MethodHandle floats;
    private final MethodHandle tile;
    private final MethodHandle fold;
    private final MethodHandle minima;

    private TileLoops() {
        MethodHandles.Lookup here = MethodHandles.lookup();
        floats = Handles.of(here, "convert", short[].class, FS, I, I);
        tile = Handles.of(here, "dots", FS, I, I, FS, I, I, FS, I);
        fold = Handles.of(here, "addScaled", FS, I, DS, I, DS, I, I);
        minima = Handles.of(here, "addMinima", DS, I, DS, I, DS, I, I);
    }

    /// Quants as floats; `count` is a multiple of 32.
    void floats(short[] q, float[] into, int to, int count) {
        try {
            floats.invokeExact(q, into, to, count);
        } catch (Throwable e) {
            throw Handles.thrown(e);
        }
    }

    /// Dot products of one group: 6 weight rows, `stride` apart, by a group of inputs,
    /// `t[to + row * GROUP + input]`.
    ///
    /// Exact in float: |q x| summed over the group's columns is at most 2^24, see [VectorMatrix#limbs].
    void tile(float[] w, int wAt, int stride, float[] x, int xAt, int columns, float[] t, int to) {
        try {
            tile.invokeExact(w, wAt, stride, x, xAt, columns, t, to);
        } catch (Throwable e) {
            throw Handles.thrown(e);
        }
    }

    /// `sums[to + input] += t[k][row][input] * scales[at + k]` for one row, whose dots of group k are at
    /// `t[tAt + k * TILE * GROUP]`. Exact, see [VectorMatrix].
    void fold(float[] t, int tAt, double[] scales, int at, double[] sums, int to, int groups) {
        try {
            fold.invokeExact(t, tAt, scales, at, sums, to, groups);
            fold.invokeExact(t, tAt + Lanes.WIDTH, scales, at, sums, to + Lanes.WIDTH, groups);
        } catch (Throwable e) {
            throw Handles.thrown(e);
        }
    }

    /// `sums[to + input] += mins[at + k] * xSums[xAt + k * GROUP + input]` for one row.
    void minima(double[] mins, int at, double[] xSums, int xAt, double[] sums, int to, int groups) {
        try {
            minima.invokeExact(mins, at, xSums, xAt, sums, to, groups);
            minima.invokeExact(mins, at, xSums, xAt + Lanes.WIDTH, sums, to + Lanes.WIDTH, groups);
        } catch (Throwable e) {
            throw Handles.thrown(e);
        }
    }

    /// Sums of `group` columns of a group of inputs: `into[g * GROUP + input]`.
    static void groupSums(float[] x, int group, double[] into, int groups) {
        for (int g = 0; g < groups; g++) {
            for (int h = 0; h < Lanes.GROUP; h++) {
                double sum = 0;
                for (int c = 0; c < group; c++) {
                    sum += x[(g * group + c) * Lanes.GROUP + h];
                }
                into[g * Lanes.GROUP + h] = sum;
            }
        }
    }

    private static void convert(short[] q, float[] into, int to, int count) {
        for (int i = 0; i < count; i += Lanes.WIDTH) {
            ((FloatVector) Lanes.ints(q, i).convert(VectorOperators.I2F, 0)).intoArray(into, to + i);
        }
    }

    private static void dots(float[] w, int w0, int stride, float[] x, int xAt, int columns, float[] t, int to) {
        int w1 = w0 + stride;
        int w2 = w1 + stride;
        int w3 = w2 + stride;
        int w4 = w3 + stride;
        int w5 = w4 + stride;
        // A zero for each: of one that all share, C2 now and then makes an object in every turn of the loop.
        FloatVector a0 = FloatVector.zero(Lanes.F), a1 = FloatVector.zero(Lanes.F);
        FloatVector b0 = FloatVector.zero(Lanes.F), b1 = FloatVector.zero(Lanes.F);
        FloatVector c0 = FloatVector.zero(Lanes.F), c1 = FloatVector.zero(Lanes.F);
        FloatVector d0 = FloatVector.zero(Lanes.F), d1 = FloatVector.zero(Lanes.F);
        FloatVector e0 = FloatVector.zero(Lanes.F), e1 = FloatVector.zero(Lanes.F);
        FloatVector f0 = FloatVector.zero(Lanes.F), f1 = FloatVector.zero(Lanes.F);
        for (int k = 0; k < columns; k++) {
            FloatVector x0 = FloatVector.fromArray(Lanes.F, x, xAt + k * Lanes.GROUP);
            FloatVector x1 = FloatVector.fromArray(Lanes.F, x, xAt + k * Lanes.GROUP + Lanes.WIDTH);
            FloatVector v = FloatVector.broadcast(Lanes.F, w[w0 + k]);
            a0 = Lanes.fma(v, x0, a0);
            a1 = Lanes.fma(v, x1, a1);
            v = FloatVector.broadcast(Lanes.F, w[w1 + k]);
            b0 = Lanes.fma(v, x0, b0);
            b1 = Lanes.fma(v, x1, b1);
            v = FloatVector.broadcast(Lanes.F, w[w2 + k]);
            c0 = Lanes.fma(v, x0, c0);
            c1 = Lanes.fma(v, x1, c1);
            v = FloatVector.broadcast(Lanes.F, w[w3 + k]);
            d0 = Lanes.fma(v, x0, d0);
            d1 = Lanes.fma(v, x1, d1);
            v = FloatVector.broadcast(Lanes.F, w[w4 + k]);
            e0 = Lanes.fma(v, x0, e0);
            e1 = Lanes.fma(v, x1, e1);
            v = FloatVector.broadcast(Lanes.F, w[w5 + k]);
            f0 = Lanes.fma(v, x0, f0);
            f1 = Lanes.fma(v, x1, f1);
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

    private static void addScaled(float[] t, int tAt, double[] scales, int at, double[] sums, int to, int groups) {
        DoubleVector a = DoubleVector.fromArray(Lanes.D, sums, to);
        DoubleVector b = DoubleVector.fromArray(Lanes.D, sums, to + Lanes.WIDTH_64);
        for (int k = 0; k < groups; k++) {
            int q = tAt + k * (TILE * Lanes.GROUP);
            DoubleVector scale = DoubleVector.broadcast(Lanes.D, scales[at + k]);
            a = Lanes.fma(Lanes.doubles(t, q), scale, a);
            b = Lanes.fma(Lanes.doubles(t, q + Lanes.WIDTH_64), scale, b);
        }
        a.intoArray(sums, to);
        b.intoArray(sums, to + Lanes.WIDTH_64);
    }

    private static void addMinima(double[] mins, int at, double[] xSums, int xAt, double[] sums, int to, int groups) {
        DoubleVector a = DoubleVector.fromArray(Lanes.D, sums, to);
        DoubleVector b = DoubleVector.fromArray(Lanes.D, sums, to + Lanes.WIDTH_64);
        for (int k = 0; k < groups; k++) {
            int x = xAt + k * Lanes.GROUP;
            DoubleVector min = DoubleVector.broadcast(Lanes.D, mins[at + k]);
            a = Lanes.fma(DoubleVector.fromArray(Lanes.D, xSums, x), min, a);
            b = Lanes.fma(DoubleVector.fromArray(Lanes.D, xSums, x + Lanes.WIDTH_64), min, b);
        }
        a.intoArray(sums, to);
        b.intoArray(sums, to + Lanes.WIDTH_64);
    }
}

package plumbline.engine.kernel;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/// F32, F16 or BF16 weights times any number of input rows.
final class WideProduct {

    private static final Class<?> I = int.class;
    private static final Class<?> DS = double[].class;

    private final MethodHandle dot = Handles.of(MethodHandles.lookup().in(WideLoops.class), "dot", DS, DS, I, I, DS);
    private final MethodHandle tile =
            Handles.of(MethodHandles.lookup().in(WideLoops.class), "tile", DS, I, I, float[].class, I, I, DS, I);

    void run(VectorFloats w, short[] x, int count, long[] y, int from, int to, Scratch s) {
        if (count <= TileProduct.FEW) {
            rows(w, x, count, y, from, to, s);
        } else {
            tiles(w, x, count, y, from, to, s);
        }
    }

    private void rows(VectorFloats w, short[] x, int count, long[] y, int from, int to, Scratch s) {
        int padded = Math.ceilDiv(w.columns(), Lanes.WIDTH) * Lanes.WIDTH;
        s.weights = Scratch.grown(s.weights, padded);
        s.sums = Scratch.grown(s.sums, Lanes.WIDTH_64);
        if (!s.holds(x, count * w.columns(), w.columns(), count)) {
            s.wideX = Scratch.grown(s.wideX, count * padded);
            for (int t = 0; t < count; t++) {
                for (int c = 0; c < padded; c++) {
                    s.wideX[t * padded + c] = c < w.columns() ? x[t * w.columns() + c] : 0;
                }
            }
            s.keep(x, count * w.columns(), w.columns(), count);
        }
        for (int r = from; r < to; r++) {
            w.unpack(r, 0, w.columns(), s, 0);
            for (int t = 0; t < count; t++) {
                dot(s, t * padded, padded);
                y[t * w.rows() + r] = (long) DotLoops.lanes(s.sums, 0);
            }
        }
    }

    private void dot(Scratch s, int xAt, int count) {
        try {
            dot.invokeExact(s.weights, s.wideX, xAt, count, s.sums);
        } catch (Throwable e) {
            throw Handles.thrown(e);
        }
    }

    private void tiles(VectorFloats w, short[] x, int count, long[] y, int from, int to, Scratch s) {
        int columns = w.columns();
        int stride = Math.ceilDiv(columns, Lanes.WIDTH) * Lanes.WIDTH;
        s.weights = Scratch.grown(s.weights, WideLoops.TILE * stride);
        s.sums = Scratch.grown(s.sums, WideLoops.TILE * Lanes.GROUP);
        TileProduct.transpose(x, count, columns, 1, s);
        for (int r = from; r < to; r += WideLoops.TILE) {
            int rows = Math.min(WideLoops.TILE, to - r);
            for (int i = 0; i < rows; i++) {
                w.unpack(r + i, 0, columns, s, i * stride);
            }
            for (int t = 0; t < count; t += Lanes.GROUP) {
                tile(s, stride, t * columns, columns);
                for (int n = t; n < Math.min(count, t + Lanes.GROUP); n++) {
                    for (int i = 0; i < rows; i++) {
                        y[n * w.rows() + r + i] = (long) s.sums[i * Lanes.GROUP + n - t];
                    }
                }
            }
        }
    }

    private void tile(Scratch s, int stride, int xAt, int columns) {
        try {
            for (int h = 0; h < Lanes.GROUP; h += Lanes.WIDTH) {
                tile.invokeExact(s.weights, 0, stride, s.x, xAt, columns, s.sums, h);
            }
        } catch (Throwable e) {
            throw Handles.thrown(e);
        }
    }
}

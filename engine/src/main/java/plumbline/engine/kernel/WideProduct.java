package plumbline.engine.kernel;

import java.util.Arrays;

/// F16 or F32 weights times any number of input rows.
final class WideProduct {

    /// Columns at a time, even: with 512-bit vectors a panel of 8 KiB.
    private static final int CHUNK = 64;

    private WideProduct() {}

    static void run(PackedFloats w, short[] x, int count, long[] y, int from, int to, Scratch s) {
        boolean half = w.halves.length > 0;
        int columns = half ? w.columnsOfPairs() : w.columns();
        prepare(w, x, count, columns, s);
        for (int g = from / Lanes.GROUP; g * Lanes.GROUP < to; g++) {
            Arrays.fill(s.sums, 0, count * Lanes.GROUP, 0);
            for (int c = 0; c < columns; c += CHUNK) {
                int some = Math.min(CHUNK, columns - c);
                int at = (g * columns + c) * Lanes.GROUP;
                if (half) {
                    for (int i = 0; i < some; i += 2) {
                        WideLoops.unpack(w.halves, (at + i * Lanes.GROUP) / 2, s.panel,
                                i * Lanes.GROUP);
                    }
                }
                panel(half ? s.panel : w.floats, half ? 0 : at, some, c, columns, count, s);
            }
            for (int t = 0; t < count; t++) {
                int row = g * Lanes.GROUP;
                for (int r = 0; r < Math.min(Lanes.GROUP, to - row); r++) {
                    y[t * w.rows() + row + r] = (long) s.sums[t * Lanes.GROUP + r];
                }
            }
        }
    }

    private static void panel(float[] panel, int at, int some, int c, int columns, int count,
            Scratch s) {
        for (int h = 0; h < Lanes.GROUP; h += Lanes.WIDTH) {
            int t = 0;
            for (; t + WideLoops.TILE <= count; t += WideLoops.TILE) {
                WideLoops.four(panel, at, h, s.wideX, t * columns + c, columns, some, s.sums,
                        t * Lanes.GROUP);
            }
            for (; t < count; t++) {
                WideLoops.one(panel, at, h, s.wideX, t * columns + c, some, s.sums,
                        t * Lanes.GROUP);
            }
        }
    }

    private static void prepare(PackedFloats w, short[] x, int count, int columns, Scratch s) {
        s.panel = Scratch.grown(s.panel, CHUNK * Lanes.GROUP);
        s.sums = Scratch.grown(s.sums, count * Lanes.GROUP);
        s.wideX = Scratch.grown(s.wideX, Math.multiplyExact(count, columns));
        for (int t = 0; t < count; t++) {
            for (int c = 0; c < w.columns(); c++) {
                s.wideX[t * columns + c] = x[t * w.columns() + c];
            }
            if (columns > w.columns()) {
                s.wideX[t * columns + w.columns()] = 0;
            }
        }
    }
}

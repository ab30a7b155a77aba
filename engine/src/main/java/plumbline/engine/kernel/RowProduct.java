package plumbline.engine.kernel;

/// Block weights times a few input rows.
final class RowProduct {

    private RowProduct() {}

    /// All `count` input rows times rows `from .. to`.
    static void run(VectorMatrix w, short[] x, int count, long[] y, int from, int to, Scratch s) {
        int most = w.rowsAtOnce();
        prepare(w, x, count, most, s);
        for (int r = from; r < to; r += most) {
            int rows = Math.min(most, to - r);
            w.unpackScaled(r, rows, s);
            for (int t = 0; t < count; t++) {
                w.loops.dot(s.q, s.rows, t * most * w.columns(), s.pairs, rows * w.columns());
                w.fold(rows, s, t * w.groups(), y, t * w.rows() + r);
            }
        }
    }

    /// Each input row `most` times, and the sum of each group of it.
    private static void prepare(VectorMatrix w, short[] x, int count, int most, Scratch s) {
        int columns = w.columns();
        if (s.holds(x, count * columns, count, columns, most, w.group())) {
            return;
        }
        s.rows = Scratch.grown(s.rows, count * most * columns);
        s.xSums = Scratch.grown(s.xSums, count * w.groups());
        s.pairs = Scratch.grown(s.pairs, most * columns / 2 + DotLoops.PAIRS);
        s.sums = Scratch.grown(s.sums, most * Lanes.WIDTH_64);
        for (int t = 0; t < count; t++) {
            for (int i = 0; i < most; i++) {
                System.arraycopy(x, t * columns, s.rows, (t * most + i) * columns, columns);
            }
            for (int g = 0; g < w.groups(); g++) {
                int sum = 0;
                for (int c = g * w.group(); c < (g + 1) * w.group(); c++) {
                    sum += x[t * columns + c];
                }
                s.xSums[t * w.groups() + g] = sum;
            }
        }
        s.keep(x, count * columns, count, columns, most, w.group());
    }
}

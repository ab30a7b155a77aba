package plumbline.engine.kernel;

import java.util.Arrays;

/// Block weights times many input rows: lanes = inputs, so that weights are unpacked once for all of them and
/// stay in the order of the file.
///
/// Where q * x is too wide for a float sum (Q8_0), each input row is split into two limbs, x = 256 h + l with
/// |h|, |l| <= 128, that go through the same loops as two input rows.
final class TileProduct {

    /// Up to this many input rows, one row at a time is quicker.
    static final int FEW = 4;

    /// Weight rows unpacked together, a multiple of a tile's; the share of a thread is a multiple of it.
    static final int STRIP = 2 * TileLoops.TILE;

    /// Groups between two folds: their inputs (16 KiB with 512-bit vectors) and sums stay in L1.
    private static final int CHUNK = 4;

    private TileProduct() {}

    static void run(VectorMatrix w, short[] x, int count, long[] y, int from, int to, Scratch s) {
        int limbs = w.limbs();
        int inputs = count * limbs;
        prepare(w, x, count, limbs, s);
        for (int r = from; r < to; r += STRIP) {
            int rows = Math.min(STRIP, to - r);
            unpack(w, r, rows, s);
            for (int at = 0; at < inputs; at += Lanes.GROUP) {
                Arrays.fill(s.sums, 0, STRIP * Lanes.GROUP, 0);
                for (int g = 0; g < w.groups(); g += CHUNK) {
                    tiles(w, rows, at, g, Math.min(CHUNK, w.groups() - g), s);
                }
                store(w, r, rows, at, Math.min(inputs, at + Lanes.GROUP), limbs, y, s);
            }
        }
    }

    /// Quants as floats to `s.panel[row * columns]`, and a scale (and a minimum) for every group.
    private static void unpack(VectorMatrix w, int from, int rows, Scratch s) {
        int most = w.rowsAtOnce();
        for (int i = 0; i < rows; i += most) {
            int some = Math.min(most, rows - i);
            w.unpack(from + i, some, s);
            w.tiles.floats(s.q, s.panel, i * w.columns(), some * w.columns());
            int groups = w.groups() / w.blocks();
            int to = i * w.groups();
            if (!w.subs()) {
                System.arraycopy(s.d, 0, s.scales, to, some * w.groups());
                if (w.mins()) {
                    System.arraycopy(s.m, 0, s.mins, to, some * w.groups());
                }
                continue;
            }
            for (int k = 0; k < some * w.blocks(); k++) {
                for (int g = k * groups; g < (k + 1) * groups; g++) {
                    s.scales[to + g] = s.d[k] * s.sub[g];
                }
                for (int g = k * groups; w.mins() && g < (k + 1) * groups; g++) {
                    s.mins[to + g] = -s.m[k] * s.subMin[g];
                }
            }
        }
    }

    private static void tiles(VectorMatrix w, int rows, int input, int g, int groups, Scratch s) {
        int columns = w.columns();
        int group = w.group();
        int x = input * columns + g * group * Lanes.GROUP;
        for (int i = 0; i < rows; i += TileLoops.TILE) {
            for (int k = 0; k < groups; k++) {
                w.tiles.tile(s.panel, i * columns + (g + k) * group, columns, s.x, x + k * group * Lanes.GROUP, group,
                        s.tile, k * TileLoops.TILE * Lanes.GROUP);
            }
            for (int n = i; n < Math.min(i + TileLoops.TILE, rows); n++) {
                int scale = n * w.groups() + g;
                w.tiles.fold(s.tile, (n - i) * Lanes.GROUP, s.scales, scale, s.sums, n * Lanes.GROUP, groups);
                if (w.mins()) {
                    w.tiles.minima(s.mins, scale, s.wideSums, (input / Lanes.GROUP * w.groups() + g) * Lanes.GROUP,
                            s.sums, n * Lanes.GROUP, groups);
                }
            }
        }
    }

    private static void store(VectorMatrix w, int from, int rows, int input, int end, int limbs, long[] y, Scratch s) {
        for (int i = input; i < end; i += limbs) {
            int to = i / limbs * w.rows() + from;
            for (int r = 0; r < rows; r++) {
                int at = r * Lanes.GROUP + i - input;
                y[to + r] = limbs == 1 ? (long) s.sums[at] : ((long) s.sums[at] << 8) + (long) s.sums[at + 1];
            }
        }
    }

    private static void prepare(VectorMatrix w, short[] x, int count, int limbs, Scratch s) {
        int columns = w.columns();
        s.panel = Scratch.grown(s.panel, STRIP * columns);
        s.tile = Scratch.grown(s.tile, CHUNK * TileLoops.TILE * Lanes.GROUP);
        s.scales = Scratch.grown(s.scales, STRIP * w.groups());
        s.mins = Scratch.grown(s.mins, STRIP * w.groups());
        s.sums = Scratch.grown(s.sums, STRIP * Lanes.GROUP);
        boolean held = transpose(x, count, columns, limbs, s);
        if (w.mins() && !(held && s.sumsOf == w.group())) {
            int groups = Math.ceilDiv(count * limbs, Lanes.GROUP) * w.groups();
            s.wideSums = Scratch.grown(s.wideSums, groups * Lanes.GROUP);
            TileLoops.groupSums(s.x, w.group(), s.wideSums, groups);
            s.sumsOf = w.group();
        }
    }

    /// Inputs (or their limbs) to `s.x[input / GROUP][column][input % GROUP]`; whether they were there already.
    static boolean transpose(short[] x, int count, int columns, int limbs, Scratch s) {
        int inputs = count * limbs;
        if (s.holds(x, count * columns, columns, count, -limbs)) {
            return true;
        }
        s.x = Scratch.grown(s.x, Math.multiplyExact(Math.ceilDiv(inputs, Lanes.GROUP) * Lanes.GROUP, columns));
        for (int i = 0; i < inputs; i += Lanes.GROUP) {
            int some = Math.min(Lanes.GROUP, inputs - i) / limbs;
            for (int c = 0; c < columns; c++) {
                int to = i * columns + c * Lanes.GROUP;
                int from = i / limbs * columns + c;
                if (limbs == 1) {
                    for (int n = 0; n < some; n++) {
                        s.x[to + n] = x[from + n * columns];
                    }
                } else {
                    limbs(x, from, columns, some, s.x, to);
                }
            }
        }
        s.keep(x, count * columns, columns, count, -limbs);
        s.sumsOf = 0;
        return false;
    }

    private static void limbs(short[] x, int from, int stride, int count, float[] into, int to) {
        for (int n = 0; n < count; n++) {
            int v = x[from + n * stride];
            int high = v + 128 >> 8;
            into[to + 2 * n] = high;
            into[to + 2 * n + 1] = v - (high << 8);
        }
    }
}

package plumbline.engine.kernel;

import java.util.Arrays;

/// Block weights times one input row.
final class RowProduct {

    /// Blocks between two folds, whose partial sums (8 KiB with 512-bit vectors) stay in L1.
    private static final int CHUNK = 32;

    private RowProduct() {}

    /// Input row `t` times rows `from .. to`.
    static void run(PackedBlocks w, short[] x, int t, long[] y, int from, int to, Scratch s) {
        prepare(w, x, t * w.columns(), s);
        for (int g = from / Lanes.GROUP; g * Lanes.GROUP < to; g++) {
            Arrays.fill(s.sums, 0, Lanes.GROUP, 0);
            half(w, g, 0, s);
            half(w, g, 1, s);
            int out = t * w.rows() + g * Lanes.GROUP;
            for (int r = 0; r < Math.min(Lanes.GROUP, to - g * Lanes.GROUP); r++) {
                y[out + r] = (long) s.sums[r];
            }
        }
    }

    private static void half(PackedBlocks w, int g, int half, Scratch s) {
        int h = half * Lanes.WIDTH;
        for (int k = 0; k < w.blocks(); k += CHUNK) {
            int blocks = Math.min(CHUNK, w.blocks() - k);
            w.loops.parts(w.ints, w.words(g, half, k), s.ints, k * PackedBlocks.BLOCK, s.parts,
                    blocks * RowLoops.PARTS);
            w.loops.fold(s.parts, w.ints, w.scales(g, half, k), s.start, k, s.sums, h, blocks);
            if (w.hasMins()) {
                w.loops.mins(w.ints, w.mins(g, half, k), s.xSums, k, s.sums, h, blocks);
            }
        }
    }

    /// The coefficients of [RowLoops#parts], the sum of each block of x, and what
    /// the bias of the stored quants takes away from each dot product.
    private static void prepare(PackedBlocks w, short[] x, int xAt, Scratch s) {
        int blocks = w.blocks();
        s.ints = Scratch.grown(s.ints, w.columns());
        s.start = Scratch.grown(s.start, blocks);
        s.xSums = Scratch.grown(s.xSums, blocks);
        s.parts = Scratch.grown(s.parts, CHUNK * RowLoops.PARTS * Lanes.WIDTH);
        s.sums = Scratch.grown(s.sums, Lanes.GROUP);
        boolean q4 = w.wordsPerBlock() == 4;
        for (int k = 0; k < blocks; k++) {
            int sum = 0;
            int from = xAt + k * 32;
            for (int c = 0; c < 32; c++) {
                sum += x[from + c];
            }
            s.xSums[k] = sum;
            s.start[k] = -w.bias() * sum;
            if (q4) {
                coefficients4(x, from, s.ints, k * 32);
            } else {
                coefficients8(x, from, s.ints, k * 32);
            }
        }
    }

    private static void coefficients4(short[] x, int from, int[] c, int to) {
        for (int j = 0; j < 4; j++) {
            int last = 0;
            for (int b = 0; b < 4; b++) {
                int low = x[from + 4 * j + b];
                int high = x[from + 16 + 4 * j + b];
                c[to + 8 * j + 2 * b] = low - 16 * last;
                c[to + 8 * j + 2 * b + 1] = high - 16 * low;
                last = high;
            }
        }
    }

    private static void coefficients8(short[] x, int from, int[] c, int to) {
        for (int j = 0; j < 32; j += 4) {
            c[to + j] = x[from + j];
            c[to + j + 1] = x[from + j + 1] - 256 * x[from + j];
            c[to + j + 2] = x[from + j + 2] - 256 * x[from + j + 1];
            c[to + j + 3] = x[from + j + 3] - 256 * x[from + j + 2];
        }
    }
}

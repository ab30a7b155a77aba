package plumbline.engine.kernel;

import java.util.Arrays;

/// Block weights times several input rows.
///
/// Q8_0: q * x is too wide for a float sum, so each input row is split into two limbs, x = 256 h +
/// l with |h|, |l| <= 128, that go through the same loops as two input rows.
final class TileProduct {

    /// Blocks unpacked at a time: with 512-bit vectors a panel of 16 KiB, beside the tiles in L1.
    private static final int CHUNK = 4;

    private TileProduct() {}

    static void run(PackedBlocks w, short[] x, int count, long[] y, int from, int to, Scratch s) {
        int limbs = w.wordsPerBlock() == 8 ? 2 : 1;
        prepare(w, x, count, limbs, s);
        for (int g = from / Lanes.GROUP; g * Lanes.GROUP < to; g++) {
            Arrays.fill(s.sums, 0, count * limbs * Lanes.GROUP, 0);
            for (int k = 0; k < w.blocks(); k += CHUNK) {
                int blocks = Math.min(CHUNK, w.blocks() - k);
                unpack(w, g, k, blocks, s);
                tiles(w, k, blocks, count * limbs, s);
            }
            int rows = Math.min(Lanes.GROUP, to - g * Lanes.GROUP);
            store(w, g, rows, count, limbs, y, s);
        }
    }

    private static void unpack(PackedBlocks w, int g, int k, int blocks, Scratch s) {
        for (int half = 0; half < 2; half++) {
            int h = half * Lanes.WIDTH;
            for (int b = 0; b < blocks; b++) {
                int from = w.words(g, half, k + b);
                int to = b * PackedBlocks.BLOCK * Lanes.GROUP + h;
                for (int j = 0; j < w.wordsPerBlock(); j++) {
                    if (w.wordsPerBlock() == 4) {
                        TileLoops.unpack4(w.ints, from, j, w.bias(), s.panel, to);
                    } else {
                        TileLoops.unpack8(w.ints, from, j, w.bias(), s.panel, to);
                    }
                }
            }
            TileLoops.widen(w.ints, w.scales(g, half, k), s.scales, h, blocks);
            if (w.hasMins()) {
                TileLoops.widen(w.ints, w.mins(g, half, k), s.mins, h, blocks);
            }
        }
    }

    private static void tiles(PackedBlocks w, int k, int blocks, int inputs, Scratch s) {
        int columns = w.columns();
        for (int i = 0; i < inputs; i += TileLoops.TILE) {
            for (int b = 0; b < blocks; b++) {
                TileLoops.tile(s.x, i * columns + (k + b) * 32, columns,
                        s.panel, b * 32 * Lanes.GROUP, s.tile, b * TileLoops.TILE * Lanes.GROUP);
            }
            int real = Math.min(TileLoops.TILE, inputs - i);
            for (int n = 0; n < real; n++) {
                int to = (i + n) * Lanes.GROUP;
                for (int h = 0; h < Lanes.GROUP; h += Lanes.WIDTH) {
                    TileLoops.fold(s.tile, n * Lanes.GROUP, s.scales, h, s.sums, to, blocks);
                    if (w.hasMins()) {
                        TileLoops.foldMins(s.mins, h, s.wideX, (i + n) * w.blocks() + k,
                                s.sums, to, blocks);
                    }
                }
            }
        }
    }

    private static void store(PackedBlocks w, int g, int rows, int count, int limbs, long[] y,
            Scratch s) {
        for (int t = 0; t < count; t++) {
            int to = t * w.rows() + g * Lanes.GROUP;
            int from = t * limbs * Lanes.GROUP;
            for (int r = 0; r < rows; r++) {
                y[to + r] = limbs == 1 ? (long) s.sums[from + r]
                        : ((long) s.sums[from + r] << 8) + (long) s.sums[from + Lanes.GROUP + r];
            }
        }
    }

    private static void prepare(PackedBlocks w, short[] x, int count, int limbs, Scratch s) {
        int columns = w.columns();
        int inputs = Math.ceilDiv(count * limbs, TileLoops.TILE) * TileLoops.TILE;
        s.x = Scratch.grown(s.x, Math.multiplyExact(inputs, columns));
        s.panel = Scratch.grown(s.panel, CHUNK * 32 * Lanes.GROUP);
        s.tile = Scratch.grown(s.tile, CHUNK * TileLoops.TILE * Lanes.GROUP);
        s.scales = Scratch.grown(s.scales, CHUNK * Lanes.GROUP);
        s.mins = Scratch.grown(s.mins, CHUNK * Lanes.GROUP);
        s.sums = Scratch.grown(s.sums, inputs * Lanes.GROUP);
        s.wideX = Scratch.grown(s.wideX, inputs * w.blocks());
        if (limbs == 1) {
            TileLoops.floats(x, s.x, count * columns);
        } else {
            for (int t = 0; t < count; t++) {
                TileLoops.limbs(x, t * columns, s.x, 2 * t * columns, columns);
            }
        }
        if (w.hasMins()) {
            TileLoops.blockSums(x, s.wideX, count * w.blocks());
        }
    }
}

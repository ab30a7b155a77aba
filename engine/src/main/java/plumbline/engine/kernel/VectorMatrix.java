package plumbline.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import plumbline.exact.BlockFormat;
import plumbline.exact.Matrix;

/// A matrix of blocks with f16 scales, left in the mapped file: some rows at a time are copied into a
/// scratch array and unpacked there. So nothing is repacked when a model is loaded, and its weights lie in
/// memory once.
///
/// Every weight is D(block) * sub(group) * q + M, where sub is 1 in the formats without it and M is what the
/// block's or group's minimum adds. D and M are doubles, units of 2^-24; q and sub are integers.
///
/// Why sums of doubles are exact: every product of a D, a sub, a q and an x is an integer, and so is one of an M
/// and a sum of x. Over a row, the magnitudes of all these add up to less than 2^53 ([RowBound]), so every
/// partial sum, in whatever order, is an integer that a double holds.
final class VectorMatrix implements Packed {

    /// Weights unpacked together; a longer row is unpacked whole.
    private static final int PIECE = 4096;

    private final Matrix matrix;
    private final int group;
    private final boolean subs;
    private final boolean mins;
    private final int quantMax;
    final DotLoops loops;
    final TileLoops tiles = TileLoops.SHARED;

    VectorMatrix(Matrix matrix) {
        this.matrix = matrix;
        BlockFormat format = matrix.format();
        QuantShape shape = QuantShape.of(format);
        group = shape.group();
        subs = shape.subMax() > 1;
        mins = shape.minMax() > 0;
        quantMax = shape.quantMax();
        loops = DotLoops.of(format);
    }

    /// Rows that [#unpack] may take at once.
    int rowsAtOnce() {
        return Math.max(1, Math.min(matrix.rows(), PIECE / matrix.columns()));
    }

    /// Rows `from .. from + count` into the scratch: `q`, `d`, and where the format has them `sub`, `m`,
    /// `subMin`.
    void unpack(int from, int count, Scratch s) {
        int rowBytes = Math.toIntExact(matrix.format().rowBytes(matrix.columns()));
        int blocks = count * blocks();
        s.roomForPiece(count * rowBytes, count * matrix.columns());
        MemorySegment.copy(matrix.data(), ValueLayout.JAVA_BYTE, (long) from * rowBytes, s.file, 0,
                count * rowBytes);
        loops.unpack(s.file, blocks, s.q, s.sub, s.subMin, s.dBits, s.mBits);
        loops.halves(s.dBits, s.d, blocks);
        if (mins) {
            loops.halves(s.mBits, s.m, blocks);
        }
    }

    /// Blocks of a row.
    int blocks() {
        return matrix.columns() / matrix.format().blockSize();
    }

    /// Columns that share an integer scale, or the block's where there is none.
    int group() {
        return group;
    }

    /// Groups of a row.
    int groups() {
        return matrix.columns() / group;
    }

    /// Whether groups have an integer scale (and, with minima, an integer minimum).
    boolean subs() {
        return subs;
    }

    boolean mins() {
        return mins;
    }

    /// 2 where q * x is too wide for a float sum over a group, so that each x is taken in two pieces.
    int limbs() {
        return quantMax * group * Matrix.ACTIVATION_MAX > 1 << 24 ? 2 : 1;
    }

    @Override
    public int rows() {
        return matrix.rows();
    }

    @Override
    public int columns() {
        return matrix.columns();
    }
}

package plumbline.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import plumbline.exact.BlockFormat;
import plumbline.exact.Matrix;

/// A matrix of blocks with f16 scales, left in the mapped file: some rows at a time are unpacked into scratch arrays,
/// by way of a copy or, for one or a few inputs, straight from the file ([StreamLoops]). So nothing is repacked when
/// a model is loaded, and its weights lie in memory once.
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
    private final Optional<StreamLoops> stream;
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
        stream = StreamLoops.of(format);
    }

    /// Rows that [#unpack] may take at once.
    int rowsAtOnce() {
        return Math.max(1, Math.min(matrix.rows(), PIECE / matrix.columns()));
    }

    /// As [#unpack], with quants multiplied with `sub`, for [#fold].
    void unpackScaled(int from, int count, Scratch s) {
        int blocks = count * blocks();
        if (stream.isEmpty()) {
            unpack(from, count, s);
            if (subs) {
                loops.rescale(s.q, s.sub, count * groups());
            }
            return;
        }
        s.roomForPiece(0, count * matrix.columns());
        long rowBytes = matrix.format().rowBytes(matrix.columns());
        stream.get().unpack(matrix.data(), from * rowBytes, blocks, s.q, s.dBits, s.mBits, s.subMinBytes);
        loops.halves(s.dBits, s.d, blocks);
        if (mins) {
            loops.halves(s.mBits, s.m, blocks);
        }
    }

    /// The dot products of the `rows` rows that were unpacked last, from the sums of pairs of their products with an
    /// input row, whose groups' sums are at `xAt`, to `y[to ..]`.
    void fold(int rows, Scratch s, int xAt, long[] y, int to) {
        int blocks = blocks();
        loops.fold(s.pairs, s.d, rows, blocks, s.sums);
        boolean streamed = stream.isPresent();
        if (mins && streamed) {
            stream.get().minima(s.subMinBytes, s.xSums, xAt, s.m, rows, blocks, s.sums);
        }
        for (int i = 0; i < rows; i++) {
            double sum = DotLoops.lanes(s.sums, i);
            if (mins && !streamed) {
                sum += subs
                        ? -DotLoops.minima(s.m, i * blocks, s.subMin, s.xSums, xAt, blocks, groups() / blocks)
                        : DotLoops.minima(s.m, i * blocks, s.xSums, xAt, blocks);
            }
            y[to + i] = (long) sum;
        }
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

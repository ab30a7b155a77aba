package plumbline.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import plumbline.exact.BlockFormat;
import plumbline.exact.Matrix;

/// The load rule W8 from the scales alone: an upper bound that real files stay far below, and that reads one
/// number of a block instead of decoding it. So it is quick enough to be checked anew at every load, and no
/// remembered result has to be trusted.
///
/// It bounds more than W8 does: with every quant at its largest, scales and minima apart. W8 bounds
/// |D q + M|, which may be small where D q and M are huge and cancel; kernels that add the two up separately,
/// in doubles, need this bound.
public final class RowBound {

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// The bound is itself summed in doubles, so it leaves a little to spare. In units of 1, not of 2^-24.
    private static final double LIMIT =
            (double) Matrix.SUM_LIMIT / Matrix.ACTIVATION_MAX / (1 << 24) * (1 - 0x1p-20);

    /// Bytes of the file looked at together: few enough to stay in a core's caches.
    private static final int PIECE_BYTES = 1 << 16;

    private RowBound() {}

    /// The first of the rows `from .. to` that isn't surely so small that W8 holds and that scaled sums and
    /// minima may be added in doubles, or -1. NaN and infinity are not.
    public static int firstBeyond(Matrix matrix, int from, int to) {
        return switch (matrix.format()) {
            case F32, F16, BF16 -> matrix.firstRefusedRow(from, to);
            default -> scales(matrix, from, to, QuantShape.of(matrix.format()));
        };
    }

    private static int scales(Matrix matrix, int from, int to, QuantShape shape) {
        int rowBytes = Math.toIntExact(matrix.format().rowBytes(matrix.columns()));
        int most = Math.max(1, PIECE_BYTES / rowBytes);
        byte[] piece = new byte[Math.min(most, to - from) * rowBytes];
        for (int r = from; r < to; r += most) {
            int rows = Math.min(most, to - r);
            MemorySegment.copy(matrix.data(), ValueLayout.JAVA_BYTE, (long) r * rowBytes, piece, 0, rows * rowBytes);
            for (int i = 0; i < rows; i++) {
                if (!(coarse(piece, i * rowBytes, rowBytes, matrix.format(), shape) < LIMIT)
                        && !(plain(matrix, r + i, shape) < LIMIT) && !(finer(matrix, r + i) < LIMIT)) {
                    return r + i;
                }
            }
        }
        return -1;
    }

    /// With the row's largest scale and minimum for all of its blocks. It reads a plain array, which is quick also
    /// before the JVM has compiled it well, as when a program has just started.
    private static double coarse(byte[] bytes, int from, int count, BlockFormat format, QuantShape shape) {
        int scaleAt = scaleAt(format);
        int step = format.blockBytes();
        int d = largest(bytes, from + scaleAt, from + count, step);
        int m = shape.minMax() > 0 ? largest(bytes, from + scaleAt + 2, from + count, step) : 0;
        return (Float.float16ToFloat((short) d) * (double) shape.quantMax() * shape.subMax()
                + Float.float16ToFloat((short) m) * (double) shape.minMax()) * format.blockSize() * (count / step);
    }

    /// The largest magnitude of f16 numbers, as its bits; infinity and NaN are the largest.
    private static int largest(byte[] bytes, int from, int to, int step) {
        int largest = 0;
        for (int at = from; at < to; at += step) {
            int bits = (bytes[at] & 255 | bytes[at + 1] << 8) & 0x7fff;
            if (bits > largest) {
                largest = bits;
            }
        }
        return largest;
    }

    /// With each block's own scale and minimum.
    private static double plain(Matrix matrix, int row, QuantShape shape) {
        BlockFormat format = matrix.format();
        MemorySegment data = matrix.data();
        int blocks = matrix.columns() / format.blockSize();
        double scaled = (double) shape.quantMax() * shape.subMax() * format.blockSize();
        double minima = (double) shape.minMax() * format.blockSize();
        long at = row * format.rowBytes(matrix.columns()) + scaleAt(format);
        double d = 0;
        double m = 0;
        for (int k = 0; k < blocks; k++) {
            d += half(data, at);
            if (minima > 0) {
                m += half(data, at + 2);
            }
            at += format.blockBytes();
        }
        return d * scaled + m * minima;
    }

    /// The bound of a row with the integer scales and minima that it has, where that is quickly read.
    private static double finer(Matrix matrix, int row) {
        BlockFormat format = matrix.format();
        if (format != BlockFormat.Q4_K && format != BlockFormat.Q5_K) {
            return Double.POSITIVE_INFINITY;
        }
        MemorySegment data = matrix.data();
        double quantMax = QuantShape.of(format).quantMax();
        double bound = 0;
        long at = row * format.rowBytes(matrix.columns());
        for (int k = 0; k < matrix.columns() / format.blockSize(); k++) {
            int low = data.get(INT, at + 4);
            int min = data.get(INT, at + 8);
            int high = data.get(INT, at + 12);
            int subs = sum(low & 0x3f3f3f3f) + sum(high & 0x0f0f0f0f | low >>> 2 & 0x30303030);
            int mins = sum(min & 0x3f3f3f3f) + sum(high >>> 4 & 0x0f0f0f0f | min >>> 2 & 0x30303030);
            bound += (half(data, at) * quantMax * subs + half(data, at + 2) * mins) * 32;
            at += format.blockBytes();
        }
        return bound;
    }

    /// The sum of four bytes below 64.
    private static int sum(int bytes) {
        return bytes * 0x01010101 >>> 24;
    }

    private static double half(MemorySegment data, long at) {
        return Math.abs(Float.float16ToFloat(data.get(SHORT, at)));
    }

    /// Where a block has its f16 scale; its f16 minimum, if it has one, follows.
    static int scaleAt(BlockFormat format) {
        return switch (format) {
            case Q2_K -> 80;
            case Q3_K -> 108;
            case Q6_K -> 208;
            default -> 0;
        };
    }
}

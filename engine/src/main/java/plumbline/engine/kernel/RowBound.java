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

    /// The bound is itself summed in doubles, so it leaves a bit to spare. In units of 1, not of 2^-24.
    private static final double LIMIT = (double) (Matrix.SUM_LIMIT >> 1) / Matrix.ACTIVATION_MAX / (1 << 24);

    private RowBound() {}

    /// Whether all rows `from .. to` are surely so small that W8 holds, and that scaled sums and minima may be
    /// added in doubles. False says nothing. NaN and infinity don't hold.
    public static boolean holds(Matrix matrix, int from, int to) {
        BlockFormat format = matrix.format();
        return switch (format) {
            case F32, F16, BF16 -> matrix.firstRefusedRow(from, to) < 0;
            default -> scales(matrix, from, to, QuantShape.of(format));
        };
    }

    private static boolean scales(Matrix matrix, int from, int to, QuantShape shape) {
        BlockFormat format = matrix.format();
        MemorySegment data = matrix.data();
        int blocks = matrix.columns() / format.blockSize();
        int scaleAt = scaleAt(format);
        double scaled = (double) shape.quantMax() * shape.subMax() * format.blockSize();
        double minima = (double) shape.minMax() * format.blockSize();
        long at = from * format.rowBytes(matrix.columns()) + scaleAt;
        for (int r = from; r < to; r++) {
            double d = 0;
            double m = 0;
            for (int k = 0; k < blocks; k++) {
                d += Math.abs(Float.float16ToFloat(data.get(SHORT, at)));
                if (minima > 0) {
                    m += Math.abs(Float.float16ToFloat(data.get(SHORT, at + 2)));
                }
                at += format.blockBytes();
            }
            if (!(d * scaled + m * minima < LIMIT)) {
                return false;
            }
        }
        return true;
    }

    /// Where a block has its f16 scale; its f16 minimum, if it has one, follows.
    private static int scaleAt(BlockFormat format) {
        return switch (format) {
            case Q2_K -> 80;
            case Q3_K -> 108;
            case Q6_K -> 208;
            default -> 0;
        };
    }
}

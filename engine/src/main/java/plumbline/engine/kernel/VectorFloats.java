package plumbline.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import plumbline.exact.BlockFormat;
import plumbline.exact.Matrix;

/// An F32, F16 or BF16 matrix, left in the mapped file: some weights at a time are copied into a scratch array
/// and unpacked there, to doubles of the integers in units of 2^-24. The load rule W8 bounds every partial sum
/// of W x, so sums of doubles are exact.
final class VectorFloats implements Packed {

    /// Weights unpacked together.
    private static final int PIECE = 2048;

    private static final Map<BlockFormat, MethodHandle> KNOWN = new ConcurrentHashMap<>();

    private final Matrix matrix;
    private final MethodHandle unpack;

    VectorFloats(Matrix matrix) {
        this.matrix = matrix;
        unpack = KNOWN.computeIfAbsent(matrix.format(), format -> Handles.of(
                MethodHandles.lookup().in(WideLoops.class), format.name().toLowerCase(Locale.ROOT), byte[].class,
                int.class, double[].class, int.class));
    }

    /// Weights `from .. from + count` of row `row` to `s.weights[to ..]`, and zeros up to a whole vector.
    void unpack(int row, int from, int count, Scratch s, int to) {
        BlockFormat format = matrix.format();
        s.roomForPiece(PIECE * Float.BYTES + 64, 0);
        for (int c = 0; c < count; c += PIECE) {
            int some = Math.min(PIECE, count - c);
            long at = format.rowBytes(matrix.columns()) * row + (long) (from + c) * format.blockBytes();
            MemorySegment.copy(matrix.data(), ValueLayout.JAVA_BYTE, at, s.file, 0, some * format.blockBytes());
            try {
                unpack.invokeExact(s.file, some, s.weights, to + c);
            } catch (Throwable e) {
                throw Handles.thrown(e);
            }
        }
        for (int c = count; c % Lanes.WIDTH != 0; c++) {
            s.weights[to + c] = 0;
        }
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

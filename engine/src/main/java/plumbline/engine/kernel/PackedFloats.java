package plumbline.engine.kernel;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import plumbline.exact.BlockFormat;
import plumbline.exact.Matrix;

/// An F16 or F32 matrix with [Lanes#GROUP] rows interleaved: for each group of rows, for each
/// column, the weight of every row.
///
/// Weights are integers in units of 2^-24 with at most 24 significant bits, so a float holds each
/// exactly (spec/arithmetic.md W1, W2). F16 stays 16 bits wide: `halves` holds columns 2j (low) and
/// 2j+1 (high) in one int. Rows and columns that fill up are zeros.
final class PackedFloats implements Packed {

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int rows;
    private final int columns;
    /// F32 weights, else empty.
    final float[] floats;
    /// F16 weights, else empty.
    final int[] halves;

    private PackedFloats(Matrix matrix) {
        rows = matrix.rows();
        columns = matrix.columns();
        int length = Math.toIntExact(length(matrix));
        boolean half = matrix.format() == BlockFormat.F16;
        floats = new float[half ? 0 : length];
        halves = new int[half ? length : 0];
        long[] row = new long[half ? 0 : columns];
        for (int r = 0; r < rows; r++) {
            if (half) {
                packHalves(matrix, r);
            } else {
                matrix.row(r, row);
                int at = at(r, columns);
                for (int c = 0; c < columns; c++) {
                    floats[at + c * Lanes.GROUP] = row[c];
                }
            }
        }
    }

    /// Packs `matrix`, or leaves it where it is when no Java array is long enough.
    static Packed of(Matrix matrix) {
        return length(matrix) > Integer.MAX_VALUE - 64
                ? new MappedMatrix(matrix) : new PackedFloats(matrix);
    }

    private static long length(Matrix matrix) {
        long groups = Math.ceilDiv(matrix.rows(), Lanes.GROUP);
        int perRow = matrix.format() == BlockFormat.F16
                ? Math.ceilDiv(matrix.columns(), 2) : matrix.columns();
        return groups * Lanes.GROUP * perRow;
    }

    private void packHalves(Matrix matrix, int r) {
        int at = at(r, columnsOfPairs() / 2);
        long from = matrix.format().rowBytes(columns) * r;
        for (int c = 0; c < columns; c++) {
            int bits = matrix.data().get(SHORT, from + 2L * c) & 0xffff;
            halves[at + c / 2 * Lanes.GROUP] |= bits << (c & 1) * 16;
        }
    }

    private static int at(int r, int perRow) {
        return r / Lanes.GROUP * Lanes.GROUP * perRow + r % Lanes.GROUP;
    }

    /// Columns, rounded up to an even number.
    int columnsOfPairs() {
        return columns + (columns & 1);
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }
}

package plumbline.exact;

import java.lang.foreign.MemorySegment;

/// A weight matrix as the file has it: `rows` outputs by `columns` inputs, row after row in blocks.
/// Row r, column c is an integer in units of 2^-24. Source: spec/arithmetic.md section 2.
public record Matrix(BlockFormat format, int rows, int columns, MemorySegment data) {

    /// Largest magnitude of a quantised activation.
    public static final int ACTIVATION_MAX = 32767;

    /// The load rule W8: for every row sum|W| * 32767 stays below this, so sums are exact in 64-bit
    /// integers and in doubles, in any order.
    public static final long SUM_LIMIT = 1L << 53;

    public Matrix {
        if (rows < 1 || columns < 1 || columns % format.blockSize() != 0
                || data.byteSize() != rows * format.rowBytes(columns)) {
            throw new IllegalArgumentException("matrix of " + rows + " x " + columns + " " + format
                    + " does not fill " + data.byteSize() + " bytes");
        }
    }

    /// Decodes row `row` into `into[0 .. columns)`.
    public void row(int row, long[] into) {
        format.decode(data, row * format.rowBytes(columns), into, columns);
    }

    /// The first row that breaks the load rule W8 (or holds an infinite or NaN scale), or -1.
    public int firstRefusedRow() {
        return firstRefusedRow(0, rows);
    }

    /// As [#firstRefusedRow()], for rows `from` to `to` (exclusive) alone.
    public int firstRefusedRow(int from, int to) {
        long[] weights = new long[columns];
        long magnitudesMax = (SUM_LIMIT - 1) / ACTIVATION_MAX;
        for (int r = from; r < to; r++) {
            row(r, weights);
            long magnitudes = 0;
            for (int c = 0; c < columns; c++) {
                // At most 2^62 is added to at most 2^38 before the row is refused: no sum wraps, however long the row.
                magnitudes += Math.abs(weights[c]);
                if (magnitudes > magnitudesMax) {
                    return r;
                }
            }
        }
        return -1;
    }
}

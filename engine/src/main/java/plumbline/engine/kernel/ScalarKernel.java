package plumbline.engine.kernel;

import plumbline.exact.Matrix;

/// The readable kernel, and the one that all others are compared with: weights are decoded row by
/// row from the mapped file and multiplied in 64-bit integers.
public final class ScalarKernel implements Kernel {

    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public Packed pack(Matrix matrix) {
        return new MappedMatrix(matrix);
    }

    @Override
    public void multiply(Packed w, short[] x, int count, long[] y, int fromRow, int toRow) {
        checkShape(w, x, count, y, fromRow, toRow);
        if (!(w instanceof MappedMatrix(Matrix matrix))) {
            throw new IllegalArgumentException("packed by another kernel: " + w.getClass());
        }
        int columns = matrix.columns();
        long[] row = new long[columns];
        for (int r = fromRow; r < toRow; r++) {
            matrix.row(r, row);
            for (int t = 0; t < count; t++) {
                long sum = 0;
                for (int c = 0; c < columns; c++) {
                    sum += row[c] * x[t * columns + c];
                }
                y[t * matrix.rows() + r] = sum;
            }
        }
    }

    @Override
    public void scores(short[] q, int qAt, short[] k, int kAt, int size, int positions,
            long[] out, int outAt) {
        for (int j = 0; j < positions; j++) {
            long sum = 0;
            for (int d = 0; d < size; d++) {
                sum += q[qAt + d] * k[kAt + j * size + d];
            }
            out[outAt + j] = sum;
        }
    }

    @Override
    public void mix(int[] w, short[] v, int vAt, int size, int positions, long[] out, int outAt) {
        for (int d = 0; d < size; d++) {
            long sum = 0;
            for (int j = 0; j < positions; j++) {
                sum += (long) w[j] * v[vAt + j * size + d];
            }
            out[outAt + d] = sum;
        }
    }

    @Override
    public int rowGranule() {
        return 1;
    }

    /// Refuses a call that would read or write outside its arrays.
    static void checkShape(Packed w, short[] x, int count, long[] y, int fromRow, int toRow) {
        if (count < 0 || fromRow < 0 || toRow < fromRow || toRow > w.rows()
                || (long) count * w.columns() > x.length || (long) count * w.rows() > y.length) {
            throw new IllegalArgumentException("rows " + fromRow + " to " + toRow + " of "
                    + w.rows() + " x " + w.columns() + " for " + count + " inputs, x holds " + x.length
                    + " and y " + y.length + " values");
        }
    }
}

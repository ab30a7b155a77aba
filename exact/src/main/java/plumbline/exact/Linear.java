package plumbline.exact;

/// y = W x. The sum is exact, so its order, the vector width and the thread count don't matter.
/// Source: spec/arithmetic.md section 6 (M1, M2).
public final class Linear {

    private Linear() {}

    /// Multiplies `w` by the quantised row `xq[at ..]` with exponent `e` into wide `y[0 .. rows)`.
    public static void apply(Matrix w, short[] xq, int at, int e, long[] y) {
        long[] row = new long[w.columns()];
        for (int r = 0; r < w.rows(); r++) {
            w.row(r, row);
            long sum = 0;
            for (int c = 0; c < row.length; c++) {
                sum += row[c] * xq[at + c];
            }
            y[r] = wide(sum, e);
        }
    }

    /// The wide value of an exact sum in units of 2^(e - 24) (M2).
    public static long wide(long sum, int e) {
        return Fixed.wide(sum, BLOCK_FRACTION_BITS - Fixed.WIDE_BITS - e);
    }

    private static final int BLOCK_FRACTION_BITS = 24;
}

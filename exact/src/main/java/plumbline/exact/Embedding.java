package plumbline.exact;

/// From token id to the first residual row. Source: spec/arithmetic.md section 6 (M3).
public final class Embedding {

    /// Scale of models that take the embedding as it is: 1.0 with 16 fraction bits.
    public static final long UNIT = 1L << 16;

    private Embedding() {}

    /// Row `token` of `table`, times `scale` (16 fraction bits, below 2^24), as wide `h[at ..]`.
    public static void apply(Matrix table, int token, long scale, long[] row, long[] h, int at) {
        table.row(token, row);
        for (int i = 0; i < table.columns(); i++) {
            h[at + i] = Fixed.wide(row[i] * scale, 20);
        }
    }

    /// round(sqrt(width) * 2^16), the scale of models that multiply by the root of their width.
    public static long rootScale(int width) {
        return Reals.rounded(Reals.squareRoot(Reals.of(width, 1)), 16);
    }
}

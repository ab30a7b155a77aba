package plumbline.exact;

/// Rows as the linear layers take them: int16 with one power-of-two exponent per row, x = xq * 2^e.
/// Source: spec/arithmetic.md section 4 (Q1, Q2).
public final class Activations {

    private Activations() {}

    /// Quantises `z[zAt .. zAt + count)`, which has `fractionBits` fraction bits, into
    /// `xq[at .. at + count)` and returns the exponent e (Q1).
    public static int quantise(long[] z, int zAt, int count, int fractionBits, short[] xq, int at) {
        int s = Fixed.excess(Fixed.magnitude(z, zAt, count), 15);
        for (int i = 0; i < count; i++) {
            long x = Fixed.shift(z[zAt + i], s);
            xq[at + i] = (short) Math.clamp(x, -Matrix.ACTIVATION_MAX, Matrix.ACTIVATION_MAX);
        }
        return s - fractionBits;
    }

    /// Brings `z[at .. at + count)` to at most 31 bits in place and returns the shift s that was taken:
    /// the row now has s fraction bits fewer (Q2).
    public static int narrow(long[] z, int at, int count) {
        int s = Fixed.excess(Fixed.magnitude(z, at, count), 31);
        if (s > 0) {
            for (int i = at; i < at + count; i++) {
                z[i] = Fixed.shift(z[i], s);
            }
        }
        return s;
    }
}

package plumbline.exact;

import java.math.BigInteger;

/// 2^-t and the sigmoid on integers, by three tables of 256 entries. Source: spec/arithmetic.md section 5.
public final class Exp2 {

    /// Fraction bits of the argument: log2 units.
    public static final int ARGUMENT_BITS = 24;

    /// round(log2(e) * 2^20).
    public static final long LOG2E_20 = Reals.rounded(Reals.divide(Reals.ONE, Reals.LN2), 20);

    /// TABLE[k * 256 + i] = round(2^31 * 2^(-i / 256^(k+1))).
    private static final long[] TABLE = tables();

    private Exp2() {}

    /// 2^(-t / 2^24) with 30 fraction bits, for t >= 0 (E1).
    public static long of(long t) {
        long p = TABLE[(int) (t >> 16) & 255];
        p = p * TABLE[256 + ((int) (t >> 8) & 255)] + (1L << 30) >> 31;
        p = p * TABLE[512 + ((int) t & 255)] + (1L << 30) >> 31;
        int n = (int) Math.min(t >> ARGUMENT_BITS, 40);
        return Fixed.shift(p, n + 1);
    }

    /// 1 / (1 + 2^(-z / 2^24)) with 30 fraction bits, rounded down (E2).
    public static long sigmoid(long z) {
        long e = of(Math.abs(z));
        return (z >= 0 ? 1L << 60 : e << 30) / ((1L << 30) + e);
    }

    /// A copy of the 768 table entries, for kernels and for the table's digest in the vectors.
    public static long[] table() {
        return TABLE.clone();
    }

    private static long[] tables() {
        long[] table = new long[768];
        for (int k = 0; k < 3; k++) {
            BigInteger step = Reals.exp(Reals.LN2.shiftRight(8 * (k + 1)).negate());
            BigInteger power = Reals.ONE;
            for (int i = 0; i < 256; i++) {
                table[k * 256 + i] = Reals.rounded(power, 31);
                power = Reals.multiply(power, step);
            }
        }
        return table;
    }
}

package plumbline.exact;

/// Gumbel noise in log2 units with 24 fraction bits, from 64 random bits: -log2(-log2(1 - v)) with
/// v = (word | 1) / 2^64. Source: spec/arithmetic.md section 12 (S6-S8).
final class Gumbel {

    /// No word's noise reaches this: 64 in log2 units.
    static final long MAX = 64L << 24;

    /// round(log2(log2(e)) * 2^24), where log2(log2(e)) = -ln(ln 2) / ln 2; 62 bits of ln 2 are plenty for 24.
    private static final long LOG2_LOG2E_24 = Reals.rounded(
            Reals.divide(Reals.ln(Reals.rounded(Reals.LN2, 62), -62).negate(), Reals.LN2), 24);

    private Gumbel() {}

    /// The noise of a random word.
    static long of(long word) {
        long x = word | 1;
        if (Long.compareUnsigned(x, 1L << 40) < 0) {
            // -log2(1 - v) = v log2(e) to 2^-25 of its value
            return (64L << 24) - LOG2_LOG2E_24 - log2(x, 24);
        }
        long exponential = (64L << 56) - log2(-x, 56);
        return (56L << 24) - log2(exponential, 24);
    }

    /// An upper bound of [#of] that costs nothing: v >= 2^-(z+1) for z leading zeros of the word.
    static long bound(long word) {
        return (long) (Long.numberOfLeadingZeros(word | 1) + 1) << 24;
    }

    /// log2 of an unsigned a >= 1 with `bits` fraction bits, digit by digit, each square cut to 64 bits (S8).
    static long log2(long a, int bits) {
        int n = 63 - Long.numberOfLeadingZeros(a);
        long m = a << 63 - n;
        long log = n;
        for (int i = 0; i < bits; i++) {
            m = Math.unsignedMultiplyHigh(m, m);
            log = log << 1 | m >>> 63;
            if (m > 0) {
                m <<= 1;
            }
        }
        return log;
    }
}

package plumbline.exact;

/// Softmax attention of one query row over the visible positions, in four steps that a kernel may run faster:
/// dot products, weights, weighted sum, division. Source: Vaswani et al. (2017); spec/arithmetic.md section 9.
public final class Attention {

    /// Fraction bits of a weight.
    static final int WEIGHT_BITS = 24;

    private Attention() {}

    /// Scale of the query row: round(log2(e) / sqrt(headSize) * 2^30), so scores come out in log2 units (T1).
    public static long queryScale(int headSize) {
        return Reals.rounded(Reals.divide(Reals.divide(Reals.ONE, Reals.LN2),
                Reals.squareRoot(Reals.of(headSize, 1))), 30);
    }

    /// Dot products of `q[qAt ..]` with the key rows `from` to `to` (exclusive) into `dots[0 ..]`.
    static void dots(short[] q, int qAt, short[] keys, int size, int from, int to, long[] dots) {
        for (int j = from; j < to; j++) {
            long sum = 0;
            for (int d = 0; d < size; d++) {
                sum += q[qAt + d] * keys[j * size + d];
            }
            dots[j - from] = sum;
        }
    }

    /// Turns dot products into weights (T2-T4): `weights[j] <= 2^24`, already shifted for the value rows'
    /// exponents. Returns the softmax's sum; the largest visible value exponent is [#largest].
    public static long weights(long[] dots, int count, int eq, short[] keyExponents, short[] valueExponents,
            int from, int[] weights) {
        long max = Long.MIN_VALUE;
        for (int j = 0; j < count; j++) {
            dots[j] = Fixed.wide(dots[j], -(eq + keyExponents[from + j] + Exp2.ARGUMENT_BITS));
            max = Math.max(max, dots[j]);
        }
        int ev = largest(valueExponents, from, count);
        long sum = 0;
        for (int j = 0; j < count; j++) {
            long p = Fixed.shift(Exp2.of(max - dots[j]), 30 - WEIGHT_BITS);
            sum += p;
            weights[j] = (int) Fixed.shift(p, ev - valueExponents[from + j]);
        }
        return sum;
    }

    /// The largest of `exponents[from .. from + count)`.
    public static int largest(short[] exponents, int from, int count) {
        int max = exponents[from];
        for (int j = from + 1; j < from + count; j++) {
            max = Math.max(max, exponents[j]);
        }
        return max;
    }

    /// Weighted sum of the value rows into `sums[0 .. size)`.
    static void mix(int[] weights, short[] values, int size, int from, int count, long[] sums) {
        for (int d = 0; d < size; d++) {
            long sum = 0;
            for (int j = 0; j < count; j++) {
                sum += (long) weights[j] * values[(from + j) * size + d];
            }
            sums[d] = sum;
        }
    }

    /// Divides weighted sums by the softmax's sum into wide `out[at .. at + size)` (T5); one division a row.
    public static void divide(long[] sums, int size, long sum, int ev, long[] out, int at) {
        int b = Fixed.bits(sum);
        long r = (1L << 61) / Fixed.shift(sum, b - 31);   // 2^(30 + b) / sum, in [2^30, 2^31]
        for (int d = 0; d < size; d++) {
            out[at + d] = Fixed.wide(Fixed.shift(sums[d], b - 16) * r, 46 - Fixed.WIDE_BITS - ev);
        }
    }

    /// The whole head: `q` row at `qAt` with exponent `eq`, positions `from` to `to` (exclusive) visible.
    public static void head(short[] q, int qAt, int eq, KeyValues rows, int head, int from, int to,
            long[] out, int at) {
        int size = rows.headSize();
        int count = to - from;
        long[] dots = new long[count];
        int[] weights = new int[count];
        long[] sums = new long[size];
        dots(q, qAt, rows.keys(head), size, from, to, dots);
        long sum = weights(dots, count, eq, rows.keyExponents(head), rows.valueExponents(head), from, weights);
        mix(weights, rows.values(head), size, from, count, sums);
        divide(sums, size, sum, largest(rows.valueExponents(head), from, count), out, at);
    }
}

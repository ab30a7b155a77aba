package plumbline.exact;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;

/// RMSNorm with its gain: f32 gains of the file as 24-bit integers with `fractionBits` fraction bits.
/// Rows hold at most [#COUNT_MAX] entries. Source: Zhang and Sennrich, "Root Mean Square Layer Normalization"
/// (2019); spec/arithmetic.md section 7 (N1-N4).
public final class NormWeights {

    /// Longest row whose widths are proved.
    public static final int COUNT_MAX = 1 << 15;

    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final long[] gains;
    private final int fractionBits;

    private NormWeights(long[] gains, int fractionBits) {
        this.gains = gains;
        this.fractionBits = fractionBits;
    }

    /// Reads `count` little-endian f32 gains (N1); empty when one of them is infinite or NaN.
    public static Optional<NormWeights> of(MemorySegment data, int count) {
        if (count < 1 || count > COUNT_MAX || data.byteSize() != 4L * count) {
            throw new IllegalArgumentException(count + " gains in " + data.byteSize() + " bytes");
        }
        int top = Integer.MIN_VALUE;
        for (int i = 0; i < count; i++) {
            int bits = data.getAtIndex(INT, i);
            if ((bits >> 23 & 255) == 255) {
                return Optional.empty();
            }
            if (mantissa(bits) != 0) {
                top = Math.max(top, Fixed.bits(mantissa(bits)) + exponent(bits));
            }
        }
        int fractionBits = top == Integer.MIN_VALUE ? 0 : 23 - top;
        long[] gains = new long[count];
        for (int i = 0; i < count; i++) {
            int bits = data.getAtIndex(INT, i);
            gains[i] = Fixed.shift(mantissa(bits), -(exponent(bits) + fractionBits));
        }
        return Optional.of(new NormWeights(gains, fractionBits));
    }

    /// Entries of a row.
    public int count() {
        return gains.length;
    }

    /// Normalises wide `h[at .. at + count)` into `z[zAt ..]` and returns the fraction bits of z (N2-N4).
    /// `epsilon` is round(eps * count * 2^40), see [#epsilon].
    public int apply(long[] h, int at, long epsilon, long[] z, int zAt) {
        int n = gains.length;
        int eh = Fixed.excess(Fixed.magnitude(h, at, n), 31);
        for (int i = 0; i < n; i++) {
            z[zAt + i] = Fixed.shift(h[at + i], eh);
        }
        int es = Fixed.excess(Fixed.magnitude(z, zAt, n), 23);
        long sum = epsilon >> 2 * (es + eh);
        for (int i = 0; i < n; i++) {
            long x = Fixed.shift(z[zAt + i], es);
            sum += x * x;
        }
        sum = Math.max(sum, 1);
        int lz = 62 - Fixed.bits(sum) & ~1;
        long root = Fixed.squareRoot(sum << lz);                // sqrt(sum) * 2^(lz/2), in [2^30, 2^31)
        int c = 30 - (Fixed.bits(n) - 1) / 2;
        long rootCount = Fixed.squareRoot((long) n << 2 * c);   // sqrt(n) * 2^c, in [2^30, 2^31)
        long g = (rootCount << 30) / root;                      // sqrt(n / sum) * 2^(c + 30 - lz/2)
        int s = c + 30 - lz / 2 + es - 24;
        for (int i = 0; i < n; i++) {
            z[zAt + i] = Fixed.shift(z[zAt + i] * g, s) * gains[i];
        }
        return 24 + fractionBits;
    }

    /// Normalises wide `z[at .. at + count)` in place to wide values again: for a norm that no linear layer
    /// follows (N5).
    public void applyWide(long[] z, int at, long epsilon) {
        int fraction = apply(z, at, epsilon, z, at);
        for (int i = at; i < at + gains.length; i++) {
            z[i] = Fixed.wide(z[i], fraction - Fixed.WIDE_BITS);
        }
    }

    /// round(eps * count * 2^40), half up, for an f32 eps in [0, 1); -1 for any other eps (N2).
    public static long epsilon(int epsilonBits, int count) {
        if (epsilonBits < 0 || (epsilonBits >> 23 & 255) >= 127) {
            return -1;
        }
        return Fixed.shift(mantissa(epsilonBits) * count, -(exponent(epsilonBits) + 40));
    }

    private static long mantissa(int bits) {
        int fraction = bits & 0x7fffff;
        long magnitude = (bits >> 23 & 255) == 0 ? fraction : fraction | 0x800000;
        return bits < 0 ? -magnitude : magnitude;
    }

    private static int exponent(int bits) {
        return Math.max(bits >> 23 & 255, 1) - 150;
    }
}

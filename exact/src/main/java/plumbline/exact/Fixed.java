package plumbline.exact;

/// The integer primitives that everything else is written in. All values are 64-bit two's complement;
/// a *wide* value has 20 fraction bits and stays within +-(2^47 - 1). Source: spec/arithmetic.md section 1.
public final class Fixed {

    /// Fraction bits of a wide value: residual stream, linear outputs, logits.
    public static final int WIDE_BITS = 20;

    /// Largest magnitude of a wide value.
    public static final long WIDE_MAX = (1L << 47) - 1;

    private Fixed() {}

    /// `a` shifted right by `s`, rounded half up (towards plus infinity); `s < 0` shifts left (P1).
    /// A right shift by more than 62 gives 0 for every |a| < 2^62.
    public static long shift(long a, int s) {
        if (s <= 0) {
            return a << -s;
        }
        return s > 62 ? 0 : a + (1L << s - 1) >> s;
    }

    /// [#shift] of the exact value, saturated to a wide value (P2): a left shift can't overflow.
    public static long wide(long a, int s) {
        if (s < 0) {
            long limit = s < -47 ? 0 : WIDE_MAX >> -s;
            return a > limit ? WIDE_MAX : a < -limit ? -WIDE_MAX : a << -s;
        }
        return saturate(shift(a, s));
    }

    /// Clips to +-(2^47 - 1) (P3).
    public static long saturate(long a) {
        return Math.clamp(a, -WIDE_MAX, WIDE_MAX);
    }

    /// Number of bits of |a|; 0 for 0 (P4).
    public static int bits(long a) {
        return 64 - Long.numberOfLeadingZeros(Math.abs(a));
    }

    /// Largest magnitude in `z[from .. from + count)`.
    public static long magnitude(long[] z, int from, int count) {
        long max = 0;
        for (int i = from; i < from + count; i++) {
            max = Math.max(max, Math.abs(z[i]));
        }
        return max;
    }

    /// The right shift that brings `magnitude` to at most `bits` bits: max(0, bits(magnitude) - bits) (P5).
    public static int excess(long magnitude, int bits) {
        return Math.max(0, bits(magnitude) - bits);
    }

    /// floor(sqrt(a)) for 0 <= a < 2^62, by Newton's method on integers (P6).
    public static long squareRoot(long a) {
        if (a < 2) {
            return a;
        }
        long x = 1L << (bits(a) + 1) / 2; // not below the root, so the iteration descends to its floor
        while (true) {
            long next = x + a / x >> 1;
            if (next >= x) {
                return x;
            }
            x = next;
        }
    }
}

package plumbline.exact;

import java.math.BigInteger;

/// Rotary position angles: cos and sin of position * theta^(-2i/d) as correctly rounded Q30 integers.
///
/// Each value is computed in 64-bit fixed point with a known error; where that can't decide the
/// rounding, [Reals] does. Immutable, safe for threads.
/// Source: Su et al., "RoFormer" (2021); spec/arithmetic.md section 8 (R1-R3).
public final class RopeTable {

    /// Largest position whose widths are proved.
    public static final int POSITIONS_MAX = 1 << 15;

    private static final int GUARD = 64;
    private static final long HALF_PI_62 = Reals.rounded(Reals.PI.shiftRight(1), 62);
    private static final long[] SIN_62 = inverseFactorials(3);
    private static final long[] COS_62 = inverseFactorials(2);

    private final BigInteger[] turns;   // theta^(-2i/d) / (2 pi), Reals precision
    private final long[] turnsHigh;     // the same modulo 1 with 128 fraction bits, upper and lower half
    private final long[] turnsLow;

    private RopeTable(BigInteger[] turns) {
        this.turns = turns;
        this.turnsHigh = new long[turns.length];
        this.turnsLow = new long[turns.length];
        for (int i = 0; i < turns.length; i++) {
            BigInteger q128 = turns[i].shiftRight(Reals.PRECISION - 128);
            turnsHigh[i] = q128.shiftRight(64).longValue();
            turnsLow[i] = q128.longValue();
        }
    }

    /// Angles for `dimensions` rotated entries of a head, base theta given as f32 bits: positive, finite (R1).
    public static RopeTable of(int thetaBits, int dimensions) {
        int exponent = thetaBits >> 23 & 255;
        if (thetaBits <= 0 || exponent == 255 || dimensions < 2 || dimensions % 2 != 0) {
            throw new IllegalArgumentException("theta bits " + Integer.toHexString(thetaBits)
                    + ", dimensions " + dimensions);
        }
        long mantissa = exponent == 0 ? thetaBits & 0x7fffff : thetaBits & 0x7fffff | 0x800000;
        BigInteger ln = Reals.ln(mantissa, Math.max(exponent, 1) - 150);
        BigInteger twoPi = Reals.PI.shiftLeft(1);
        BigInteger[] turns = new BigInteger[dimensions / 2];
        for (int i = 0; i < turns.length; i++) {
            BigInteger power = ln.multiply(BigInteger.valueOf(-2L * i)).divide(BigInteger.valueOf(dimensions));
            turns[i] = Reals.divide(Reals.exp(power), twoPi);
        }
        return new RopeTable(turns);
    }

    /// Rotated pairs of a head.
    public int pairs() {
        return turns.length;
    }

    /// Writes cos and sin of every pair at `position` (R2), which is below [#POSITIONS_MAX].
    public void at(int position, int[] cos, int[] sin, int at) {
        if (position < 0 || position >= POSITIONS_MAX) {
            throw new IllegalArgumentException("position " + position + ", widths are proved below " + POSITIONS_MAX);
        }
        for (int i = 0; i < turns.length; i++) {
            long high = turnsHigh[i] * position + Math.unsignedMultiplyHigh(turnsLow[i], position);
            pair(high, position, i, cos, sin, at + i);
        }
    }

    /// `turn` is the angle in units of 2^-64 turns.
    private void pair(long turn, int position, int i, int[] cos, int[] sin, int at) {
        int octant = (int) (turn >>> 61);
        long rest = turn & (1L << 61) - 1;
        long angle = Math.unsignedMultiplyHigh(((octant & 1) == 0 ? rest : (1L << 61) - rest) << 2, HALF_PI_62);
        long square = multiply(angle, angle);
        long s = multiply(angle, (1L << 62) - multiply(square, series(SIN_62, square)));
        long c = (1L << 62) - multiply(square, series(COS_62, square));
        if (undecided(s) || undecided(c)) {
            slow(position, i, cos, sin, at);
            return;
        }
        boolean swap = ((octant + 1) & 2) != 0;
        int x = round(swap ? s : c);
        int y = round(swap ? c : s);
        cos[at] = octant >= 2 && octant < 6 ? -x : x;
        sin[at] = octant >= 4 ? -y : y;
    }

    /// The definition itself, with 240 good bits.
    private void slow(int position, int i, int[] cos, int[] sin, int at) {
        BigInteger turn = turns[i].multiply(BigInteger.valueOf(position)).mod(Reals.ONE);
        BigInteger angle = Reals.multiply(turn, Reals.PI.shiftLeft(1));
        cos[at] = (int) Reals.rounded(Reals.cos(angle), 30);
        sin[at] = (int) Reals.rounded(Reals.sin(angle), 30);
    }

    private static int round(long q62) {
        return (int) (q62 + (1L << 31) >> 32);
    }

    private static boolean undecided(long q62) {
        long fraction = q62 + (1L << 31) & 0xffffffffL;
        return fraction < GUARD || fraction > 0xffffffffL - GUARD;
    }

    /// c0 - x (c1 - x (c2 - ...)), all with 62 fraction bits.
    private static long series(long[] coefficients, long x) {
        long sum = 0;
        for (int k = coefficients.length - 1; k >= 0; k--) {
            sum = coefficients[k] - multiply(sum, x);
        }
        return sum;
    }

    private static long multiply(long a, long b) {
        return Math.multiplyHigh(a, b) << 2 | a * b >>> 62;
    }

    /// 1/first!, 1/(first+2)!, ... with 62 fraction bits.
    private static long[] inverseFactorials(int first) {
        long[] inverses = new long[9];
        BigInteger factorial = BigInteger.valueOf(first == 3 ? 6 : 2);
        for (int k = 0; k < inverses.length; k++) {
            inverses[k] = Reals.rounded(Reals.ONE.divide(factorial), 62);
            int n = first + 2 * k;
            factorial = factorial.multiply(BigInteger.valueOf((long) (n + 1) * (n + 2)));
        }
        return inverses;
    }
}

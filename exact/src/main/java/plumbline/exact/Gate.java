package plumbline.exact;

/// The gated feed-forward activation: act(gate) * up, straight to quantised activations.
/// Source: Shazeer, "GLU Variants Improve Transformer" (2020); spec/arithmetic.md section 10.
public enum Gate {
    /// g * sigmoid(g) (G1).
    SILU(64) {
        @Override
        long exponent(long g) {
            return Fixed.shift(g * Exp2.LOG2E_20, 16);
        }
    },
    /// g * sigmoid(2 sqrt(2/pi) (g + 0.044715 g^3)), the tanh form of GELU (G2).
    GELU_TANH(16) {
        @Override
        long exponent(long g) {
            long square = Fixed.shift(g * g, Fixed.WIDE_BITS);
            long t = (1L << 30) + Fixed.shift(square * CUBE_30, Fixed.WIDE_BITS);
            return Fixed.shift(Fixed.shift(g * SLOPE_20, 16) * Fixed.shift(t, 10), 20);
        }
    };

    /// round(0.044715 * 2^30).
    private static final long CUBE_30 = Reals.rounded(Reals.of(44715, 1_000_000), 30);

    /// round(2 sqrt(2/pi) log2(e) * 2^20).
    private static final long SLOPE_20 = Reals.rounded(Reals.divide(
            Reals.squareRoot(Reals.divide(Reals.of(8, 1), Reals.PI)), Reals.LN2), 20);

    private final long limit;

    Gate(int limit) {
        this.limit = (long) limit << Fixed.WIDE_BITS;
    }

    /// The sigmoid's argument in units of 2^-24, for |g| < limit.
    abstract long exponent(long g);

    /// act(g) of a wide value: 0 at or below -limit, g at or above limit (G3).
    public long of(long g) {
        if (g >= limit) {
            return g;
        }
        return g <= -limit ? 0 : Fixed.shift(g * Exp2.sigmoid(exponent(g)), 30);
    }

    /// Writes act(gate) * up as quantised activations `xq[at ..]` and returns their exponent (G4).
    /// Both rows of `count` wide entries at `rowAt` are overwritten.
    public int apply(long[] gate, long[] up, int rowAt, int count, short[] xq, int at) {
        for (int i = rowAt; i < rowAt + count; i++) {
            gate[i] = of(gate[i]);
        }
        int sa = Activations.narrow(gate, rowAt, count);
        int su = Activations.narrow(up, rowAt, count);
        for (int i = rowAt; i < rowAt + count; i++) {
            gate[i] *= up[i];
        }
        return Activations.quantise(gate, rowAt, count, 2 * Fixed.WIDE_BITS - sa - su, xq, at);
    }
}

package plumbline.exact;

import java.util.Optional;

/// One layer at one position, to be read beside the paper (Touvron et al., 2023, arXiv:2302.13971, section 2.2).
/// This is what a referee runs; every kernel must return its bits. Source: spec/arithmetic.md section 11.
public final class LayerStep {

    private LayerStep() {}

    /// Takes the residual row `h` (wide) at `position` through the layer in place and writes the K and V rows of
    /// that position into `rows`, which holds those of all earlier ones.
    public static void apply(LayerShape shape, LayerWeights weights, RopeTable angles, int position, long[] h,
            KeyValues rows) {
        short[] x = new short[Math.max(Math.max(shape.width(), shape.heads() * shape.headSize()),
                shape.feedForward())];
        attend(shape, weights, angles, position, h, x, rows);

        int e = normed(weights.feedForwardNorm(), h, shape.epsilon(), x);
        long[] gate = linear(weights.gate(), x, e);
        long[] up = linear(weights.up(), x, e);
        e = shape.gate().apply(gate, up, 0, gate.length, x, 0);
        add(h, linear(weights.down(), x, e), weights.afterFeedForward(), shape.epsilon());
    }

    private static void attend(LayerShape shape, LayerWeights weights, RopeTable angles, int position, long[] h,
            short[] x, KeyValues rows) {
        int size = shape.headSize();
        int e = normed(weights.attentionNorm(), h, shape.epsilon(), x);
        long[] q = linear(weights.query(), x, e);
        long[] k = linear(weights.key(), x, e);
        long[] v = linear(weights.value(), x, e);
        for (int head = 0; head < shape.keyValueHeads(); head++) {
            int at = head * size;
            weights.keyNorm().ifPresent(norm -> norm.applyWide(k, at, shape.headEpsilon()));
            int fraction = rotate(shape, angles, position, k, at);
            rows.keyExponents(head)[position] =
                    (short) Activations.quantise(k, at, size, fraction, rows.keys(head), position * size);
            rows.valueExponents(head)[position] = (short) Activations.quantise(
                    v, at, size, Fixed.WIDE_BITS, rows.values(head), position * size);
        }
        long[] o = new long[shape.heads() * size];
        short[] query = new short[size];
        for (int head = 0; head < shape.heads(); head++) {
            int at = head * size;
            weights.queryNorm().ifPresent(norm -> norm.applyWide(q, at, shape.headEpsilon()));
            int fraction = rotate(shape, angles, position, q, at);
            for (int d = at; d < at + size; d++) {
                q[d] = Fixed.shift(q[d] * shape.queryScale(), 30);
            }
            int eq = Activations.quantise(q, at, size, fraction, query, 0);
            Attention.head(query, 0, eq, rows, head * shape.keyValueHeads() / shape.heads(),
                    shape.visibleFrom(position), position + 1, o, at);
        }
        e = Activations.quantise(o, 0, o.length, Fixed.WIDE_BITS, x, 0);
        add(h, linear(weights.output(), x, e), weights.afterAttention(), shape.epsilon());
    }

    /// Narrows and rotates one head in place; returns its fraction bits (R3).
    private static int rotate(LayerShape shape, RopeTable angles, int position, long[] z, int at) {
        int[] cos = new int[angles.pairs()];
        int[] sin = new int[angles.pairs()];
        angles.at(position, cos, sin, 0);
        int s = Activations.narrow(z, at, shape.headSize());
        shape.rotation().apply(z, at, cos, sin, 0, angles.pairs());
        return Fixed.WIDE_BITS - s;
    }

    private static int normed(NormWeights norm, long[] h, long epsilon, short[] x) {
        long[] z = new long[h.length];
        int fraction = norm.apply(h, 0, epsilon, z, 0);
        return Activations.quantise(z, 0, z.length, fraction, x, 0);
    }

    private static long[] linear(Matrix w, short[] x, int e) {
        long[] y = new long[w.rows()];
        Linear.apply(w, x, 0, e, y);
        return y;
    }

    private static void add(long[] h, long[] y, Optional<NormWeights> after, long epsilon) {
        after.ifPresent(norm -> norm.applyWide(y, 0, epsilon));
        for (int i = 0; i < h.length; i++) {
            h[i] = Fixed.saturate(h[i] + y[i]);
        }
    }
}

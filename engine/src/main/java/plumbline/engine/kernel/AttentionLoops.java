package plumbline.engine.kernel;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Inner loops of attention: int16 rows, lanes = dimensions.
final class AttentionLoops {

    /// Positions whose weighted values fit a double: 2^25 * 2^15 * 2^13 = 2^53, and a weight is
    /// below 2^25.
    private static final int MIX_RUN = 1 << 13;

    private AttentionLoops() {}

    /// See [Kernel#scores]. A product of two int16 is at most 2^30; it is split into its low and
    /// high 16 bits, whose sums over 16,384 dimensions fit 32-bit lanes.
    static void scores(short[] q, int qAt, short[] k, int kAt, int size, int positions,
            long[] out, int outAt) {
        int whole = size / Lanes.WIDTH * Lanes.WIDTH;
        for (int j = 0; j < positions; j++) {
            int row = kAt + j * size;
            IntVector low = IntVector.zero(Lanes.I);
            IntVector high = low;
            for (int d = 0; d < whole; d += Lanes.WIDTH) {
                IntVector p = Lanes.ints(q, qAt + d).mul(Lanes.ints(k, row + d));
                low = low.add(p.and(0xffff));
                high = high.add(p.lanewise(VectorOperators.ASHR, 16));
            }
            out[outAt + j] = ((long) high.reduceLanes(VectorOperators.ADD) << 16)
                    + low.reduceLanes(VectorOperators.ADD);
        }
        if (whole < size) {
            for (int j = 0; j < positions; j++) {
                long sum = 0;
                for (int d = whole; d < size; d++) {
                    sum += q[qAt + d] * k[kAt + j * size + d];
                }
                out[outAt + j] += sum;
            }
        }
    }

    /// See [Kernel#mix].
    static void mix(int[] w, short[] v, int vAt, int size, int positions, long[] out, int outAt,
            double[] run) {
        int whole = size / Lanes.WIDTH * Lanes.WIDTH;
        for (int d = 0; d < size; d++) {
            out[outAt + d] = 0;
        }
        for (int from = 0; from < positions; from += MIX_RUN) {
            int to = Math.min(from + MIX_RUN, positions);
            for (int d = 0; d < whole; d += Lanes.WIDTH) {
                column(w, v, vAt + d, size, from, to, run);
                for (int i = 0; i < Lanes.WIDTH; i++) {
                    out[outAt + d + i] += (long) run[i];
                }
            }
        }
        for (int d = whole; d < size; d++) {
            long sum = 0;
            for (int j = 0; j < positions; j++) {
                sum += (long) w[j] * v[vAt + j * size + d];
            }
            out[outAt + d] = sum;
        }
    }

    private static void column(int[] w, short[] v, int vAt, int size, int from, int to,
            double[] run) {
        DoubleVector a = DoubleVector.zero(Lanes.D);
        DoubleVector b = a;
        for (int j = from; j < to; j++) {
            IntVector row = Lanes.ints(v, vAt + j * size);
            DoubleVector x = DoubleVector.broadcast(Lanes.D, (double) w[j]);
            a = Lanes.fma(x, Lanes.low(row), a);
            b = Lanes.fma(x, Lanes.high(row), b);
        }
        a.intoArray(run, 0);
        b.intoArray(run, Lanes.WIDTH_64);
    }
}

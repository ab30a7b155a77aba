package plumbline.engine.kernel;

import plumbline.exact.Activations;
import plumbline.exact.Attention;
import plumbline.exact.Fixed;
import plumbline.exact.Gate;
import plumbline.exact.KeyValues;
import plumbline.exact.Linear;
import plumbline.exact.Matrix;
import plumbline.exact.Rotation;

/// The fast road to the same bits: exact integer products over packed weights.
///
/// Every kernel returns the same 64-bit integers, whatever its vector width, thread count or order
/// of additions: the load rule W8 (spec/arithmetic.md section 2) bounds every sum, so no sum is
/// rounded. Kernels are thread-safe; several threads may work on different rows of one product.
/// [Kernels#choose] picks one.
public sealed interface Kernel permits ScalarKernel, VectorKernel, NativeKernel {

    /// `scalar`; `vector-` and the vector width in bits; or `native-` and the instruction set.
    String name();

    /// Prepares `matrix`, which satisfies the load rule (`matrix.firstRefusedRow()` is -1).
    Packed pack(Matrix matrix);

    /// As [#pack(Matrix)], where the caller may know that the bound of [RowBound] holds for every row.
    default Packed pack(Matrix matrix, boolean bounded) {
        return pack(matrix);
    }

    /// As [#pack(Matrix, boolean)], but a kernel that copies weights may do so when they are first used. Until then
    /// the matrix must stay as it is.
    default Packed packLater(Matrix matrix, boolean bounded) {
        return pack(matrix, bounded);
    }

    /// `y[t * rows + r] = sum over c of W[r][c] * x[t * columns + c]`, exactly, for t in `0 ..
    /// count` and r in `fromRow .. toRow` (both ends exclusive). Every `x` is within +-32767.
    /// `fromRow` and `toRow` are multiples of [#rowGranule()], except that `toRow` may be `rows`.
    void multiply(Packed w, short[] x, int count, long[] y, int fromRow, int toRow);

    /// As [#multiply], but each result is the wide value that belongs to its input's exponent
    /// (spec/arithmetic.md M2).
    default void multiplyWide(Packed w, short[] x, int[] exponents, int count, long[] y,
            int fromRow, int toRow) {
        multiply(w, x, count, y, fromRow, toRow);
        for (int t = 0; t < count; t++) {
            for (int i = t * w.rows() + fromRow; i < t * w.rows() + toRow; i++) {
                y[i] = Linear.wide(y[i], exponents[t]);
            }
        }
    }

    /// Attention of one query row with exponent `eq` over positions `from` to `to` (exclusive, at
    /// least one) of a head, into wide `out[at .. at + headSize)` (spec/arithmetic.md T2 to T5).
    default void attend(short[] query, int eq, KeyValues rows, int head, int from, int to,
            long[] out, int at) {
        int size = rows.headSize();
        int visible = to - from;
        long[] dots = new long[visible];
        int[] weights = new int[visible];
        long[] sums = new long[size];
        short[] exponents = rows.valueExponents(head);
        scores(query, 0, rows.keys(head), from * size, size, visible, dots, 0);
        long sum = Attention.weights(dots, visible, eq, rows.keyExponents(head), exponents, from,
                weights);
        mix(weights, rows.values(head), from * size, size, visible, sums, 0);
        Attention.divide(sums, size, sum, Attention.largest(exponents, from, visible), out, at);
    }

    /// Rotates the wide head row `z[at .. at + size)` by the angles at `tableAt`, multiplies it
    /// with `scale` (units of 2^-30) where that isn't 0, and quantises it; z is overwritten.
    /// Returns the exponent (spec/arithmetic.md R3, T1, Q1).
    default int rotate(long[] z, int at, int size, Rotation rotation, int[] cos, int[] sin,
            int tableAt, int pairs, long scale, short[] xq, int xqAt) {
        int s = Activations.narrow(z, at, size);
        rotation.apply(z, at, cos, sin, tableAt, pairs);
        for (int d = at; scale != 0 && d < at + size; d++) {
            z[d] = Fixed.shift(z[d] * scale, 30);
        }
        return Activations.quantise(z, at, size, Fixed.WIDE_BITS - s, xq, xqAt);
    }

    /// The gated activation of a row, quantised: [Gate#apply].
    default int gate(Gate gate, long[] g, long[] up, int rowAt, int count, short[] xq, int at) {
        return gate.apply(g, up, rowAt, count, xq, at);
    }

    /// Products of one query row with `positions` key rows:
    /// `out[outAt + j] = sum over d < size of q[qAt + d] * k[kAt + j * size + d]`.
    /// All int16 values are allowed; `size` is at most 16,384.
    void scores(short[] q, int qAt, short[] k, int kAt, int size, int positions,
            long[] out, int outAt);

    /// Weighted sum of value rows: `out[outAt + d] = sum over j of w[j] * v[vAt + j * size + d]`
    /// for d < size, where `0 <= w[j] < 2^25` and `positions <= 32768`.
    void mix(int[] w, short[] v, int vAt, int size, int positions, long[] out, int outAt);

    /// Takes two messages of whole blocks further through SHA-256, as [PairDigest] says; false where this kernel can't.
    default boolean compress(byte[] first, byte[] second, int[] state) {
        return false;
    }

    /// Rows that are packed together: the split of [#multiply] among threads is a multiple of it.
    int rowGranule();
}

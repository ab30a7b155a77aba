package plumbline.engine.kernel;

import plumbline.exact.Matrix;

/// The fast road to the same bits: exact integer products over packed weights.
///
/// Every kernel returns the same 64-bit integers, whatever its vector width, thread count or order
/// of additions: the load rule W8 (spec/arithmetic.md section 2) bounds every sum, so no sum is
/// rounded. Kernels are thread-safe; several threads may work on different rows of one product.
/// [Kernels#choose] picks one.
public sealed interface Kernel permits ScalarKernel, VectorKernel {

    /// `scalar`, or `vector-` and the vector width in bits.
    String name();

    /// Prepares `matrix`, which satisfies the load rule (`matrix.firstRefusedRow()` is -1).
    Packed pack(Matrix matrix);

    /// `y[t * rows + r] = sum over c of W[r][c] * x[t * columns + c]`, exactly, for t in `0 ..
    /// count` and r in `fromRow .. toRow` (both ends exclusive). Every `x` is within +-32767.
    /// `fromRow` and `toRow` are multiples of [#rowGranule()], except that `toRow` may be `rows`.
    void multiply(Packed w, short[] x, int count, long[] y, int fromRow, int toRow);

    /// Products of one query row with `positions` key rows:
    /// `out[outAt + j] = sum over d < size of q[qAt + d] * k[kAt + j * size + d]`.
    /// All int16 values are allowed; `size` is at most 16,384.
    void scores(short[] q, int qAt, short[] k, int kAt, int size, int positions,
            long[] out, int outAt);

    /// Weighted sum of value rows: `out[outAt + d] = sum over j of w[j] * v[vAt + j * size + d]`
    /// for d < size, where `0 <= w[j] < 2^25` and `positions <= 32768`.
    void mix(int[] w, short[] v, int vAt, int size, int positions, long[] out, int outAt);

    /// Rows that are packed together: the split of [#multiply] among threads is a multiple of it.
    int rowGranule();
}

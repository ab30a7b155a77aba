package plumbline.engine.kernel;

import java.util.concurrent.ArrayBlockingQueue;
import plumbline.exact.Matrix;

/// The kernel in the JDK's Vector API: rows are lanes, several widths, one result.
///
/// No type of the incubating module appears here, so that this class loads without it.
/// How sums stay exact: block dot products fit int32 (one input row) or float (several), scaled
/// sums fit doubles; see [PackedBlocks], [RowLoops], [TileLoops] and [WideLoops].
public final class VectorKernel implements Kernel {

    /// From this many input rows on, unpacking the weights pays.
    private static final int TILED_FROM = 3;

    /// Scratch that no product is using. Bounded: what doesn't fit is left to the collector.
    private final ArrayBlockingQueue<Scratch> idle = new ArrayBlockingQueue<>(64);
    private final ScalarKernel scalar = new ScalarKernel();

    private VectorKernel() {}

    /// Fails with a [LinkageError] where the Vector API can't be loaded.
    static VectorKernel create() throws KernelUnavailableException {
        if (Lanes.BITS < 128) {
            throw new KernelUnavailableException("kernel \"vector\" needs vectors of 128 bits, and"
                    + " Java makes none on this processor; use kernel \"scalar\"");
        }
        return new VectorKernel();
    }

    /// Whether it is faster than [ScalarKernel].
    boolean fast() {
        return Lanes.FAST;
    }

    @Override
    public String name() {
        return "vector-" + Lanes.BITS;
    }

    @Override
    public Packed pack(Matrix matrix) {
        return switch (matrix.format()) {
            case Q4_0, Q4_1, Q8_0 -> PackedBlocks.of(matrix);
            case F16, F32 -> PackedFloats.of(matrix);
            // The rest runs as the specification does: right, and not fast yet.
            case Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, BF16 -> new MappedMatrix(matrix);
        };
    }

    @Override
    public void multiply(Packed w, short[] x, int count, long[] y, int fromRow, int toRow) {
        ScalarKernel.checkShape(w, x, count, y, fromRow, toRow);
        if (fromRow % Lanes.GROUP != 0 || toRow % Lanes.GROUP != 0 && toRow != w.rows()) {
            throw new IllegalArgumentException("rows " + fromRow + " to " + toRow + " of "
                    + w.rows() + " are no multiples of " + Lanes.GROUP);
        }
        Scratch scratch = idle.poll();
        if (scratch == null) {
            scratch = new Scratch();
        }
        switch (w) {
            case NativePacked n ->
                throw new IllegalArgumentException("packed by another kernel: " + n.getClass());
            case MappedMatrix m -> scalar.multiply(m, x, count, y, fromRow, toRow);
            case PackedBlocks b -> blocks(b, x, count, y, fromRow, toRow, scratch);
            case PackedFloats f -> WideProduct.run(f, x, count, y, fromRow, toRow, scratch);
        }
        idle.offer(scratch);
    }

    private static void blocks(PackedBlocks w, short[] x, int count, long[] y, int fromRow,
            int toRow, Scratch scratch) {
        if (count >= TILED_FROM) {
            TileProduct.run(w, x, count, y, fromRow, toRow, scratch);
            return;
        }
        for (int t = 0; t < count; t++) {
            RowProduct.run(w, x, t, y, fromRow, toRow, scratch);
        }
    }

    @Override
    public void scores(short[] q, int qAt, short[] k, int kAt, int size, int positions,
            long[] out, int outAt) {
        AttentionLoops.scores(q, qAt, k, kAt, size, positions, out, outAt);
    }

    @Override
    public void mix(int[] w, short[] v, int vAt, int size, int positions, long[] out, int outAt) {
        AttentionLoops.mix(w, v, vAt, size, positions, out, outAt, new double[Lanes.WIDTH]);
    }

    @Override
    public int rowGranule() {
        return Lanes.GROUP;
    }
}

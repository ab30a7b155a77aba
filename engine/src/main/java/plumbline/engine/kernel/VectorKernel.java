package plumbline.engine.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import plumbline.exact.BlockFormat;
import plumbline.exact.Matrix;

/// The kernel in the JDK's Vector API: several widths, one result.
///
/// No type of the incubating module appears here, so that this class loads without it.
/// How sums stay exact: dot products of a group fit int32 (few input rows) or float (many), scaled
/// sums fit doubles; see [VectorMatrix], [DotLoops], [TileLoops] and [WideLoops].
public final class VectorKernel implements Kernel {

    /// Scratch that no product is using. Bounded: what doesn't fit is left to the collector.
    private final ArrayBlockingQueue<Scratch> idle = new ArrayBlockingQueue<>(64);
    private final ScalarKernel scalar = new ScalarKernel();
    /// By format how its products differ from the scalar kernel's here; empty if they don't.
    private final ConcurrentHashMap<BlockFormat, Optional<String>> tested = new ConcurrentHashMap<>();
    private final Consumer<String> refused;
    private static final WideProduct FLOATS = new WideProduct();

    private VectorKernel(Consumer<String> refused) {
        this.refused = refused;
    }

    static VectorKernel create() throws KernelUnavailableException {
        return create(format -> { });
    }

    /// Fails with a [LinkageError] where the Vector API can't be loaded. `refused` hears of a format that fails its
    /// self-test, when a matrix of that format is first packed.
    static VectorKernel create(Consumer<String> refused) throws KernelUnavailableException {
        if (Lanes.BITS < 128) {
            throw new KernelUnavailableException("kernel \"vector\" needs vectors of 128 bits, and"
                    + " Java makes none on this processor; use kernel \"scalar\"");
        }
        return new VectorKernel(refused);
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
        return pack(matrix, RowBound.firstBeyond(matrix, 0, matrix.rows()) < 0);
    }

    /// Weights stay where they are. Where W8 alone doesn't say that scaled sums and minima may be added in doubles,
    /// they are multiplied in 64-bit integers, and so is a format whose self-test fails on this machine.
    @Override
    public Packed pack(Matrix matrix, boolean bounded) {
        return switch (matrix.format()) {
            case F32, F16, BF16 -> right(matrix.format()) ? new VectorFloats(matrix) : new MappedMatrix(matrix);
            default -> (bounded || QuantShape.of(matrix.format()).minMax() == 0) && right(matrix.format())
                    ? new VectorMatrix(matrix) : new MappedMatrix(matrix);
        };
    }

    private boolean right(BlockFormat format) {
        return tested.computeIfAbsent(format, untested -> {
            Optional<String> fault = fault(untested);
            fault.ifPresent(refused);
            return fault;
        }).isEmpty();
    }

    /// What is wrong with its products of each format, of all formats.
    List<String> faults() {
        List<String> faults = new ArrayList<>();
        for (BlockFormat format : BlockFormat.values()) {
            tested.computeIfAbsent(format, this::fault).ifPresent(faults::add);
        }
        return faults;
    }

    private Optional<String> fault(BlockFormat format) {
        VectorKernel untested = new VectorKernel(refused);
        untested.tested.put(format, Optional.empty());
        return SelfTest.fault(untested, format, TileProduct.FEW + 1).map(fault -> "kernel \"" + name()
                + "\" is refused for " + format + " weights: " + fault + "; report this machine and Java "
                + Runtime.version());
    }

    @Override
    public void multiply(Packed w, short[] x, int count, long[] y, int fromRow, int toRow) {
        ScalarKernel.checkShape(w, x, count, y, fromRow, toRow);
        if (fromRow % TileProduct.STRIP != 0 || toRow % TileProduct.STRIP != 0 && toRow != w.rows()) {
            throw new IllegalArgumentException("rows " + fromRow + " to " + toRow + " of "
                    + w.rows() + " are no multiples of " + TileProduct.STRIP);
        }
        Scratch scratch = idle.poll();
        if (scratch == null) {
            scratch = new Scratch();
        }
        switch (w) {
            case NativePacked n ->
                throw new IllegalArgumentException("packed by another kernel: " + n.getClass());
            case MappedMatrix m -> scalar.multiply(m, x, count, y, fromRow, toRow);
            case VectorMatrix b when count <= TileProduct.FEW ->
                RowProduct.run(b, x, count, y, fromRow, toRow, scratch);
            case VectorMatrix b -> TileProduct.run(b, x, count, y, fromRow, toRow, scratch);
            case VectorFloats f -> FLOATS.run(f, x, count, y, fromRow, toRow, scratch);
        }
        idle.offer(scratch);
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
        return TileProduct.STRIP;
    }
}

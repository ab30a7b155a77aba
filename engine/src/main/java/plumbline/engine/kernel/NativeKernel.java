package plumbline.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import plumbline.exact.BlockFormat;
import plumbline.exact.Exp2;
import plumbline.exact.Gate;
import plumbline.exact.KeyValues;
import plumbline.exact.Linear;
import plumbline.exact.Matrix;
import plumbline.exact.Rotation;

/// The kernel in C, with the widest vectors that the processor has; see plumbline.c.
///
/// All arithmetic is on integers, so the bits are those of [ScalarKernel]. Every length is checked
/// here, because C doesn't.
public final class NativeKernel implements Kernel {

    /// Rows packed together, `GROUP` in plumbline.c.
    private static final int GROUP = 32;

    /// Longest row; longer ones would not fit C's arrays. The spec allows no longer ones.
    private static final int COLUMNS_MAX = 32768;

    /// Longest head, `HEAD_MAX` in plumbline.c.
    private static final int HEAD_MAX = 512;

    /// Matrices below this size share a piece of memory of this size, so that they lie in large pages and
    /// one behind the other, in the order in which they are read.
    private static final long SLAB_BYTES = 16 << 20;

    private final NativeLibrary library;
    private final InstructionSet set;
    private final MemorySegment table;
    private final ArrayBlockingQueue<long[]> scratch = new ArrayBlockingQueue<>(64); // not in use
    private MemorySegment slab = MemorySegment.NULL; // what is left of it; guarded by this

    private NativeKernel(NativeLibrary library, InstructionSet set) {
        this.library = library;
        this.set = set;
        long[] entries = Exp2.table();
        table = library.allocate(entries.length * 8L);
        MemorySegment.copy(entries, 0, table, ValueLayout.JAVA_LONG, 0, entries.length);
    }

    /// The kernel with the best instruction set of this machine.
    static NativeKernel open(Path file) throws KernelUnavailableException {
        NativeLibrary library = NativeLibrary.open(file);
        int sets = library.sets();
        InstructionSet best = InstructionSet.PORTABLE;
        for (InstructionSet set : InstructionSet.values()) {
            best = set.in(sets) ? set : best;
        }
        return new NativeKernel(library, best);
    }

    /// The same with the instruction set `set`; empty where this machine doesn't have it.
    Optional<NativeKernel> with(InstructionSet other) {
        return other.in(library.sets())
                ? Optional.of(new NativeKernel(library, other)) : Optional.empty();
    }

    /// Whether it uses vector instructions; without them it is slower than [VectorKernel].
    boolean fast() {
        return set != InstructionSet.PORTABLE;
    }

    @Override
    public String name() {
        return "native-" + switch (set) {
            case PORTABLE -> "portable";
            case AVX2 -> "avx2";
            case AVX512 -> "avx512";
            case NEON -> "neon";
        };
    }

    @Override
    public Packed pack(Matrix matrix) {
        Packed later = packLater(matrix);
        return later instanceof NativePacked packed && !packed.ready(library, 0, matrix.rows())
                ? packed.inFile() : later;
    }

    @Override
    public Packed packLater(Matrix matrix, boolean bounded) {
        return packLater(matrix);
    }

    private Packed packLater(Matrix matrix) {
        if (matrix.columns() > COLUMNS_MAX || !fast()) {
            return new MappedMatrix(matrix);
        }
        int format = number(matrix.format());
        return new NativePacked(matrix, format,
                room(library.packedBytes(format, matrix.rows(), matrix.columns())), GROUP);
    }

    private synchronized MemorySegment room(long bytes) {
        if (bytes >= SLAB_BYTES) {
            return library.allocate(bytes);
        }
        if (bytes > slab.byteSize()) {
            slab = library.allocate(SLAB_BYTES);
        }
        MemorySegment part = slab.asSlice(0, bytes);
        slab = slab.asSlice(Math.min(slab.byteSize(), bytes + 63 & ~63L)); // a cache line is 64 bytes
        return part;
    }

    /// As in plumbline.c.
    private static int number(BlockFormat format) {
        return switch (format) {
            case F32 -> 0;
            case F16 -> 1;
            case BF16 -> 2;
            case Q4_0 -> 3;
            case Q4_1 -> 4;
            case Q5_0 -> 5;
            case Q5_1 -> 6;
            case Q8_0 -> 7;
            case IQ4_NL -> 8;
            case Q2_K -> 9;
            case Q3_K -> 10;
            case Q4_K -> 11;
            case Q5_K -> 12;
            case Q6_K -> 13;
            case IQ4_XS -> 14;
        };
    }

    @Override
    public void multiply(Packed w, short[] x, int count, long[] y, int fromRow, int toRow) {
        product(w, x, null, count, y, fromRow, toRow);
    }

    @Override
    public void multiplyWide(Packed w, short[] x, int[] exponents, int count, long[] y, int fromRow,
            int toRow) {
        if (count > exponents.length) {
            throw new IllegalArgumentException(count + " inputs have " + exponents.length
                    + " exponents");
        }
        product(w, x, exponents, count, y, fromRow, toRow);
    }

    private void product(Packed w, short[] x, int[] exponents, int count, long[] y, int fromRow,
            int toRow) {
        ScalarKernel.checkShape(w, x, count, y, fromRow, toRow);
        if (fromRow % GROUP != 0 || toRow % GROUP != 0 && toRow != w.rows()) {
            throw new IllegalArgumentException("rows " + fromRow + " to " + toRow + " of " + w.rows()
                    + " are no multiples of " + GROUP);
        }
        switch (w) {
            case NativePacked p when fast() -> {
                if (p.ready(library, fromRow, toRow)) {
                    library.multiply(set.ordinal(), p, x, exponents, count, y, fromRow, toRow);
                } else {
                    mapped(p.inFile(), x, exponents, count, y, fromRow, toRow);
                }
            }
            case MappedMatrix m -> mapped(m, x, exponents, count, y, fromRow, toRow);
            case NativePacked _, VectorMatrix _, VectorFloats _ ->
                throw new IllegalArgumentException("packed by another kernel: " + w.getClass());
        }
    }

    private static void mapped(MappedMatrix w, short[] x, int[] exponents, int count, long[] y,
            int fromRow, int toRow) {
        new ScalarKernel().multiply(w, x, count, y, fromRow, toRow);
        for (int t = 0; exponents != null && t < count; t++) {
            for (int i = t * w.rows() + fromRow; i < t * w.rows() + toRow; i++) {
                y[i] = Linear.wide(y[i], exponents[t]);
            }
        }
    }

    @Override
    public void scores(short[] q, int qAt, short[] k, int kAt, int size, int positions,
            long[] out, int outAt) {
        Objects.checkFromIndexSize(qAt, size, q.length);
        Objects.checkFromIndexSize(kAt, Math.multiplyExact(size, positions), k.length);
        Objects.checkFromIndexSize(outAt, positions, out.length);
        library.scores(set.ordinal(), q, qAt, k, kAt, size, positions, out, outAt);
    }

    @Override
    public void mix(int[] w, short[] v, int vAt, int size, int positions, long[] out, int outAt) {
        Objects.checkFromIndexSize(0, positions, w.length);
        Objects.checkFromIndexSize(vAt, Math.multiplyExact(size, positions), v.length);
        Objects.checkFromIndexSize(outAt, size, out.length);
        library.mix(set.ordinal(), w, v, vAt, size, positions, out, outAt);
    }

    @Override
    public void attend(short[] query, int eq, KeyValues rows, int head, int from, int to, long[] out,
            int at) {
        int size = rows.headSize();
        int count = to - from;
        Objects.checkFromToIndex(from, to, rows.capacity());
        Objects.checkFromIndexSize(0, size, query.length);
        Objects.checkFromIndexSize(at, size, out.length);
        if (size > HEAD_MAX || count == 0) {
            throw new IllegalArgumentException(count + " positions of size " + size);
        }
        long[] room = scratch.poll();
        if (room == null || room.length < count + (count + 1) / 2) {
            room = new long[2 * count];
        }
        library.attend(set.ordinal(), table, query, eq, rows, head, from, count, room, out, at);
        scratch.offer(room);
    }

    @Override
    public int rotate(long[] z, int at, int size, Rotation rotation, int[] cos, int[] sin, int tableAt,
            int pairs, long scale, short[] xq, int xqAt) {
        Objects.checkFromIndexSize(at, size, z.length);
        Objects.checkFromIndexSize(tableAt, pairs, Math.min(cos.length, sin.length));
        Objects.checkFromIndexSize(xqAt, size, xq.length);
        Objects.checkFromIndexSize(0, Math.multiplyExact(2, pairs), size);
        return library.rotate(set.ordinal(), z, at, size, pairs, rotation == Rotation.HALVES, cos, sin,
                tableAt, scale, xq, xqAt);
    }

    @Override
    public int gate(Gate gate, long[] g, long[] up, int rowAt, int count, short[] xq, int at) {
        Objects.checkFromIndexSize(rowAt, count, Math.min(g.length, up.length));
        Objects.checkFromIndexSize(at, count, xq.length);
        return library.gate(set.ordinal(), table, gate == Gate.GELU_TANH, g, up, rowAt, count, xq, at);
    }

    @Override
    public boolean compress(byte[] first, byte[] second, int[] state) {
        if (first.length != second.length || state.length != 16) {
            throw new IllegalArgumentException(first.length + " and " + second.length + " bytes, " + state.length
                    + " words");
        }
        return library.compress(first, second, state);
    }

    @Override
    public int rowGranule() {
        return GROUP;
    }
}

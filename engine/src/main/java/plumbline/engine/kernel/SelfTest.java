package plumbline.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import plumbline.exact.BlockFormat;
import plumbline.exact.Gate;
import plumbline.exact.KeyValues;
import plumbline.exact.Matrix;
import plumbline.exact.Rotation;

/// The start-up test of a kernel: a few small products with extreme values, compared bit by bit
/// with [ScalarKernel]. It runs in the interpreter at every start, so it is small; what takes
/// longer is in the unit tests.
final class SelfTest {

    private SelfTest() {}

    /// What is wrong with `kernel`, or empty. [VectorKernel] tests each format when it first packs it.
    static Optional<String> fault(Kernel kernel) {
        return fault(kernel, new ScalarKernel());
    }

    /// Where `kernel` differs from `reference`, or empty.
    static Optional<String> fault(Kernel kernel, Kernel reference) {
        if (kernel instanceof NativeKernel) {
            Optional<String> digests = digests(kernel);
            if (digests.isPresent()) {
                return digests;
            }
            for (BlockFormat format : BlockFormat.values()) {
                Optional<String> fault = fault(kernel, reference, format, 11);
                if (fault.isPresent()) {
                    return fault;
                }
            }
        }
        // The native kernel's attention is among its steps; its parts alone are bound only where tests ask for them.
        Optional<String> fault = kernel instanceof NativeKernel ? Optional.empty()
                : fault("its attention", attention(reference), attention(kernel));
        return fault.isPresent() ? fault
                : fault("its steps between products", steps(reference), steps(kernel));
    }

    /// Two messages of two blocks against the JDK's SHA-256.
    private static Optional<String> digests(Kernel kernel) {
        byte[] first = PairDigest.room(100);
        byte[] second = PairDigest.room(100);
        for (int i = 0; i < 100; i++) {
            first[i] = (byte) (7 * i);
            second[i] = (byte) (101 * i + 3);
        }
        PairDigest digest = new PairDigest(kernel, 100);
        byte[] together = new byte[64];
        byte[] each = new byte[64];
        digest.digest(first, together, 0, second, together, 32);
        digest.digest(first, each, 0);
        digest.digest(second, each, 32);
        return Arrays.equals(together, each) ? Optional.empty()
                : Optional.of("its SHA-256 of two messages differs from the JDK's");
    }

    /// What is wrong with products of `kernel` with one or `many` inputs, or empty.
    static Optional<String> fault(Kernel kernel, BlockFormat format, int many) {
        return fault(kernel, new ScalarKernel(), format, many);
    }

    /// Where those products differ from `reference`, or empty.
    static Optional<String> fault(Kernel kernel, Kernel reference, BlockFormat format, int many) {
        Matrix matrix = matrix(format, 3, format.blockSize() == 1 ? 5 : format.blockSize());
        for (int count : new int[] {1, many}) {
            long[] expected = product(reference, matrix, count);
            long[] actual = product(kernel, matrix, count);
            if (!Arrays.equals(expected, actual)) {
                return Optional.of("it multiplies " + format + " weights with " + count
                        + " inputs to " + Arrays.toString(actual) + " instead of "
                        + Arrays.toString(expected));
            }
        }
        return Optional.empty();
    }

    private static Optional<String> fault(String what, long[] expected, long[] actual) {
        return Arrays.equals(expected, actual) ? Optional.empty()
                : Optional.of(what + " gives " + Arrays.toString(actual) + " instead of "
                        + Arrays.toString(expected));
    }

    /// Row 0 has the largest quants, row 1 the smallest, row 2 mixed ones.
    private static Matrix matrix(BlockFormat format, int rows, int columns) {
        int rowBytes = (int) format.rowBytes(columns);
        byte[] bytes = new byte[rows * rowBytes];
        new Random(1).nextBytes(bytes);
        Arrays.fill(bytes, 0, rowBytes, (byte) (format == BlockFormat.Q8_0 ? 0x80 : 0xff));
        Arrays.fill(bytes, rowBytes, 2 * rowBytes, (byte) (format == BlockFormat.Q8_0 ? 0x7f : 0));
        MemorySegment data = MemorySegment.ofArray(bytes);
        for (int r = 0; r < rows; r++) {
            scales(data, r * rowBytes, format, r == 1 ? 0x0001 : 0xa3ff, columns);
        }
        return new Matrix(format, rows, columns, data);
    }

    /// Sets f16 (or f32) numbers: 0x0001 is the least subnormal, 0xa3ff about -2^-6.
    private static void scales(MemorySegment data, int at, BlockFormat format, int f16,
            int columns) {
        switch (format) {
            case F32 -> {
                for (int c = 0; c < columns; c++) {
                    int bits = 0x3f8fffff + c * 0x12345;
                    data.set(ValueLayout.JAVA_INT_UNALIGNED, at + 4L * c, bits);
                }
            }
            case F16, BF16 -> {
                for (int c = 0; c < columns; c++) {
                    short bits = (short) (f16 + c * 257);
                    data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2L * c, bits);
                }
            }
            case Q4_1, Q5_1, Q4_K, Q5_K -> {
                data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) f16);
                data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2L, (short) (f16 ^ 0x8155));
            }
            case Q2_K -> {
                data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 80L, (short) f16);
                data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 82L, (short) (f16 ^ 0x8155));
            }
            case Q3_K -> data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 108L, (short) f16);
            case Q6_K -> data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 208L, (short) f16);
            case Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS ->
                data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) f16);
        }
    }

    private static long[] product(Kernel kernel, Matrix matrix, int count) {
        short[] x = new short[count * matrix.columns()];
        for (int i = 0; i < x.length; i++) {
            x[i] = (short) (i < matrix.columns() ? 32767 : i * 7919 % 32768 - 32767 * (i & 1));
        }
        long[] y = new long[count * matrix.rows()];
        kernel.multiply(kernel.pack(matrix), x, count, y, 0, matrix.rows());
        return y;
    }

    /// Rotation, a whole head and both gates; 17 entries and 9 positions are more than vectors have lanes.
    private static long[] steps(Kernel kernel) {
        int size = 17;
        int positions = 9;
        KeyValues rows = new KeyValues(1, size, positions);
        short[] query = new short[size];
        long[] z = new long[2 * size];
        int[] angles = {1 << 30, 759250125, -759250125, 0, 1 << 29, 929887697, -1, -(1 << 30)};
        long[] out = new long[6 * size + 5];
        int at = 0;
        for (int j = 0; j < positions; j++) {
            rows.keyExponents(0)[j] = (short) (-14 - j % 3);
            rows.valueExponents(0)[j] = (short) (-17 + j % 4);
            wide(z, j);
            kernel.rotate(z, 0, size, Rotation.HALVES, angles, angles, 0, 8, 0, rows.keys(0), j * size);
            kernel.rotate(z, size, size, Rotation.ADJACENT, angles, angles, 0, 8, 1549082004L,
                    rows.values(0), j * size);
        }
        out[at++] = kernel.rotate(z, 0, size, Rotation.HALVES, angles, angles, 0, 8, 193635250L, query, 0);
        kernel.attend(query, -14, rows, 0, 0, positions, out, at);
        at += size;
        for (Rotation rotation : Rotation.values()) { // small entries, of which the quantiser keeps every bit
            for (int i = 0; i < size; i++) {
                z[i] = 101L * i - 700;
            }
            out[at++] = kernel.rotate(z, 0, size, rotation, angles, angles, 0, 8, 0, query, 0);
            for (short entry : query) {
                out[at++] = entry;
            }
        }
        for (Gate gate : Gate.values()) {
            wide(z, gate.ordinal() + 20);
            long[] up = z.clone();
            out[at++] = kernel.gate(gate, z, up, size, size, query, 0);
            for (short x : query) {
                out[at++] = x;
            }
        }
        return out;
    }

    /// Wide values of all sizes.
    private static void wide(long[] z, int seed) {
        for (int i = 0; i < z.length; i++) {
            z[i] = (i * 7919L + seed * 104729L) * 2654435761L % (1L << 20 + (i + seed) % 28) * (1 - i % 2 * 2);
        }
    }

    private static long[] attention(Kernel kernel) {
        int size = 17; // one more than the widest vector has lanes
        int positions = 3;
        short[] rows = new short[size * (positions + 1)];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = (short) (i % 5 == 0 ? -32768 : i * 7919);
        }
        long[] out = new long[positions + size];
        kernel.scores(rows, 0, rows, size, size, positions, out, 0);
        kernel.mix(new int[] {(1 << 25) - 1, 0, 1}, rows, size, size, positions, out, positions);
        return out;
    }
}

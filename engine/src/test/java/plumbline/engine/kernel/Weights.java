package plumbline.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Random;
import plumbline.exact.BlockFormat;
import plumbline.exact.Matrix;

/// Makes matrices for tests, as a file would hold them.
final class Weights {

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Weights() {}

    /// Random weights with scales of all sizes and signs, subnormal ones included. Rows that break
    /// the load rule are halved until they don't, so most end up close to its limit.
    static Matrix random(BlockFormat format, int rows, int columns, Random random) {
        byte[] bytes = new byte[Math.toIntExact(rows * format.rowBytes(columns))];
        random.nextBytes(bytes);
        MemorySegment data = MemorySegment.ofArray(bytes);
        for (int at = 0; at < bytes.length; at += format.blockBytes()) {
            switch (format) {
                case F32 -> data.set(INT, at, random.nextInt(0x46000000) ^ random.nextInt() << 31);
                case BF16 -> data.set(SHORT, at,
                        (short) (random.nextInt(0x4600) ^ random.nextInt() << 15));
                default -> {
                    for (int offset : scalesAt(format)) {
                        data.set(SHORT, at + offset, f16(random));
                    }
                }
            }
        }
        Matrix matrix = new Matrix(format, rows, columns, data);
        for (int r = 0; r < rows; r++) {
            while (matrix.firstRefusedRow(r, r + 1) >= 0) {
                halve(matrix, r);
            }
        }
        return matrix;
    }

    /// As [#random], but each row's scales are halved until the bound of [RowBound] holds, so most are close to that.
    static Matrix bounded(BlockFormat format, int rows, int columns, Random random) {
        Matrix matrix = random(format, rows, columns, random);
        for (int r = 0; r < rows; r++) {
            while (RowBound.firstBeyond(matrix, r, r + 1) >= 0) {
                halve(matrix, r);
            }
        }
        return matrix;
    }

    /// Where a block has its f16 scale, and its min.
    static int[] scalesAt(BlockFormat format) {
        return switch (format) {
            case F32, BF16 -> new int[0];
            case F16, Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS -> new int[] {0};
            case Q4_1, Q5_1, Q4_K, Q5_K -> new int[] {0, 2};
            case Q2_K -> new int[] {80, 82};
            case Q3_K -> new int[] {108};
            case Q6_K -> new int[] {208};
        };
    }

    /// Every finite f16 is as likely.
    private static short f16(Random random) {
        return (short) (random.nextInt(31 << 10) | random.nextInt() << 15);
    }

    private static void halve(Matrix matrix, int row) {
        long rowBytes = matrix.format().rowBytes(matrix.columns());
        for (long at = row * rowBytes; at < (row + 1) * rowBytes;
                at += matrix.format().blockBytes()) {
            if (matrix.format() == BlockFormat.F32) {
                int bits = matrix.data().get(INT, at);
                matrix.data().set(INT, at, (bits >> 23 & 255) == 0 ? bits : bits - (1 << 23));
                continue;
            }
            if (matrix.format() == BlockFormat.BF16) {
                short bits = matrix.data().get(SHORT, at);
                matrix.data().set(SHORT, at, (short) ((bits >> 7 & 255) == 0 ? bits : bits - (1 << 7)));
            }
            for (int offset : scalesAt(matrix.format())) {
                halve(matrix.data(), at + offset);
            }
        }
    }

    private static void halve(MemorySegment data, long at) {
        short bits = data.get(SHORT, at);
        data.set(SHORT, at, (short) ((bits >> 10 & 31) == 0 ? bits : bits - (1 << 10)));
    }

    /// All blocks alike: scale (and min) as f16 bits, all quant bytes the same.
    static Matrix uniform(BlockFormat format, int rows, int columns, int d, int m, int quants) {
        MemorySegment data = MemorySegment.ofArray(
                new byte[Math.toIntExact(rows * format.rowBytes(columns))]);
        data.fill((byte) quants);
        for (long at = 0; at < data.byteSize(); at += format.blockBytes()) {
            data.set(SHORT, at, (short) d);
            if (format == BlockFormat.Q4_1) {
                data.set(SHORT, at + 2, (short) m);
            }
        }
        return new Matrix(format, rows, columns, data);
    }

    /// All bytes the same but the scales, which are this f16; minima are a quarter of it.
    static Matrix filled(BlockFormat format, int rows, int columns, int fill, int f16) {
        MemorySegment data = MemorySegment.ofArray(
                new byte[Math.toIntExact(rows * format.rowBytes(columns))]);
        data.fill((byte) fill);
        for (long at = 0; at < data.byteSize(); at += format.blockBytes()) {
            int[] scales = scalesAt(format);
            for (int i = 0; i < scales.length; i++) {
                int bits = i == 0 ? f16 : Math.max(0, f16 - (2 << 10));
                data.set(SHORT, at + scales[i], (short) bits);
            }
            if (format == BlockFormat.F32 || format == BlockFormat.BF16) {
                short high = (short) (f16 >> 10 == 31 ? 0x7f80 : f16 / 2 + 0x1000);
                data.set(SHORT, at + format.blockBytes() - 2, high);
            }
        }
        return new Matrix(format, rows, columns, data);
    }

    /// Sets scale and min of one Q4_1 block.
    static void scales(Matrix matrix, int block, int d, int m) {
        long at = (long) block * matrix.format().blockBytes();
        matrix.data().set(SHORT, at, (short) d);
        matrix.data().set(SHORT, at + 2, (short) m);
    }

    /// Inputs over the whole range +-32767, the ends more often than chance has it.
    static short[] inputs(int length, Random random) {
        short[] x = new short[length];
        for (int i = 0; i < length; i++) {
            x[i] = (short) switch (random.nextInt(8)) {
                case 0 -> 32767;
                case 1 -> -32767;
                default -> random.nextInt(65535) - 32767;
            };
        }
        return x;
    }
}

package plumbline.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import plumbline.engine.gguf.GgmlType;
import plumbline.engine.gguf.Gguf;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.Pool;
import plumbline.exact.BlockFormat;

/// A file whose weights can't be computed exactly isn't loaded, and the message names tensor and row
/// (spec/arithmetic.md W1, W2, W8, N1).
final class LoadRefusalTest {

    private static final String TENSOR = "blk.0.ffn_down.weight";
    private static final int WIDTH = 256;

    private static final int[] HALVES = {0x7c00, 0xfc00, 0x7c01, 0x7e00, 0xffff}; // infinite and NaN
    private static final int[] UPPER_HALVES = {0x7f80, 0xff80, 0x7f81, 0x7fc0, 0xffff}; // of f32

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(value = BlockFormat.class)
    void anInfiniteOrNanScaleIsRefusedWithTensorAndRow(BlockFormat format) throws Exception {
        Path file = model(format);
        int row = 200;
        boolean half = format != BlockFormat.F32 && format != BlockFormat.BF16;
        for (int place : scales(format)) {
            for (int bits : half ? HALVES : UPPER_HALVES) {
                refused(file, TENSOR, row, data -> data.putShort(lastBlock(format, row) + place, (short) bits));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = BlockFormat.class)
    void aRowBeyondTheBoundIsRefusedWithTensorAndRow(BlockFormat format) throws Exception {
        Path file = model(format);
        for (int row : new int[] {0, 131, WIDTH - 1}) {
            refused(file, TENSOR, row, data -> {
                int block = lastBlock(format, row);
                byte[] most = new byte[format.blockBytes()];
                Arrays.fill(most, (byte) 0xff);
                data.put(block, most);
                for (int place : scales(format)) {
                    data.putShort(block + place, (short) 0); // no minimum that cancels the rest
                }
                switch (format) {
                    case F32 -> data.putFloat(block, 20_000f);
                    case BF16 -> data.putShort(block, (short) 0x469d);
                    default -> data.putShort(block + scales(format)[0], (short) 0x7bff); // 65504
                }
            });
        }
    }

    @Test
    void anInfiniteOrNanGainIsRefusedWithItsTensor() throws Exception {
        Path file = model(BlockFormat.Q8_0);
        for (float gain : new float[] {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN}) {
            String message = message(file, "blk.0.ffn_norm.weight", data -> data.putFloat(4 * 77, gain));
            assertTrue(message.contains("tensor blk.0.ffn_norm.weight holds an infinite or NaN gain"), message);
        }
    }

    private Path model(BlockFormat format) throws Exception {
        Path file = TinyModel.write(folder.resolve(format + ".gguf"), new TinyModel.Sizes("llama", 1, WIDTH, 4, 2, 64,
                WIDTH, GgmlType.valueOf(format.name())), 3);
        try (Pool pool = new Pool(1); Model model = ForwardTest.load(file, Kernels.choose("scalar"), pool)) {
            assertEquals(1, model.layers(), "as it is, it loads");
        }
        return file;
    }

    /// Where a block has numbers that can be infinite; of a minimum, the second.
    private static int[] scales(BlockFormat format) {
        return switch (format) {
            case F32 -> new int[] {2}; // its upper half, as of a BF16
            case BF16, F16, Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS -> new int[] {0};
            case Q4_1, Q5_1, Q4_K, Q5_K -> new int[] {0, 2};
            case Q2_K -> new int[] {80, 82};
            case Q3_K -> new int[] {108};
            case Q6_K -> new int[] {208};
        };
    }

    private static int lastBlock(BlockFormat format, int row) {
        return (int) ((row + 1) * format.rowBytes(WIDTH)) - format.blockBytes();
    }

    private void refused(Path file, String tensor, int row, Consumer<ByteBuffer> change) throws Exception {
        String message = message(file, tensor, change);
        assertTrue(message.contains("tensor " + tensor + ", row " + row + ": "), message);
    }

    /// Why a copy of the file with that change of the tensor's data isn't loaded.
    private String message(Path file, String tensor, Consumer<ByteBuffer> change) throws Exception {
        byte[] bytes = Files.readAllBytes(file);
        byte[] data;
        try (Gguf gguf = Gguf.open(file)) {
            data = gguf.tensor(tensor).orElseThrow().data().toArray(ValueLayout.JAVA_BYTE);
        }
        int at = 0;
        while (Arrays.mismatch(bytes, at, at + data.length, data, 0, data.length) >= 0) {
            at++;
        }
        change.accept(ByteBuffer.wrap(bytes, at, data.length).slice().order(ByteOrder.LITTLE_ENDIAN));
        Path changed = Files.write(folder.resolve("changed.gguf"), bytes);
        try (Pool pool = new Pool(2)) { // before any kernel sees the weights
            return assertThrows(ModelException.class,
                    () -> ForwardTest.load(changed, Kernels.choose("scalar"), pool).close()).getMessage();
        }
    }
}

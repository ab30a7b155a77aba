package plumbline.exact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Decoded integers times 2^-24 equal the values of another implementation, which are f32
/// (spec/arithmetic.md W1-W6, W9-W17). The material lies beside the repository; a public clone doesn't have it, and
/// skips this.
final class BlockVectorsTest {

    private static final BigDecimal UNIT = BigDecimal.valueOf(1 << 24);

    @ParameterizedTest
    @EnumSource(value = BlockFormat.class, mode = EnumSource.Mode.EXCLUDE, names = "F32")
    void decodedBlocksEqualTheReferenceValues(BlockFormat format) throws Exception {
        MemorySegment blocks = MemorySegment.ofArray(Files.readAllBytes(shared(format + ".blocks")));
        ByteBuffer values = ByteBuffer.wrap(Files.readAllBytes(shared(format + ".floats")))
                .order(ByteOrder.LITTLE_ENDIAN);
        long[] decoded = new long[(int) (blocks.byteSize() / format.blockBytes() * format.blockSize())];
        format.decode(blocks, 0, decoded, decoded.length);
        assertEquals(values.remaining() / 4, decoded.length);
        int finite = 0;
        int subnormal = 0;
        for (int i = 0; i < decoded.length; i++) {
            float value = values.getFloat(4 * i);
            // W2: BF16 has values between the multiples of 2^-24, and values too large to be weights.
            if (Float.isFinite(value) && Math.abs(value) < 0x1p29f) {
                String what = format + " weight " + i + " = " + value;
                if (format == BlockFormat.BF16) {
                    assertEquals(expected(value), decoded[i], what);
                } else {
                    // The reference rounds each weight to f32 once; the integer is the weight itself.
                    assertEquals(value + 0f, decoded[i] * 0x1p-24f, what); // + 0: there is one zero
                }
                finite++;
                // Below the least normal f16: of a subnormal scale, or a scale and a minimum that nearly cancel.
                subnormal += value != 0 && Math.abs(value) < 0x1p-14f ? 1 : 0;
            } else {
                assertTrue(Math.abs(decoded[i]) >= BlockFormat.NOT_FINITE >> 8, format + " weight " + i);
            }
        }
        assertTrue(finite > decoded.length / 2, format + ": " + finite + " of " + decoded.length);
        assertTrue(subnormal > 50, format + ": " + subnormal + " below the least normal f16");
    }

    /// value * 2^24, exactly; rounded half up where the format allows what is no multiple.
    private static long expected(float value) {
        BigDecimal exact = new BigDecimal(value).multiply(UNIT);
        return exact.add(new BigDecimal("0.5")).setScale(0, RoundingMode.FLOOR).longValueExact();
    }

    private static Path shared(String name) {
        Path path = Path.of(System.getProperty("plumbline.repository"), "..", "shared", "vectors", "gguf", name);
        if (Files.exists(path)) {
            return path;
        }
        String message = "the shared material is not there: " + path;
        return "true".equals(System.getenv("CI")) ? fail(message) : abort(message);
    }
}

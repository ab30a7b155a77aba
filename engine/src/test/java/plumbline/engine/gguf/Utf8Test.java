package plumbline.engine.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The strict check against the JDK's reporting decoder.
final class Utf8Test {
    @Test
    void agreesWithTheDecoderOnRandomBytes() {
        long seed = 7;
        Random random = new Random(seed);
        int[] leads = {0x41, 0x80, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xa0, 0xed, 0x9f, 0xef, 0xf0, 0x90,
            0xf4, 0x8f, 0xf5, 0xff};
        for (int round = 0; round < 50_000; round++) {
            byte[] bytes = new byte[random.nextInt(6)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (random.nextBoolean()
                        ? leads[random.nextInt(leads.length)] : random.nextInt(256));
            }
            assertEquals(decodes(bytes), Utf8.isValid(bytes, 0, bytes.length),
                    () -> "seed " + seed + ": " + java.util.HexFormat.of().formatHex(bytes));
        }
    }

    private static boolean decodes(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}

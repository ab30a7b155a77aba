package plumbline.engine.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// T19: bytes that are no UTF-8.
final class Utf8DecoderTest {
    private static String decode(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return Utf8Decoder.decode(bytes);
    }

    @Test
    void putsOneReplacementForEachMaximalPart() {
        assertEquals("\ufffd", decode(0xf0, 0x9f, 0x98));
        assertEquals("\ufffda", decode(0xe2, 0x82, 'a'));
        assertEquals("\ufffd\ufffd", decode(0xc0, 0x80));
        assertEquals("\ufffd\ufffd\ufffd", decode(0xed, 0xa0, 0x80));
        assertEquals("\ufffd\ufffd\ufffd\ufffd", decode(0xf4, 0x90, 0x80, 0x80));
        assertEquals("\ufffdA😀", decode(0xe0, 'A', 0xf0, 0x9f, 0x98, 0x80));
        assertEquals("\ufffd😀", decode(0xf0, 0x9f, 0xf0, 0x9f, 0x98, 0x80));
    }

    @Test
    void saysWhetherTheLastCharacterMayStillBecomeWhole() {
        Utf8Decoder decoder = new Utf8Decoder();
        decoder.add(new byte[] {'a', (byte) 0xe2, (byte) 0x82});
        assertTrue(decoder.isUnfinished());
        assertEquals("a", decoder.text().toString());
        decoder.add(new byte[] {(byte) 0xac});
        assertFalse(decoder.isUnfinished());
        assertEquals("a€", decoder.text().toString());
    }

    @Test
    void decodesTheSameTextWhereverTheBytesAreCut() {
        long seed = 17;
        Random random = new Random(seed);
        int[] some = {0x41, 0x80, 0xbf, 0xc2, 0xe0, 0xa0, 0xed, 0x9f, 0xf0, 0x90, 0xf4, 0x8f, 0xff};
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = new byte[random.nextInt(9)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) some[random.nextInt(some.length)];
            }
            Utf8Decoder single = new Utf8Decoder();
            for (byte each : bytes) {
                single.add(new byte[] {each});
            }
            single.finish();
            assertFalse(single.isUnfinished());
            String whole = Utf8Decoder.decode(bytes);
            assertEquals(whole, single.text().toString(), () -> "seed " + seed);
            // Valid text comes through as it is, and what comes out is always valid.
            byte[] utf8 = whole.getBytes(StandardCharsets.UTF_8);
            assertEquals(whole, new String(utf8, StandardCharsets.UTF_8), () -> "seed " + seed);
        }
    }
}

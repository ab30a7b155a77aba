package plumbline.engine.tokenizer;

import java.util.Arrays;

/// The 256 characters that stand for bytes in a byte-level vocabulary.
///
/// The printable bytes 21-7E, A1-AC and AE-FF stand for themselves; the other 68 are numbered
/// from U+0100 in ascending order. Source: OpenAI's GPT-2 `bytes_to_unicode`; spec/tokenizer.md T7.
final class ByteAlphabet {
    /// One above the highest character, U+0143.
    private static final int CHARACTERS_END = 0x144;

    private static final char[] CHARACTER_OF = new char[256];
    private static final short[] BYTE_OF = new short[CHARACTERS_END];

    static {
        Arrays.fill(BYTE_OF, (short) -1);
        int next = 0x100;
        for (int value = 0; value < 256; value++) {
            int character = isPrintable(value) ? value : next++;
            CHARACTER_OF[value] = (char) character;
            BYTE_OF[character] = (short) value;
        }
    }

    private ByteAlphabet() {}

    private static boolean isPrintable(int value) {
        return value >= 0x21 && value <= 0x7e
                || value >= 0xa1 && value <= 0xac
                || value >= 0xae;
    }

    /// The character of byte `value` (0..255).
    static char characterOf(int value) {
        return CHARACTER_OF[value];
    }

    /// The byte of a character, or -1.
    static int byteOf(int character) {
        return character < CHARACTERS_END ? BYTE_OF[character] : -1;
    }

    /// The bytes that the text of a token stands for; where a character is outside the alphabet
    /// the token stands for its own UTF-8 bytes (T8). `utf8` is valid.
    static byte[] bytesOf(byte[] utf8) {
        byte[] bytes = new byte[utf8.length];
        int count = 0;
        for (int at = 0; at < utf8.length; at++) {
            int character = utf8[at] & 0xff;
            if (character >= 0xe0) {
                return utf8;
            }
            if (character >= 0xc0) {
                character = (character & 31) << 6 | utf8[++at] & 63;
            }
            int value = byteOf(character);
            if (value < 0) {
                return utf8;
            }
            bytes[count++] = (byte) value;
        }
        return Arrays.copyOf(bytes, count);
    }
}

package plumbline.verify;

import java.util.HexFormat;

/// Lowercase hex of a fixed length: one text for each value (spec/log.md, L2).
final class Hex {
    private static final HexFormat LOWER = HexFormat.of();

    private Hex() {}

    static String encode(byte[] bytes) {
        return LOWER.formatHex(bytes);
    }

    static byte[] decode(String format, String text, int bytes) throws MalformedException {
        if (text.length() != 2 * bytes) {
            throw new MalformedException(format,
                    "expected " + 2 * bytes + " hex digits, found " + text.length()
                            + " characters");
        }
        byte[] decoded = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            decoded[i] = (byte) (digit(format, text, 2 * i) << 4 | digit(format, text, 2 * i + 1));
        }
        return decoded;
    }

    private static int digit(String format, String text, int at) throws MalformedException {
        char c = text.charAt(at);
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        if (c >= 'a' && c <= 'f') {
            return c - 'a' + 10;
        }
        throw new MalformedException(format, "expected a digit 0-9 or a-f at character " + at
                + " of the hex, found " + Texts.show(c));
    }
}

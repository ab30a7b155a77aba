package plumbline.verify;

import java.nio.charset.StandardCharsets;

/// The characters that receipts are written in.
final class Ascii {
    private Ascii() {
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /// Whether the text is exactly `length` lowercase hex digits.
    static boolean isHex(String text, int length) {
        boolean good = text.length() == length;
        for (int i = 0; good && i < length; i++) {
            char c = text.charAt(i);
            good = c >= '0' && c <= '9' || c >= 'a' && c <= 'f';
        }
        return good;
    }

    /// Whether all characters are printable ASCII without the space.
    static boolean isGraphic(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) <= ' ' || text.charAt(i) > '~') {
                return false;
            }
        }
        return true;
    }
}

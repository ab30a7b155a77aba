package plumbline.engine.tokenizer;

/// Conversions of code points, written out so that no JDK decoder decides (T2).
final class CodePoints {
    static final int REPLACEMENT = 0xfffd;

    private CodePoints() {}

    /// The code points of a Java string; each lone surrogate becomes U+FFFD (T2).
    static int[] of(String text) {
        IntList points = new IntList(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0xd800 || c > 0xdfff) {
                points.add(c);
                continue;
            }
            char next = i + 1 < text.length() ? text.charAt(i + 1) : 0;
            if (c < 0xdc00 && next >= 0xdc00 && next <= 0xdfff) {
                points.add(0x10000 + (c - 0xd800 << 10) + (next - 0xdc00));
                i++;
            } else {
                points.add(REPLACEMENT);
            }
        }
        return points.toArray();
    }

    /// Writes the code point as UTF-8 into `into[at ..]`; returns the position behind it.
    static int utf8(int codePoint, byte[] into, int at) {
        if (codePoint < 0x80) {
            into[at] = (byte) codePoint;
            return at + 1;
        }
        if (codePoint < 0x800) {
            into[at] = (byte) (0xc0 | codePoint >> 6);
            into[at + 1] = (byte) (0x80 | codePoint & 63);
            return at + 2;
        }
        if (codePoint < 0x10000) {
            into[at] = (byte) (0xe0 | codePoint >> 12);
            into[at + 1] = (byte) (0x80 | codePoint >> 6 & 63);
            into[at + 2] = (byte) (0x80 | codePoint & 63);
            return at + 3;
        }
        into[at] = (byte) (0xf0 | codePoint >> 18);
        into[at + 1] = (byte) (0x80 | codePoint >> 12 & 63);
        into[at + 2] = (byte) (0x80 | codePoint >> 6 & 63);
        into[at + 3] = (byte) (0x80 | codePoint & 63);
        return at + 4;
    }

    /// Number of bytes of the character that starts with this byte of valid UTF-8.
    static int utf8Length(byte first) {
        int value = first & 0xff;
        if (value < 0x80) {
            return 1;
        }
        if (value < 0xe0) {
            return 2;
        }
        return value < 0xf0 ? 3 : 4;
    }

    /// The code point that starts at `utf8[at]`, which is valid UTF-8.
    static int at(byte[] utf8, int at) {
        int length = utf8Length(utf8[at]);
        int point = length == 1 ? utf8[at] : utf8[at] & 0x7f >> length;
        for (int i = 1; i < length; i++) {
            point = point << 6 | utf8[at + i] & 63;
        }
        return point;
    }
}

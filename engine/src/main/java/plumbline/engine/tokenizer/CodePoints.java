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
}

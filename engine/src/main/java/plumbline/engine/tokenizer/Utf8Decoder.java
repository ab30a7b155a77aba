package plumbline.engine.tokenizer;

/// Turns the bytes of tokens into text while they come; what is no UTF-8 becomes U+FFFD (T19).
///
/// One U+FFFD stands for each maximal part of a broken sequence, as in the WHATWG Encoding
/// standard and Rust. The JDK's decoder differs from it (it gives one for ED A0 80, not three), and
/// text must not depend on the JDK or on where one token ends and the next begins. Not thread-safe.
public final class Utf8Decoder {
    private final StringBuilder text = new StringBuilder();
    private int codePoint;
    private int bytesNeeded;
    /// The range that the next byte of the sequence must be in.
    private int lower = 0x80;
    private int upper = 0xbf;

    /// Appends what `bytes` complete to the text.
    public void add(byte[] bytes) {
        for (byte each : bytes) {
            int value = each & 0xff;
            if (bytesNeeded > 0 && (value < lower || value > upper)) {
                replace();
            }
            if (bytesNeeded > 0) {
                next(value);
            } else {
                first(value);
            }
        }
    }

    /// Ends the text: an unfinished character becomes U+FFFD.
    public void finish() {
        if (bytesNeeded > 0) {
            replace();
        }
    }

    /// Whether the last bytes are the beginning of a character that may still become whole.
    public boolean isUnfinished() {
        return bytesNeeded > 0;
    }

    /// The text so far; the caller may read it, cut it and take it away.
    public StringBuilder text() {
        return text;
    }

    private void replace() {
        text.append((char) CodePoints.REPLACEMENT);
        bytesNeeded = 0;
        lower = 0x80;
        upper = 0xbf;
    }

    private void first(int value) {
        if (value < 0x80) {
            text.append((char) value);
        } else if (value >= 0xc2 && value <= 0xdf) {
            begin(1, value & 0x1f);
        } else if (value >= 0xe0 && value <= 0xef) {
            begin(2, value & 0x0f);
            lower = value == 0xe0 ? 0xa0 : 0x80;
            upper = value == 0xed ? 0x9f : 0xbf;
        } else if (value >= 0xf0 && value <= 0xf4) {
            begin(3, value & 0x07);
            lower = value == 0xf0 ? 0x90 : 0x80;
            upper = value == 0xf4 ? 0x8f : 0xbf;
        } else {
            replace();
        }
    }

    private void begin(int needed, int bits) {
        bytesNeeded = needed;
        codePoint = bits;
    }

    private void next(int value) {
        codePoint = codePoint << 6 | value & 0x3f;
        lower = 0x80;
        upper = 0xbf;
        if (--bytesNeeded == 0) {
            text.appendCodePoint(codePoint);
        }
    }

    /// The text of a whole byte sequence.
    static String decode(byte[] bytes) {
        Utf8Decoder decoder = new Utf8Decoder();
        decoder.add(bytes);
        decoder.finish();
        return decoder.text.toString();
    }
}

package plumbline.verify;

/// Walks over the lines of a receipt: each is a key, a space and a value, ended by a newline.
///
/// A key stands where the format has it, so a line dropped, repeated or moved is found at once.
final class ReceiptLines {
    private static final String FORMAT = "receipt";

    private final byte[] bytes;
    private int at;
    private int line;

    ReceiptLines(byte[] bytes) {
        this.bytes = bytes;
    }

    /// The number of the line read last; the first is 1.
    int line() {
        return line;
    }

    /// Reads a line that must be exactly this.
    void expect(String text) throws MalformedException {
        String found = next();
        if (!found.equals(text)) {
            throw new MalformedException(FORMAT,
                    "expected " + Texts.show(text) + ", found " + Texts.show(found));
        }
    }

    /// Reads the value of a line that must have this key.
    String value(String key) throws MalformedException {
        String found = next();
        if (!found.startsWith(key + " ")) {
            throw new MalformedException(FORMAT,
                    "expected the line \"" + key + " ...\", found " + Texts.show(found));
        }
        return found.substring(key.length() + 1);
    }

    int integer(String key, int min, int max) throws MalformedException {
        return Decimal.parseInt(key, value(key), min, max);
    }

    Digest digest(String key) throws MalformedException {
        return Malformed.digest(key, value(key));
    }

    void end() throws MalformedException {
        if (at != bytes.length) {
            throw new MalformedException(FORMAT,
                    (bytes.length - at) + " bytes after the last line");
        }
    }

    private String next() throws MalformedException {
        line++;
        StringBuilder text = new StringBuilder();
        while (at < bytes.length && bytes[at] != '\n') {
            // Bytes are signed here: everything from 0x80 on is below the space.
            if (bytes[at] < ' ' || bytes[at] > '~') {
                throw new MalformedException(FORMAT,
                        "byte " + at + " is " + (bytes[at] & 0xff) + ", not printable ASCII");
            }
            text.append((char) bytes[at++]);
        }
        if (at == bytes.length) {
            throw new MalformedException(FORMAT, "no newline before the end of the receipt");
        }
        at++;
        return text.toString();
    }
}

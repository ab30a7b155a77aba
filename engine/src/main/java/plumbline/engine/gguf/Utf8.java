package plumbline.engine.gguf;

/// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
final class Utf8 {
    private Utf8() {}

    static boolean isValid(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to) {
            int lead = bytes[at];
            if (lead >= 0) {
                at++;
                continue;
            }
            int count = sequenceBytes(lead & 0xff);
            if (count == 0 || at + count > to || !tailIsValid(bytes, at, count)) {
                return false;
            }
            at += count;
        }
        return true;
    }

    private static int sequenceBytes(int lead) {
        if (lead >= 0xc2 && lead <= 0xdf) {
            return 2;
        }
        if (lead >= 0xe0 && lead <= 0xef) {
            return 3;
        }
        return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
    }

    /// RFC 3629 section 4: the second byte's range depends on the lead byte.
    private static boolean tailIsValid(byte[] bytes, int at, int count) {
        int second = bytes[at + 1] & 0xff;
        int low = 0x80;
        int high = 0xbf;
        switch (bytes[at] & 0xff) {
            case 0xe0 -> low = 0xa0;
            case 0xed -> high = 0x9f;
            case 0xf0 -> low = 0x90;
            case 0xf4 -> high = 0x8f;
            default -> { }
        }
        if (second < low || second > high) {
            return false;
        }
        for (int i = 2; i < count; i++) {
            if ((bytes[at + i] & 0xc0) != 0x80) {
                return false;
            }
        }
        return true;
    }
}

package plumbline.verify;

import java.nio.charset.StandardCharsets;

/// Base64 of RFC 4648 section 4, padded and canonical: one text for each value (spec/log.md, L1).
final class Base64 {
    private Base64() {}

    static String encode(byte[] bytes) {
        return java.util.Base64.getEncoder().encodeToString(bytes);
    }

    /// The decoded bytes, at most `bytesMax` of them.
    static byte[] decode(String format, String text, int bytesMax) throws MalformedException {
        if (text.length() / 4L * 3 - 2 > bytesMax) {
            throw new MalformedException(format, "base64 of " + text.length()
                    + " characters holds more than the " + bytesMax + " bytes allowed here");
        }
        byte[] decoded;
        try {
            decoded = java.util.Base64.getDecoder()
                    .decode(text.getBytes(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new MalformedException(format, "not base64: " + Texts.show(text));
        }
        // The JDK reads unpadded text and stray bits in the last digit; neither is canonical.
        if (!encode(decoded).equals(text)) {
            throw new MalformedException(format, "base64 is not in its one canonical, padded form: "
                    + Texts.show(text));
        }
        if (decoded.length > bytesMax) {
            throw new MalformedException(format, "base64 holds " + decoded.length
                    + " bytes, at most " + bytesMax + " are allowed here");
        }
        return decoded;
    }

    /// The decoded bytes, exactly 32 of them.
    static Digest decodeDigest(String format, String text) throws MalformedException {
        byte[] decoded = decode(format, text, Digest.BYTES);
        if (decoded.length != Digest.BYTES) {
            throw new MalformedException(format,
                    "expected the base64 of 32 bytes, found " + decoded.length + " bytes");
        }
        return Digest.of(decoded);
    }
}

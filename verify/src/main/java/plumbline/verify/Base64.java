package plumbline.verify;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Base64 of RFC 4648 section 4, padded and canonical: one text for each value (spec/log.md, L1).
final class Base64 {
    private Base64() {}

    /// A multiple of three, so that only the last piece is padded.
    private static final int PIECE_BYTES = 3 * 4096;

    static String encode(byte[] bytes) {
        return java.util.Base64.getEncoder().encodeToString(bytes);
    }

    /// Writes the base64 of bytes, a piece at a time.
    static void write(byte[] bytes, OutputStream out) throws IOException {
        for (int from = 0; from < bytes.length; from += PIECE_BYTES) {
            byte[] piece = Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + PIECE_BYTES));
            out.write(java.util.Base64.getEncoder().encode(piece));
        }
    }

    /// The decoded bytes, at most `bytesMax` of them.
    static byte[] decode(String format, String text, int bytesMax) throws MalformedException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return decode(format, bytes, 0, bytes.length, bytesMax);
    }

    /// What the characters `from` to `to` of `text` are the base64 of, at most `bytesMax` bytes. Nothing else of their
    /// size is allocated.
    static byte[] decode(String format, byte[] text, int from, int to, int bytesMax) throws MalformedException {
        if ((to - from) / 4L * 3 - 2 > bytesMax) {
            throw new MalformedException(format, "base64 of " + (to - from)
                    + " characters holds more than the " + bytesMax + " bytes allowed here");
        }
        byte[] decoded;
        try {
            ByteBuffer buffer = java.util.Base64.getDecoder().decode(ByteBuffer.wrap(text, from, to - from));
            decoded = buffer.remaining() == buffer.array().length
                    ? buffer.array() : Arrays.copyOf(buffer.array(), buffer.remaining());
        } catch (IllegalArgumentException e) {
            throw new MalformedException(format, "not base64: " + shown(text, from, to));
        }
        // The JDK reads unpadded text and stray bits in the last digit; neither is canonical.
        int last = Math.max(0, (decoded.length - 1) / 3 * 3);
        byte[] end = java.util.Base64.getEncoder().encode(Arrays.copyOfRange(decoded, last, decoded.length));
        if (to - from != last / 3 * 4 + end.length || !Arrays.equals(end, 0, end.length, text, to - end.length, to)) {
            throw new MalformedException(format, "base64 is not in its one canonical, padded form: "
                    + shown(text, from, to));
        }
        if (decoded.length > bytesMax) {
            throw new MalformedException(format, "base64 holds " + decoded.length
                    + " bytes, at most " + bytesMax + " are allowed here");
        }
        return decoded;
    }

    private static String shown(byte[] text, int from, int to) {
        // A message shows less than that.
        return Texts.show(new String(text, from, Math.min(to - from, 256), StandardCharsets.ISO_8859_1));
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

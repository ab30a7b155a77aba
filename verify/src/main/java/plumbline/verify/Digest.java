package plumbline.verify;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/// Thirty-two bytes of SHA-256, immutable.
///
/// Its text is 64 lowercase hex digits ([#parseHex], [#hex]). Safe for use by several threads.
public final class Digest {
    /// The length of every digest in bytes.
    public static final int BYTES = 32;

    private final byte[] bytes;

    private Digest(byte[] bytes) {
        this.bytes = bytes;
    }

    /// A digest of a copy of exactly 32 bytes.
    public static Digest of(byte[] bytes) {
        return of(bytes, 0, bytes.length);
    }

    /// A digest of a copy of the bytes `from` (included) to `to` (not included), 32 of them.
    public static Digest of(byte[] bytes, int from, int to) {
        if (to - from != BYTES) {
            throw new IllegalArgumentException("a digest has 32 bytes, not " + (to - from));
        }
        return new Digest(Arrays.copyOfRange(bytes, from, to));
    }

    /// SHA-256 of the parts, one after the other.
    public static Digest sha256(byte[]... parts) {
        MessageDigest sha256 = newSha256();
        for (byte[] part : parts) {
            sha256.update(part);
        }
        return new Digest(sha256.digest());
    }

    /// Reads 64 lowercase hex digits.
    public static Digest parseHex(String hex) throws MalformedException {
        return new Digest(Hex.decode("digest", hex, BYTES));
    }

    /// 64 lowercase hex digits.
    public String hex() {
        return Hex.encode(bytes);
    }

    /// A copy of the 32 bytes.
    public byte[] bytes() {
        return bytes.clone();
    }

    /// Writes the 32 bytes to `into` at `at`.
    public void copyTo(byte[] into, int at) {
        System.arraycopy(bytes, 0, into, at, BYTES);
    }

    static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform must have SHA-256", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Digest digest && Arrays.equals(bytes, digest.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return hex();
    }
}

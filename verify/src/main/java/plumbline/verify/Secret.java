package plumbline.verify;

import java.security.MessageDigest;

/// The receipt's secret: 32 random bytes that only the requester gets.
///
/// The salts of all commitments come from it, and it authorises fetching the bundle. It is never
/// in a bundle. `toString` doesn't show it. Source: spec/receipt.md (C2).
public final class Secret {
    private final Digest value;

    private Secret(Digest value) {
        this.value = value;
    }

    /// The secret with these 32 bytes.
    public static Secret of(byte[] bytes32) {
        return new Secret(Digest.of(bytes32));
    }

    /// Reads 64 hex digits.
    public static Secret parseHex(String hex) throws MalformedException {
        return new Secret(Malformed.digest("secret", hex));
    }

    /// The secret as 64 hex digits, for the requester only.
    public String hex() {
        return value.hex();
    }

    /// The salt of one part: SHA-256("plumbline salt v1\n" || label || "\n" || secret).
    public Digest salt(Part part) {
        return Digest.sha256(Ascii.bytes("plumbline salt v1\n" + part.label() + "\n"),
                value.bytes());
    }

    /// Compares in a time that doesn't depend on where two secrets differ.
    @Override
    public boolean equals(Object other) {
        return other instanceof Secret that
                && MessageDigest.isEqual(value.bytes(), that.value.bytes());
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return "Secret(not shown)";
    }
}

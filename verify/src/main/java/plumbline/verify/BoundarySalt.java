package plumbline.verify;

/// The salt of a run's boundary leaves: it ties them to one node key and one nonce, so that a node
/// can't resell another's work as its own.
///
/// Source: spec/receipt.md (S1) and spec/boundaries.md.
public final class BoundarySalt {
    private static final int KEY_BYTES = 32;

    private BoundarySalt() {
    }

    /// SHA-256("plumbline boundaries v1\n" || public key || nonce).
    ///
    /// @param publicKey the node's 32 byte Ed25519 key; 32 zero bytes for a dry run
    /// @param nonce the request's nonce; 32 zero bytes for a dry run that names none
    public static Digest of(byte[] publicKey, Digest nonce) {
        if (publicKey.length != KEY_BYTES) {
            throw new IllegalArgumentException("a key of " + publicKey.length + " bytes, not 32");
        }
        return Digest.sha256(Ascii.bytes("plumbline boundaries v1\n"), publicKey, nonce.bytes());
    }
}

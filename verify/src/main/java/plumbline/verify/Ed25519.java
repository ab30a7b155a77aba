package plumbline.verify;

/// The one door to signature verification, so that a verifier can run where the JDK's providers do
/// not ([JdkEd25519] is the one for the JDK).
///
/// Strict RFC 8032 verification of Ed25519 (spec/log.md, L30 to L33).
public interface Ed25519 {
    /// Whether `signature` is valid for `message` under the raw 32-byte `publicKey`. Arguments of
    /// any content and length give an answer, never an exception.
    boolean verify(byte[] publicKey, byte[] message, byte[] signature);
}

package plumbline.verify;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/// A witness's statement `cosignature/v1` of C2SP tlog-cosignature, verified: as of
/// `timestampSeconds` (POSIX time, as the witness claims it) this checkpoint was the largest
/// consistent one that the holder of `key` had seen of the log (spec/log.md, L26 to L29).
///
/// The signed bytes are
///
/// ```
/// cosignature/v1
/// time 1679315147
/// example.com/behind-the-sofa
/// 20852163
/// CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
/// ```
public record Cosignature(VerifierKey key, long timestampSeconds) {
    private static final int TIMESTAMP_BYTES = 8;
    private static final int BYTES = TIMESTAMP_BYTES + 64;

    /// Verifies one signature line against the text of its note. Empty if the line does not claim
    /// to be of this key, the key is not a witness's, or anything about the signature is wrong.
    public static Optional<Cosignature> verify(
            VerifierKey key, String noteText, NoteSignature line, Ed25519 ed25519) {
        byte[] timestamped = line.signature();
        if (key.type() != VerifierKey.Type.COSIGNATURE_V1 || !key.isClaimedBy(line)
                || timestamped.length != BYTES) {
            return Optional.empty();
        }
        long timestampSeconds = ByteBuffer.wrap(timestamped).getLong();
        if (timestampSeconds < 0) {
            return Optional.empty();
        }
        byte[] signature = Arrays.copyOfRange(timestamped, TIMESTAMP_BYTES, BYTES);
        return ed25519.verify(key.publicKey(), message(timestampSeconds, noteText), signature)
                ? Optional.of(new Cosignature(key, timestampSeconds))
                : Optional.empty();
    }

    /// The bytes that a witness signs.
    public static byte[] message(long timestampSeconds, String noteText) {
        if (timestampSeconds < 0) {
            throw new IllegalArgumentException("a timestamp before 1970: " + timestampSeconds);
        }
        return ("cosignature/v1\ntime " + timestampSeconds + "\n" + noteText)
                .getBytes(StandardCharsets.UTF_8);
    }
}

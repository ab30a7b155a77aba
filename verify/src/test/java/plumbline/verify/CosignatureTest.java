package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// spec/log.md, L26 to L29.
class CosignatureTest {
    private static final Ed25519 ED25519 = new JdkEd25519();
    private static final String BODY = "example.com/behind-the-sofa\n20852163\n"
            + "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    private final InsecureTestKeys.Signer witness = InsecureTestKeys.witness("witness.example/w1");

    /// The message of C2SP tlog-cosignature, byte for byte.
    @Test
    void signsTheMessageOfC2sp() {
        assertEquals("cosignature/v1\ntime 1679315147\n" + BODY,
                new String(Cosignature.message(1_679_315_147, BODY), StandardCharsets.UTF_8));
        assertThrows(IllegalArgumentException.class, () -> Cosignature.message(-1, BODY));
    }

    @Test
    void verifiesCosignaturesWithTheirTimestamps() {
        for (long time : new long[] {0, 1, 1_679_315_147, Long.MAX_VALUE}) {
            assertEquals(Optional.of(new Cosignature(witness.key(), time)),
                    verify(witness.key(), BODY, witness.cosign(time, BODY)));
        }
    }

    @Test
    void rejectsOtherTexts() {
        NoteSignature line = witness.cosign(5, BODY);
        assertEquals(Optional.empty(), verify(witness.key(), BODY + "extension\n", line));
        assertEquals(Optional.empty(), verify(witness.key(), BODY.replace("63", "64"), line));
    }

    @Test
    void rejectsAnotherTimestampUnderTheSameSignature() {
        byte[] changed = witness.cosign(5, BODY).signature();
        changed[7] = 6;
        assertEquals(Optional.empty(),
                verify(witness.key(), BODY, NoteSignature.of(witness.key(), changed)));
    }

    @Test
    void rejectsTimestampsFrom2To63On() {
        byte[] negative = ByteBuffer.allocate(72).putLong(Long.MIN_VALUE).array();
        assertEquals(Optional.empty(),
                verify(witness.key(), BODY, NoteSignature.of(witness.key(), negative)));
    }

    @Test
    void rejectsOtherLengths() {
        byte[] signature = witness.cosign(5, BODY).signature();
        for (int length : new int[] {1, 8, 64, 71, 73, 2428}) {
            NoteSignature cut = NoteSignature.of(witness.key(), Arrays.copyOf(signature, length));
            assertEquals(Optional.empty(), verify(witness.key(), BODY, cut), "length " + length);
        }
    }

    @Test
    void rejectsOtherKeysNamesAndTypes() {
        NoteSignature line = witness.cosign(5, BODY);
        byte[] publicKey = witness.key().publicKey();
        VerifierKey renamed = VerifierKey.of(
                "witness.example/w2", VerifierKey.Type.COSIGNATURE_V1, publicKey);
        VerifierKey asLog = VerifierKey.ed25519("witness.example/w1", publicKey);
        assertEquals(Optional.empty(), verify(renamed, BODY, line));
        assertEquals(Optional.empty(), verify(asLog, BODY, line));
        NoteSignature byLog = NoteSignature.of(asLog, line.signature());
        assertEquals(Optional.empty(), verify(asLog, BODY, byLog));
    }

    /// The signature of a log's key over the plain text says nothing as a cosignature.
    @Test
    void rejectsPlainSignatures() {
        byte[] plain = witness.sign(BODY.getBytes(StandardCharsets.UTF_8));
        byte[] dressed = ByteBuffer.allocate(72).putLong(5).put(plain).array();
        assertEquals(Optional.empty(),
                verify(witness.key(), BODY, NoteSignature.of(witness.key(), dressed)));
    }

    private static Optional<Cosignature> verify(VerifierKey key, String text, NoteSignature line) {
        return Cosignature.verify(key, text, line, ED25519);
    }
}

package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/// Any bytes as a signed note, checkpoint, proof, policy or verifier key are malformed or read in their one
/// encoding (spec/log.md L7).
public final class CheckpointFuzzTest {

    /// What a fuzzer calls.
    public static void fuzzerTestOneInput(byte[] data) {
        note(data);
        proof(data);
        try {
            Policy.parse(data);
        } catch (MalformedException e) {
            // What happens to nearly all of them.
        }
        try {
            String text = Texts.utf8("test", data);
            assertEquals(text, VerifierKey.parse(text).encode());
        } catch (MalformedException e) {
            // As above.
        }
    }

    private static void note(byte[] data) {
        try {
            SignedNote note = SignedNote.parse(data);
            assertArrayEquals(data, note.encode());
            assertEquals(note.text(), Checkpoint.parse(note.text()).body());
        } catch (MalformedException e) {
            // As above.
        }
    }

    private static void proof(byte[] data) {
        try {
            assertArrayEquals(data, TlogProof.parse(data).encode());
        } catch (MalformedException e) {
            // As above.
        }
    }

    @Test
    void keptInputsAreMalformedOrReadInTheirOneEncoding() throws IOException {
        FuzzSeeds.replay("checkpoint", CheckpointFuzzTest::fuzzerTestOneInput);
    }
}

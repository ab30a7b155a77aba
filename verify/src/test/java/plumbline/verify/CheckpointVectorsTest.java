package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Checkpoints of Sigstore's Rekor (from sigstore-java): ECDSA signatures that nobody here
/// verifies, an origin with spaces, an extension line. They are read, and the damaged ones refused.
class CheckpointVectorsTest {
    private final Path folder = SharedVectors.folder("checkpoints");

    @ParameterizedTest
    @CsvSource({"valid.txt,1", "valid_multi_sig.txt,2"})
    void readsValidCheckpoints(String file, int signatures) throws Exception {
        byte[] bytes = Files.readAllBytes(folder.resolve(file));
        SignedNote note = SignedNote.parse(bytes);
        assertArrayEquals(bytes, note.encode());
        assertEquals(signatures, note.signatures().size());
        assertEquals("rekor.sigstore.dev", note.signatures().getFirst().name());
        assertEquals(0xc0d23d6a, note.signatures().getFirst().keyId());
        Checkpoint checkpoint = Checkpoint.parse(note.text());
        assertEquals("rekor.sigstore.dev - 2605736670972794746", checkpoint.origin());
        assertEquals(37_795_272, checkpoint.size());
        assertEquals(List.of("Timestamp: 1697034484441201852"), checkpoint.extensions());
        assertEquals(note.text(), checkpoint.body());
    }

    @ParameterizedTest
    @CsvSource({"error_header_body_separator.txt", "error_header_count.txt",
        "error_no_newline_after_signature.txt", "error_no_signatures.txt",
        "error_not_a_number.txt", "error_signature_format_invalid.txt",
        "error_signature_length_insufficient.txt"})
    void rejectsDamagedCheckpoints(String file) throws Exception {
        byte[] bytes = Files.readAllBytes(folder.resolve(file));
        assertThrows(MalformedException.class,
                () -> Checkpoint.parse(SignedNote.parse(bytes).text()));
    }

    @Test
    void knowsEveryCaseOfTheFolder() throws Exception {
        try (var files = Files.list(folder)) {
            assertEquals(9, files.filter(f -> f.toString().endsWith(".txt")).count());
        }
    }
}

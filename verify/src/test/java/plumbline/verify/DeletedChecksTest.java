package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/// For checks whose deletion a mutation run found no test for (spec/bundle.md B9, spec/log.md L14 to L20).
final class DeletedChecksTest {

    private static String line(String name, int keyId) {
        byte[] bytes = new byte[4 + 8 + 64];
        bytes[3] = (byte) keyId;
        return "\u2014 " + name + " " + Base64.getEncoder().encodeToString(bytes) + "\n";
    }

    private static byte[] bundle(String... lines) throws Exception {
        String plain = Files.readString(SharedVectors.repository().resolve("vectors/bundle/plain.txt"));
        return (plain + String.join("", lines)).getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void cosignaturesAreInTheOrderOfNamesAndThenOfKeyIdsWhateverTheLogIsCalled() throws Exception {
        for (byte[] ordered : new byte[][] {
            bundle(line("a", 1), line("a", 2), line("b", 1)), bundle(line("a", 1), line("z", 1)),
            bundle(line("z", 0xff))}) {
            assertArrayEquals(ordered, Bundle.parse(ordered).encode());
        }
        for (byte[] disordered : new byte[][] {
            bundle(line("a", 2), line("a", 1)), bundle(line("a", 1), line("a", 1)), bundle(line("b", 1), line("a", 2)),
            bundle(line("z", 1), line("a", 1), line("z", 1))}) {
            assertThrows(MalformedException.class, () -> Bundle.parse(disordered));
        }
    }

    @Test
    void signatureLinesAreEqualOnlyInAllTheirParts() throws Exception {
        NoteSignature one = NoteSignature.parse(line("a", 1).strip());
        assertEquals(one, NoteSignature.parse(line("a", 1).strip()));
        assertNotEquals(one, NoteSignature.parse(line("b", 1).strip()));
        assertNotEquals(one, NoteSignature.parse(line("a", 2).strip()));
        assertNotEquals(one, NoteSignature.parse(line("a", 1).strip().replaceFirst("AAAAAAAAAA", "AAAAAAABAA")));
        assertFalse(one.equals(new Object()));
    }

    @Test
    void whatIsTooLongOrTooManyIsNeverRead() throws Exception {
        byte[] proof = new byte[TlogProof.BYTES_MAX + 1];
        assertTrue(assertThrows(MalformedException.class, () -> TlogProof.parse(proof)).getMessage()
                .contains("at most"));
        NoteSignature one = NoteSignature.parse(line("a", 1).strip());
        List<NoteSignature> many = Collections.nCopies(SignedNote.SIGNATURES_MAX + 1, one);
        assertThrows(IllegalArgumentException.class, () -> new SignedNote("text\n", many));
        assertThrows(IllegalArgumentException.class, () -> new SignedNote("text\n", List.of()));
    }

    @Test
    void listsOfTokensAreEqualInEachAndBounded() {
        assertEquals(TokenIds.of(1, 2), TokenIds.of(1, 2));
        assertNotEquals(TokenIds.of(1, 2), TokenIds.of(1, 3));
        assertFalse(TokenIds.of(1).equals(new Object()));
        assertThrows(IllegalArgumentException.class, () -> TokenIds.of(new int[TokenIds.COUNT_MAX + 1]));
        assertThrows(IllegalArgumentException.class, () -> TokenIds.of(0, -1));
    }

    @Test
    void halfACharacterIsNoneWhateverIsBesideIt() {
        for (String whole : new String[] {"", "a", "\ud83d\ude00", "a\ud83d\ude00b", "\ufffd"}) {
            assertTrue(Texts.isEncodable(whole));
        }
        for (String half : new String[] {"\ud83d", "\ude00", "a\ude00", "\ud83da", "\ud83d\ud83d", "\ude00\ud83d"}) {
            assertFalse(Texts.isEncodable(half));
        }
    }

    @Test
    void whatNoLogEverHadIsNotAskedFor() {
        TileReader none = path -> new byte[0];
        Digest root = MerkleTree.emptyRoot();
        for (long[] sizes : new long[][] {{-1, 1}, {2, 1}}) {
            assertThrows(IllegalArgumentException.class, () -> TilePath.added(sizes[0], sizes[1]));
            assertThrows(IllegalArgumentException.class,
                    () -> ConsistencyProof.of(none, sizes[0], root, sizes[1], root));
        }
    }

    @Test
    void aCheckpointSaysHowManyLinesItMayHave() {
        String three = "log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
        for (String bad : new String[] {"log\n0\n", three + "more\n".repeat(Checkpoint.EXTENSIONS_MAX + 1)}) {
            assertTrue(assertThrows(MalformedException.class, () -> Checkpoint.parse(bad)).getMessage()
                    .contains("expected origin, size, root"));
        }
    }

    @Test
    void aSecondEntryOfALogIsNotBehindItsEnd() {
        Digest leaf = MerkleTree.leafHash(new byte[1]);
        assertTrue(InclusionProof.verify(0, 1, leaf, List.of(), leaf));
        assertFalse(InclusionProof.verify(-1, 1, leaf, List.of(), leaf));
        assertFalse(InclusionProof.verify(1, 1, leaf, List.of(), leaf));
        assertFalse(ConsistencyProof.verify(-1, leaf, 1, leaf, List.of()));
        assertFalse(ConsistencyProof.verify(2, leaf, 1, leaf, List.of()));
        assertFalse(ConsistencyProof.verify(1, leaf, 2, leaf, Collections.nCopies(70, leaf)));
    }
}

package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A log that another program made (transparency-dev/tessera): derived again from its entries, at
/// each of its sizes (spec/log.md, L50 to L59).
class TlogTilesVectorsTest {
    private static final String ORIGIN = "example.com/log/testdata";
    private static final String KEY = ORIGIN
            + "+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
    private static final int SIZE = 15;

    private final Path folder = SharedVectors.folder("tlog-tiles");

    @Test
    void verifiesAndReencodesEveryCheckpoint() throws Exception {
        VerifierKey key = VerifierKey.parse(KEY);
        for (int size = 0; size <= SIZE; size++) {
            byte[] bytes = Files.readAllBytes(folder.resolve("checkpoint." + size));
            SignedNote note = SignedNote.parse(bytes);
            assertTrue(note.isSignedBy(key, new JdkEd25519()), "size " + size);
            assertArrayEquals(bytes, note.encode());
            Checkpoint checkpoint = Checkpoint.parse(note.text());
            assertEquals(note.text(), checkpoint.body());
            assertEquals(size, checkpoint.size());
            assertEquals(ORIGIN, checkpoint.origin());
        }
        assertArrayEquals(Files.readAllBytes(folder.resolve("checkpoint.15")),
                Files.readAllBytes(folder.resolve("checkpoint")));
    }

    @Test
    void derivesEveryTileAndRootFromTheEntries() throws Exception {
        byte[] bundle = Files.readAllBytes(folder.resolve("tile/entries/000.p/15"));
        List<byte[]> entries = EntryBundle.parse(bundle, SIZE);
        TileAppender log = new TileAppender();
        assertEquals(checkpoint(0).root(), log.root());
        for (int size = 1; size <= SIZE; size++) {
            log.append(entries.get(size - 1));
            assertEquals(checkpoint(size).root(), log.root(), "size " + size);
            var tiles = log.takeTiles();
            assertEquals(2, tiles.size());
            for (var tile : tiles.entrySet()) {
                assertArrayEquals(Files.readAllBytes(folder.resolve(tile.getKey().path())),
                        tile.getValue(), tile.getKey().path());
            }
            log = TileAppender.resume(this::read, size, log.root());
        }
    }

    @Test
    void provesEveryEntryInEverySize() throws Exception {
        List<byte[]> entries = EntryBundle.parse(
                Files.readAllBytes(folder.resolve("tile/entries/000.p/15")), SIZE);
        for (int size = 1; size <= SIZE; size++) {
            Digest root = checkpoint(size).root();
            for (int index = 0; index < size; index++) {
                List<Digest> proof = InclusionProof.of(this::read, index, size, root);
                Digest leafHash = MerkleTree.leafHash(entries.get(index));
                assertTrue(InclusionProof.verify(index, size, leafHash, proof, root));
                Digest other = MerkleTree.leafHash(entries.get((index + 1) % SIZE));
                assertFalse(InclusionProof.verify(index, size, other, proof, root));
            }
        }
    }

    @Test
    void provesEverySizeConsistentWithEveryLaterSize() throws Exception {
        for (int size2 = 0; size2 <= SIZE; size2++) {
            for (int size1 = 0; size1 <= size2; size1++) {
                Digest root1 = checkpoint(size1).root();
                Digest root2 = checkpoint(size2).root();
                List<Digest> proof =
                        ConsistencyProof.of(this::read, size1, root1, size2, root2);
                assertTrue(ConsistencyProof.verify(size1, root1, size2, root2, proof));
                Digest other = checkpoint(size1 == 0 ? 1 : size1 - 1).root();
                assertFalse(ConsistencyProof.verify(size1, other, size2, root2, proof));
            }
        }
    }

    private Checkpoint checkpoint(int size) throws IOException, MalformedException {
        byte[] bytes = Files.readAllBytes(folder.resolve("checkpoint." + size));
        return Checkpoint.parse(SignedNote.parse(bytes).text());
    }

    private byte[] read(TilePath path) throws MalformedException {
        try {
            return Files.readAllBytes(folder.resolve(path.path()));
        } catch (IOException e) {
            throw new MalformedException("tiles", "no tile " + path);
        }
    }
}

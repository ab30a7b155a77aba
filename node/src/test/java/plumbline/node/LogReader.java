package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import plumbline.verify.Checkpoint;
import plumbline.verify.Digest;
import plumbline.verify.EntryBundle;
import plumbline.verify.JdkEd25519;
import plumbline.verify.MerkleFrontier;
import plumbline.verify.MerkleTree;
import plumbline.verify.SignedNote;
import plumbline.verify.TilePath;
import plumbline.verify.VerifierKey;

/// Reads a log's files while somebody writes them, as a client would: each checkpoint that it sees must be
/// signed, continue all it saw before, and have every tile and entry that it covers.
final class LogReader {

    private final LogFolder folder;
    private final VerifierKey key;
    private final MerkleFrontier tree = new MerkleFrontier();
    private final List<Digest> entries = new ArrayList<>();
    private final Set<Digest> distinct = new HashSet<>();
    private int checkpoints;

    LogReader(Path home, VerifierKey key) throws NodeException {
        folder = TestNode.folder(home);
        this.key = key;
    }

    /// Reads what is published now.
    void read() throws Exception {
        Optional<byte[]> bytes = folder.checkpoint();
        if (bytes.isEmpty()) {
            assertEquals(0, tree.size(), "the checkpoint has gone");
            return;
        }
        SignedNote note = SignedNote.parse(bytes.get());
        assertTrue(note.isSignedBy(key, new JdkEd25519()));
        Checkpoint seen = Checkpoint.parse(note.text());
        long before = tree.size();
        assertTrue(seen.size() >= before, "shrank from " + before + " to " + seen.size());
        for (TilePath path : TilePath.added(before, seen.size()).toList()) {
            byte[] tile = folder.read(path).orElseThrow(
                    () -> new AssertionError("a hole: " + path + " of " + seen.size()));
            if (path.isEntries()) {
                append(path, EntryBundle.parse(tile, path.width()));
            } else {
                assertEquals(32 * path.width(), tile.length, path.path());
            }
        }
        assertEquals(seen.size(), tree.size());
        assertEquals(seen.root(), tree.root(), "forked at " + seen.size());
        checkpoints++;
    }

    private void append(TilePath path, List<byte[]> bundle) {
        for (int i = 0; i < bundle.size(); i++) {
            long index = TilePath.FULL * path.index() + i;
            Digest entry = Digest.of(bundle.get(i));
            if (index < tree.size()) {
                assertEquals(entries.get((int) index), entry, "entry " + index + " was rewritten");
            } else {
                tree.append(MerkleTree.leafHash(bundle.get(i)));
                entries.add(entry);
                assertTrue(distinct.add(entry), "entry " + index + " is there twice");
            }
        }
    }

    /// All entries that were published so far.
    List<Digest> entries() {
        return entries;
    }

    /// How many checkpoints were read.
    int checkpoints() {
        return checkpoints;
    }
}

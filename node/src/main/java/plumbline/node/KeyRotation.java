package plumbline.node;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import plumbline.verify.Checkpoint;
import plumbline.verify.HandOver;
import plumbline.verify.JdkEd25519;
import plumbline.verify.MalformedException;
import plumbline.verify.NoteSignature;
import plumbline.verify.SignedNote;
import plumbline.verify.VerifierKey;

/// A new key for a node, and the old key's word for it:
///
/// ```
/// 1 key.next   the new seed, fsynced
/// 2 database   hand-over and the new key's empty log, one transaction
/// 3 marks      the old key is given up on this machine
/// 4 log/       moved to logs/NAME
/// 5 key        replaced by key.next: the old seed is gone
/// ```
///
/// Broken off before 2 it has not happened; after it the next start does 3 to 5. Source: spec/key.md K15.
public final class KeyRotation {

    /// The file of the data folder that holds the hand-overs, for whoever verifies beside it.
    public static final String HAND_OVERS = "hand-overs";

    private KeyRotation() {}

    /// Gives the node of a data folder that nobody uses a new key.
    ///
    /// @return the hand-over
    public static HandOver rotate(Path home, Node.Surroundings surroundings) throws NodeException {
        DurableFiles files = DurableFiles.real();
        // Opened as for any use, so that the old log is whole, signed and above its mark before it ends.
        Node.open(home, _ -> {
            throw new IllegalStateException("no model is loaded to change a key");
        }, surroundings, files).close();
        try (DataFolder folder = DataFolder.open(home, files);
                Database database = Database.open(folder.database(), files)) {
            ReceiptStore store = new ReceiptStore(database);
            NodeKey old = NodeKey.loadOrCreate(folder.key(), surroundings.random(), files);
            Path next = next(folder);
            files.delete(next);
            NodeKey fresh = NodeKey.loadOrCreate(next, surroundings.random(), files);
            HandOver handOver = handOver(old, fresh, last(folder, old));
            store.beginLog(fresh.verifierKey(), handOver);
            finish(folder, store, surroundings.marks(), files);
            return handOver;
        } catch (IOException e) {
            throw new NodeException("the key can't be changed: " + e, e);
        }
    }

    private static Path next(DataFolder folder) {
        return folder.home().resolve("key.next");
    }

    private static Checkpoint last(DataFolder folder, NodeKey key) throws NodeException {
        try {
            SignedNote note = SignedNote.parse(LogFolder.existing(folder.log()).checkpoint().orElseThrow());
            if (!note.isSignedBy(key.verifierKey(), new JdkEd25519())) {
                throw new NodeException("the checkpoint in " + folder.log() + " is not this key's");
            }
            return Checkpoint.parse(note.text());
        } catch (MalformedException e) {
            throw new NodeException("the checkpoint in " + folder.log() + " is damaged: " + e.getMessage(), e);
        }
    }

    static HandOver handOver(NodeKey old, NodeKey fresh, Checkpoint last) {
        String text = HandOver.text(old.verifierKey(), fresh.verifierKey(), last);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        SignedNote note = new SignedNote(text, List.of(
                NoteSignature.of(old.verifierKey(), old.sign(bytes)),
                NoteSignature.of(fresh.verifierKey(), fresh.sign(bytes))));
        try {
            return HandOver.parse(note.encode(), new JdkEd25519());
        } catch (MalformedException e) {
            throw new IllegalStateException("the hand-over that was just made: " + e.getMessage(), e);
        }
    }

    /// Finishes a rotation that the database knows of, or clears away one that it doesn't.
    static void finish(DataFolder folder, ReceiptStore store, Optional<Path> marks, DurableFiles files)
            throws NodeException {
        Path next = next(folder);
        if (Files.notExists(next)) {
            return;
        }
        try {
            NodeKey fresh = NodeKey.loadOrCreate(next, new SecureRandom(), files);
            Optional<String> bound = store.verifierKey();
            if (!bound.equals(Optional.of(fresh.verifierKey().encode()))) {
                files.delete(next);
                return;
            }
            List<HandOver> chain = HandOver.parseChain(store.handOvers(), new JdkEd25519());
            new HighWaterMark(marks, chain.getLast().from(), files).retire(chain.getLast());
            retire(folder, chain.getLast().from(), files);
            files.write(folder.home().resolve(HAND_OVERS), store.handOvers(), DurableFiles.READABLE);
            files.move(next, folder.key());
        } catch (IOException e) {
            throw new NodeException("the change of the key can't be finished: " + e, e);
        } catch (MalformedException e) {
            throw new NodeException("the hand-over in the database is damaged: " + e.getMessage()
                    + ". Put a backup back", e);
        }
    }

    private static void retire(DataFolder folder, VerifierKey old, DurableFiles files) throws IOException {
        Path retired = LogFolder.retired(folder.log(), old);
        if (Files.isDirectory(retired)) {
            return;
        }
        files.createFolders(retired.getParent());
        files.move(folder.log(), retired);
    }
}

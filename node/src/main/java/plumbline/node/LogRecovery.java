package plumbline.node;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import plumbline.verify.Checkpoint;
import plumbline.verify.Digest;
import plumbline.verify.JdkEd25519;
import plumbline.verify.MalformedException;
import plumbline.verify.SignedNote;
import plumbline.verify.TileAppender;
import plumbline.verify.TilePath;

/// What happens before a log is written to again: the whole tree is made anew from the database and
/// held against the last committed state and the published checkpoint; then missing or old tiles are
/// written, and the checkpoint. Any disagreement ends the start, before anything is signed.
final class LogRecovery {

    private static final int PAGE = 16_384;

    /// The log in agreement with itself.
    record Recovered(TileAppender tree, Checkpoint checkpoint, SignedNote note) {}

    private final ReceiptStore store;
    private final LogFolder folder;
    private final NodeKey key;
    private final HighWaterMark mark;

    private LogRecovery(LogWriter.Parts parts) {
        this.store = parts.store();
        this.folder = parts.folder();
        this.key = parts.key();
        this.mark = parts.mark();
    }

    static Recovered recover(LogWriter.Parts parts) throws NodeException {
        return new LogRecovery(parts).recover();
    }

    private Recovered recover() throws NodeException {
        checkKey();
        Optional<Checkpoint> published = signed("log/checkpoint", folder.checkpoint());
        Optional<Checkpoint> marked = signed("the high-water mark", mark.read());
        List<Checkpoint> known = Stream.concat(published.stream(), marked.stream()).toList();
        // First pass: look only. A wrong tree must not replace a single tile.
        TileAppender seen = grow(known, false);
        checkState(seen);
        checkPublishedIsCovered(published, seen.size());
        if (marked.isPresent() && marked.get().size() > seen.size()) {
            throw new NodeException(mark.behind(marked.get(), seen.size()));
        }
        TileAppender tree = grow(known, true);
        Checkpoint checkpoint = new Checkpoint(key.verifierKey().name(), tree.size(), tree.root());
        SignedNote note = key.sign(checkpoint);
        folder.writeCheckpoint(note.encode());
        mark.raise(note);
        return new Recovered(tree, checkpoint, note);
    }

    private void checkKey() throws NodeException {
        String mine = key.verifierKey().encode();
        Optional<String> bound = store.verifierKey();
        if (bound.isEmpty()) {
            store.bind(key.verifierKey());
        } else if (!bound.get().equals(mine)) {
            throw new NodeException("this log was signed with the key " + bound.get()
                    + ", but the key file holds " + mine
                    + ": put the old key file back, or start with an empty data folder");
        }
    }

    private Optional<Checkpoint> signed(String what, Optional<byte[]> bytes) throws NodeException {
        if (bytes.isEmpty()) {
            return Optional.empty();
        }
        try {
            SignedNote note = SignedNote.parse(bytes.get());
            if (!note.isSignedBy(key.verifierKey(), new JdkEd25519())) {
                throw new NodeException(what + " isn't signed by this node's key "
                        + key.verifierKey() + ": it was changed, or belongs to another node");
            }
            return Optional.of(Checkpoint.parse(note.text()));
        } catch (MalformedException e) {
            throw new NodeException(what + " is damaged (" + e.getMessage()
                    + "): put a backup of it back", e);
        }
    }

    /// The tree over all receipts; checks each known root where the tree passes its size.
    private TileAppender grow(List<Checkpoint> known, boolean writes) throws NodeException {
        TileAppender tree = new TileAppender();
        checkKnown(known, tree);
        // Tiles that are not full are written once, as they are at the end.
        SequencedMap<TilePath, byte[]> partial = new LinkedHashMap<>();
        List<Digest> page = store.entries(0, PAGE);
        while (!page.isEmpty()) {
            for (Digest entry : page) {
                tree.append(entry.bytes());
                checkKnown(known, tree);
            }
            partial.clear();
            for (var tile : tree.takeTiles().entrySet()) {
                if (!tile.getKey().isFull()) {
                    partial.put(tile.getKey(), tile.getValue());
                } else if (writes) {
                    folder.writeTile(tile.getKey(), tile.getValue());
                }
            }
            page = store.entries(tree.size(), PAGE);
        }
        for (var tile : partial.entrySet()) {
            if (writes) {
                folder.writeTile(tile.getKey(), tile.getValue());
            }
        }
        return tree;
    }

    private static void checkKnown(List<Checkpoint> known, TileAppender tree) throws NodeException {
        for (Checkpoint signed : known) {
            if (signed.size() == tree.size() && !signed.root().equals(tree.root())) {
                throw new NodeException("the first " + tree.size() + " receipts in the database give the"
                        + " root " + tree.root() + ", but the published checkpoint says "
                        + signed.root() + ": one of them was changed. Put a backup back; signing"
                        + " on would be evidence against this node");
            }
        }
    }

    private void checkState(TileAppender tree) throws NodeException {
        ReceiptStore.State last =
                store.lastState().orElse(new ReceiptStore.State(0, new TileAppender().root()));
        if (last.size() != tree.size() || !last.root().equals(tree.root())) {
            throw new NodeException("the database holds " + tree.size() + " receipts with the root "
                    + tree.root() + ", but committed " + last.size() + " with the root " + last.root()
                    + ": it was damaged or changed. Put a backup back");
        }
    }

    private static void checkPublishedIsCovered(Optional<Checkpoint> published, long size)
            throws NodeException {
        if (published.isPresent() && published.get().size() > size) {
            throw new NodeException("the published checkpoint covers " + published.get().size()
                    + " receipts, but the database holds " + size + ": the database was rolled back."
                    + " Put the newer one back; signing on would fork the log");
        }
    }
}

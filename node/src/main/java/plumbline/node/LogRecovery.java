package plumbline.node;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

/// What happens before a log is written to, at a start and after a disk was full.
///
/// The tree goes on from the tiles under the published checkpoint, whose root they must give; what the
/// database has committed since then is appended, and must give the root that was committed with it. So a
/// start costs no more in a long log than in a short one. Where the tiles don't give the root, or are
/// gone, all of them are made anew from the database. Any disagreement ends the start, before anything
/// is signed. Source: spec/log.md L73, L75, L93.
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

    /// Makes tiles that are damaged or gone anew from the database, where that gives the checkpoint.
    static void repair(LogWriter.Parts parts, Checkpoint checkpoint) throws NodeException {
        LogRecovery recovery = new LogRecovery(parts);
        // First pass: look only. A wrong tree must not replace a single tile.
        recovery.grow(List.of(checkpoint), checkpoint.size(), false);
        recovery.grow(List.of(checkpoint), checkpoint.size(), true);
    }

    private Recovered recover() throws NodeException {
        checkKey();
        Optional<Checkpoint> published = signed("log/checkpoint", folder.checkpoint());
        Optional<Checkpoint> marked = signed("the high-water mark", mark.read());
        ReceiptStore.State last =
                store.lastState().orElse(new ReceiptStore.State(0, new TileAppender().root()));
        checkCovers(published, marked, last);
        for (Checkpoint known : Stream.concat(published.stream(), marked.stream()).toList()) {
            checkWasCommitted(known);
        }
        TileAppender tree = appended(published, last);
        checkState(tree, last);
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

    private void checkCovers(Optional<Checkpoint> published, Optional<Checkpoint> marked,
            ReceiptStore.State last) throws NodeException {
        long size = store.size();
        if (size != last.size()) {
            throw new NodeException("the database holds " + size + " receipts, but committed "
                    + last.size() + ": it was damaged or changed. Put a backup back");
        }
        if (published.isPresent() && published.get().size() > size) {
            throw new NodeException("the published checkpoint covers " + published.get().size()
                    + " receipts, but the database holds " + size + ": the database was rolled back."
                    + " Put the newer one back; signing on would fork the log");
        }
        if (marked.isPresent() && marked.get().size() > size) {
            throw new NodeException(mark.behind(marked.get(), size));
        }
    }

    // What is signed was committed before, so the database knows its root.
    private void checkWasCommitted(Checkpoint known) throws NodeException {
        Optional<Digest> root = known.size() == 0
                ? Optional.of(new TileAppender().root()) : store.rootAt(known.size());
        if (root.isEmpty()) {
            throw new NodeException("the database doesn't know the state of " + known.size()
                    + " receipts, which this log has signed: it was damaged or changed. Put a backup back");
        }
        if (!root.get().equals(known.root())) {
            throw changed(known, root.get());
        }
    }

    private static NodeException changed(Checkpoint signed, Digest root) {
        return new NodeException("the first " + signed.size() + " receipts in the database give the"
                + " root " + root + ", but the published checkpoint says " + signed.root()
                + ": one of them was changed. Put a backup back; signing on would be evidence against"
                + " this node");
    }

    private TileAppender appended(Optional<Checkpoint> published, ReceiptStore.State last)
            throws NodeException {
        Optional<TileAppender> resumed = published.isPresent() && published.get().size() > 0
                ? resumed(published.get()) : Optional.empty();
        if (resumed.isEmpty()) {
            List<Checkpoint> known = published.stream().toList();
            TileAppender seen = grow(known, last.size(), false);
            checkState(seen, last);
            return grow(known, last.size(), true);
        }
        TileAppender tree = resumed.get();
        SequencedMap<TilePath, byte[]> tiles = new LinkedHashMap<>();
        while (tree.size() < last.size()) {
            for (Digest entry : page(tree.size(), PAGE)) {
                tree.append(entry.bytes());
            }
            tiles.putAll(tree.takeTiles());
        }
        checkState(tree, last);
        folder.writeTiles(tiles);
        return tree;
    }

    private Optional<TileAppender> resumed(Checkpoint published) throws NodeException {
        try {
            return Optional.of(TileAppender.resume(folder, published.size(), published.root()));
        } catch (MalformedException damagedOrGone) {
            return Optional.empty();
        } catch (LogFolder.UnreadableTile e) {
            throw new NodeException(e.getMessage(), e);
        }
    }

    /// The tree over the first `size` receipts; checks each known root where the tree passes its size.
    private TileAppender grow(List<Checkpoint> known, long size, boolean writes)
            throws NodeException {
        TileAppender tree = new TileAppender();
        // The tile of each level that is not full: written once, as it is at the end.
        Map<Integer, Map.Entry<TilePath, byte[]>> edge = new LinkedHashMap<>();
        while (tree.size() < size) {
            int count = (int) Math.min(PAGE, size - tree.size());
            for (Digest entry : page(tree.size(), count)) {
                tree.append(entry.bytes());
                checkKnown(known, tree);
            }
            SequencedMap<TilePath, byte[]> missing = new LinkedHashMap<>();
            for (var tile : tree.takeTiles().entrySet()) {
                edge.remove(tile.getKey().level());
                if (!tile.getKey().isFull()) {
                    edge.put(tile.getKey().level(), tile);
                } else if (writes && !folder.holds(tile.getKey(), tile.getValue())) {
                    missing.put(tile.getKey(), tile.getValue());
                }
            }
            folder.writeTiles(missing);
        }
        if (writes) {
            SequencedMap<TilePath, byte[]> partial = new LinkedHashMap<>();
            edge.values().forEach(tile -> partial.put(tile.getKey(), tile.getValue()));
            folder.writeTiles(partial);
        }
        return tree;
    }

    private List<Digest> page(long from, int countMax) throws NodeException {
        List<Digest> entries = store.entries(from, countMax);
        if (entries.isEmpty()) {
            throw new NodeException("the database lacks receipt " + from
                    + " of the log: it was damaged or changed. Put a backup back");
        }
        return entries;
    }

    private static void checkKnown(List<Checkpoint> known, TileAppender tree) throws NodeException {
        for (Checkpoint signed : known) {
            if (signed.size() == tree.size() && !signed.root().equals(tree.root())) {
                throw changed(signed, tree.root());
            }
        }
    }

    private static void checkState(TileAppender tree, ReceiptStore.State last) throws NodeException {
        if (last.size() != tree.size() || !last.root().equals(tree.root())) {
            throw new NodeException("the database holds " + tree.size() + " receipts with the root "
                    + tree.root() + ", but committed " + last.size() + " with the root " + last.root()
                    + ": it was damaged or changed. Put a backup back");
        }
    }
}

package plumbline.verify;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Re-derives a whole log from its entries: the hash of each entry, every tile, the root that was signed, and
/// the root at the size that the reader remembers. Reads each entry bundle and each tile once and holds the
/// right edge alone. Source: spec/log.md L95 to L98.
public final class LogAudit {

    /// What the audit found. Nothing but [Sound] says that the log is whole.
    public sealed interface Outcome {}

    /// Every entry and every tile lead to the signed root.
    ///
    /// @param size       the number of entries
    /// @param consistent whether a remembered checkpoint is a beginning of this log; false if none was given
    public record Sound(long size, boolean consistent) implements Outcome {}

    /// Something doesn't fit.
    ///
    /// @param reason as a word: `missing`, `tile`, `root`, `fork` or `shrunk`
    /// @param detail what was found where
    public record Broken(String reason, String detail) implements Outcome {}

    private final TileReader tiles;
    private final Checkpoint checkpoint;
    private final Optional<Checkpoint> remembered;
    private final TileAppender tree = new TileAppender();
    /// The tile of each level that isn't full yet.
    private final Map<Integer, Map.Entry<TilePath, byte[]>> edge = new TreeMap<>();
    private boolean consistent;

    private LogAudit(TileReader tiles, Checkpoint checkpoint, Optional<Checkpoint> remembered) {
        this.tiles = tiles;
        this.checkpoint = checkpoint;
        this.remembered = remembered;
    }

    /// Audits the log under a checkpoint whose signature the caller has checked.
    ///
    /// @param remembered a checkpoint of the same log that the reader saw before
    public static Outcome run(
            TileReader tiles, Checkpoint checkpoint, Optional<Checkpoint> remembered) {
        return new LogAudit(tiles, checkpoint, remembered).run();
    }

    private Outcome run() {
        if (remembered.isPresent() && remembered.get().size() > checkpoint.size()) {
            return new Broken("shrunk", "the log has " + checkpoint.size() + " entries, you saw "
                    + remembered.get().size() + " before: it was set back");
        }
        Optional<Broken> broken = compareRemembered();
        while (broken.isEmpty() && tree.size() < checkpoint.size()) {
            broken = nextBundle();
        }
        if (broken.isEmpty()) {
            broken = compareEdge();
        }
        if (broken.isPresent()) {
            return broken.get();
        }
        return tree.root().equals(checkpoint.root())
                ? new Sound(tree.size(), consistent)
                : new Broken("root", "the entries give the root " + tree.root() + ", but "
                        + checkpoint.root() + " was signed for " + checkpoint.size() + " entries");
    }

    private Optional<Broken> nextBundle() {
        int width = (int) Math.min(TilePath.FULL, checkpoint.size() - tree.size());
        TilePath path = new TilePath(TilePath.ENTRIES, tree.size() / TilePath.FULL, width);
        List<byte[]> entries;
        try {
            entries = EntryBundle.parse(tiles.tile(path), width);
        } catch (MalformedException e) {
            return Optional.of(new Broken("missing", path + ": " + e.getMessage()));
        }
        for (byte[] entry : entries) {
            tree.append(entry);
            Optional<Broken> fork = compareRemembered();
            if (fork.isPresent()) {
                return fork;
            }
        }
        for (Map.Entry<TilePath, byte[]> derived : tree.takeTiles().entrySet()) {
            TilePath tile = derived.getKey();
            edge.remove(tile.level());
            if (!tile.isFull()) {
                edge.put(tile.level(), derived);
                continue;
            }
            Optional<Broken> broken = compare(tile, derived.getValue());
            if (broken.isPresent()) {
                return broken;
            }
        }
        return Optional.empty();
    }

    private Optional<Broken> compareEdge() {
        return edge.values().stream().map(tile -> compare(tile.getKey(), tile.getValue()))
                .flatMap(Optional::stream).findFirst();
    }

    private Optional<Broken> compareRemembered() {
        if (remembered.isEmpty() || remembered.get().size() != tree.size()) {
            return Optional.empty();
        }
        consistent = remembered.get().root().equals(tree.root());
        return consistent ? Optional.empty() : Optional.of(new Broken("fork", "the first " + tree.size()
                + " entries give the root " + tree.root() + ", but you saw " + remembered.get().root()
                + " before: the log was rewritten. Keep both checkpoints as evidence"));
    }

    private Optional<Broken> compare(TilePath path, byte[] derived) {
        if (path.isEntries()) {
            return Optional.empty();
        }
        try {
            return Arrays.equals(tiles.tile(path), derived) ? Optional.empty() : Optional.of(
                    new Broken("tile", "the tile " + path + " is not the one that the entries give"));
        } catch (MalformedException e) {
            return Optional.of(new Broken("missing", path + ": " + e.getMessage()));
        }
    }
}

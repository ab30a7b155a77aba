package plumbline.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// A log that grows in memory: takes entries, gives the tiles that have to be written before a
/// checkpoint of the new size may be signed (spec/log.md, L50 to L59 and L70 to L74).
///
/// ```
/// TileAppender log = TileAppender.resume(tiles, checkpoint.size(), checkpoint.root());
/// long index = log.append(entry);
/// log.takeTiles()          // write these durably, then sign log.size() and log.root()
/// ```
///
/// Holds the right edge alone, less than 100 KiB with our entries. If writing fails, throw the
/// object away and resume from what is on the disk. One owner: not safe for use by several threads.
public final class TileAppender {
    private final List<byte[]> entries = new ArrayList<>();
    private final List<Level> levels = new ArrayList<>();
    private final MerkleFrontier tree;
    private final SequencedMap<TilePath, byte[]> complete = new LinkedHashMap<>();
    private boolean grew;

    /// An empty log.
    public TileAppender() {
        this(new MerkleFrontier());
    }

    private TileAppender(MerkleFrontier tree) {
        this.tree = tree;
        for (int level = 0; level <= TilePath.LEVEL_MAX; level++) {
            levels.add(new Level());
        }
    }

    /// The tile of a level that is not full yet.
    private static final class Level {
        final byte[] hashes = new byte[Digest.BYTES * TilePath.FULL];
        int width;
        long index;
        boolean changed;
    }

    /// The log of `size` entries whose tiles these are. Reads the partial tile of each level and
    /// the partial entry bundle, and checks them against `root`.
    public static TileAppender resume(TileReader tiles, long size, Digest root)
            throws MalformedException {
        TileHashes hashes = new TileHashes(tiles, size);
        TileAppender log = new TileAppender(MerkleFrontier.of(size, hashes.peaks()));
        if (!log.root().equals(root)) {
            throw new MalformedException("tiles", "the tiles on the right edge give the root "
                    + log.root() + ", but size " + size + " was signed with " + root);
        }
        for (int l = 0; l <= TilePath.LEVEL_MAX; l++) {
            Level level = log.levels.get(l);
            long count = size >>> 8 * l;
            level.index = count / TilePath.FULL;
            level.width = (int) (count % TilePath.FULL);
            if (level.width > 0) {
                byte[] tile = hashes.tile(new TilePath(l, level.index, level.width));
                System.arraycopy(tile, 0, level.hashes, 0, tile.length);
            }
        }
        log.resumeEntries(tiles);
        return log;
    }

    private void resumeEntries(TileReader tiles) throws MalformedException {
        Level leaves = levels.getFirst();
        if (leaves.width == 0) {
            return;
        }
        TilePath path = new TilePath(TilePath.ENTRIES, leaves.index, leaves.width);
        entries.addAll(EntryBundle.parse(tiles.tile(path), leaves.width));
        for (int i = 0; i < leaves.width; i++) {
            Digest inTile = Digest.of(leaves.hashes, Digest.BYTES * i, Digest.BYTES * (i + 1));
            if (!MerkleTree.leafHash(entries.get(i)).equals(inTile)) {
                throw new MalformedException("tiles", "entry " + i + " of " + path
                        + " does not have the leaf hash " + inTile + " of its tile");
            }
        }
    }

    /// Appends an entry of at most 65,535 bytes and returns its index in the log.
    public long append(byte[] entry) {
        if (entry.length > EntryBundle.ENTRY_BYTES_MAX) {
            throw new IllegalArgumentException("an entry of " + entry.length + " bytes");
        }
        long index = tree.size();
        Digest leafHash = MerkleTree.leafHash(entry);
        tree.append(leafHash);
        entries.add(entry.clone());
        if (entries.size() == TilePath.FULL) {
            complete.put(new TilePath(TilePath.ENTRIES, index / TilePath.FULL, TilePath.FULL),
                    EntryBundle.encode(entries));
            entries.clear();
        }
        addHash(leafHash);
        grew = true;
        return index;
    }

    /// Adds a leaf hash to level 0, and the root of each tile that it completes to the level above.
    private void addHash(Digest leafHash) {
        Digest hash = leafHash;
        for (int l = 0; l <= TilePath.LEVEL_MAX; l++) {
            Level level = levels.get(l);
            hash.copyTo(level.hashes, Digest.BYTES * level.width);
            level.width++;
            level.changed = true;
            if (level.width < TilePath.FULL) {
                return;
            }
            complete.put(new TilePath(l, level.index, TilePath.FULL), level.hashes.clone());
            hash = TileHashes.subtree(level.hashes, 0, TilePath.FULL);
            level.index++;
            level.width = 0;
        }
    }

    /// The tiles and entry bundles that are new since the last call, full ones first; empty if
    /// nothing was appended.
    public SequencedMap<TilePath, byte[]> takeTiles() {
        SequencedMap<TilePath, byte[]> tiles = new LinkedHashMap<>(complete);
        complete.clear();
        if (grew && !entries.isEmpty()) {
            tiles.put(new TilePath(TilePath.ENTRIES, levels.getFirst().index, entries.size()),
                    EntryBundle.encode(entries));
        }
        for (int l = 0; l <= TilePath.LEVEL_MAX; l++) {
            Level level = levels.get(l);
            if (level.changed && level.width > 0) {
                tiles.put(new TilePath(l, level.index, level.width),
                        Arrays.copyOf(level.hashes, Digest.BYTES * level.width));
            }
            level.changed = false;
        }
        grew = false;
        return tiles;
    }

    /// The number of entries.
    public long size() {
        return tree.size();
    }

    /// The root of the tree so far.
    public Digest root() {
        return tree.root();
    }
}

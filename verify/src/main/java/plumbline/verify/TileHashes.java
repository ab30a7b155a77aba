package plumbline.verify;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The hashes of one tree, taken from its tiles; each tile is read once (spec/log.md, L55).
///
/// Nothing is checked here but the length of tiles: the caller checks what it builds against a
/// root.
final class TileHashes {
    /// A tile stands for a subtree of height 8.
    private static final int TILE_HEIGHT = 8;

    private final TileReader tiles;
    private final long size;
    private final Map<TilePath, byte[]> read = new HashMap<>();

    TileHashes(TileReader tiles, long size) {
        this.tiles = tiles;
        this.size = size;
    }

    Digest leaf(long index) throws MalformedException {
        return node(0, index);
    }

    /// The roots of the complete subtrees of the whole tree, largest first.
    List<Digest> peaks() throws MalformedException {
        return complete(0, size);
    }

    /// RFC 6962 section 2.1.1, PATH(index, D[0:size]), without recursion.
    List<Digest> inclusion(long index) throws MalformedException {
        List<Digest> fromRoot = new ArrayList<>();
        long start = 0;
        long end = size;
        while (end - start > 1) {
            long middle = start + MerkleTree.split(end - start);
            if (index < middle) {
                fromRoot.add(root(middle, end));
                end = middle;
            } else {
                fromRoot.add(root(start, middle));
                start = middle;
            }
        }
        return List.copyOf(fromRoot.reversed());
    }

    /// RFC 6962 section 2.1.2, PROOF(size1, D[0:size]) for 0 < size1 < size, without recursion.
    List<Digest> consistency(long size1) throws MalformedException {
        List<Digest> fromRoot = new ArrayList<>();
        long start = 0;
        long end = size;
        while (end != size1) {
            long middle = start + MerkleTree.split(end - start);
            if (size1 <= middle) {
                fromRoot.add(root(middle, end));
                end = middle;
            } else {
                fromRoot.add(root(start, middle));
                start = middle;
            }
        }
        // If the old tree is itself a node of the new one, the reader knows its hash.
        if (start != 0) {
            fromRoot.add(root(start, end));
        }
        return List.copyOf(fromRoot.reversed());
    }

    /// MTH(D[start:end]) where start is a multiple of the largest complete subtree's size.
    private Digest root(long start, long end) throws MalformedException {
        List<Digest> subtrees = complete(start, end);
        Digest root = subtrees.getLast();
        for (int i = subtrees.size() - 2; i >= 0; i--) {
            root = MerkleTree.nodeHash(subtrees.get(i), root);
        }
        return root;
    }

    private List<Digest> complete(long start, long end) throws MalformedException {
        List<Digest> subtrees = new ArrayList<>();
        for (long at = start; at < end;) {
            long leaves = Long.highestOneBit(end - at);
            subtrees.add(node(Long.numberOfTrailingZeros(leaves), at / leaves));
            at += leaves;
        }
        return subtrees;
    }

    /// The root of complete subtree number `position` of the given height.
    private Digest node(int height, long position) throws MalformedException {
        int level = height / TILE_HEIGHT;
        int inTile = height % TILE_HEIGHT;
        long first = position << inTile;
        TilePath path = TilePath.holding(level, first, size);
        byte[] tile = tile(path);
        return subtree(tile, (int) (first % TilePath.FULL), 1 << inTile);
    }

    /// The root over `count` hashes of a tile from number `from` on.
    static Digest subtree(byte[] tile, int from, int count) {
        MerkleFrontier subtree = new MerkleFrontier();
        for (int i = from; i < from + count; i++) {
            subtree.append(Digest.of(tile, Digest.BYTES * i, Digest.BYTES * (i + 1)));
        }
        return subtree.root();
    }

    /// The bytes of a tile, of the right length.
    byte[] tile(TilePath path) throws MalformedException {
        byte[] tile = read.get(path);
        if (tile == null) {
            tile = tiles.tile(path);
            if (tile.length != Digest.BYTES * path.width()) {
                throw new MalformedException("tile", path + " must have "
                        + Digest.BYTES * path.width() + " bytes, found " + tile.length);
            }
            read.put(path, tile);
        }
        return tile;
    }
}

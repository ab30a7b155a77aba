package plumbline.verify;

import java.util.List;

/// The tree hash of RFC 6962 section 2.1 with SHA-256 (spec/log.md, L6).
///
/// A leaf is SHA-256(0x00 || data), a node SHA-256(0x01 || left || right), the empty tree SHA-256
/// of nothing. Each left subtree is the largest complete one that leaves something to its right.
public final class MerkleTree {
    static final byte LEAF = 0x00;
    static final byte NODE = 0x01;

    private static final byte[] LEAF_PREFIX = {LEAF};
    private static final byte[] NODE_PREFIX = {NODE};
    private static final Digest EMPTY_ROOT = Digest.sha256();

    private MerkleTree() {}

    /// The hash of a leaf that holds the parts, one after the other.
    public static Digest leafHash(byte[]... data) {
        byte[][] parts = new byte[data.length + 1][];
        parts[0] = LEAF_PREFIX;
        System.arraycopy(data, 0, parts, 1, data.length);
        return Digest.sha256(parts);
    }

    /// The hash of the node above two neighbours.
    public static Digest nodeHash(Digest left, Digest right) {
        return Digest.sha256(NODE_PREFIX, left.bytes(), right.bytes());
    }

    /// The root of a tree without leaves.
    public static Digest emptyRoot() {
        return EMPTY_ROOT;
    }

    /// The root of the tree over these leaf hashes.
    public static Digest root(List<Digest> leafHashes) {
        MerkleFrontier frontier = new MerkleFrontier();
        leafHashes.forEach(frontier::append);
        return frontier.root();
    }

    /// The number of leaves left of the root's split: the largest power of two below `size`, which
    /// is 2 or more.
    static long split(long size) {
        return Long.highestOneBit(size - 1);
    }
}

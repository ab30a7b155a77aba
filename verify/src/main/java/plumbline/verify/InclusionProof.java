package plumbline.verify;

import java.util.List;

/// Proof that a leaf is in a tree: the sibling hashes on the way from the leaf to the root
/// (RFC 6962 section 2.1.1; checked as in RFC 9162 section 2.1.3.2; spec/log.md, L40 to L43).
public final class InclusionProof {
    /// No proof is longer: a tree has less than 2^63 leaves.
    public static final int HASHES_MAX = 63;

    private InclusionProof() {}

    /// Whether `proof` shows that leaf `index` of the tree of `size` leaves under `root` has the
    /// hash `leafHash`. False for every index that is not in the tree and for a proof of another
    /// length.
    ///
    /// The caller must still know where `size` and `root` come from.
    public static boolean verify(
            long index, long size, Digest leafHash, List<Digest> proof, Digest root) {
        if (index < 0 || index >= size || proof.size() != length(index, size)) {
            return false;
        }
        long position = index;
        long last = size - 1;
        Digest hash = leafHash;
        for (Digest sibling : proof) {
            if ((position & 1) == 1 || position == last) {
                hash = MerkleTree.nodeHash(sibling, hash);
                // At the right edge, levels on which the node has no sibling are passed over.
                while ((position & 1) == 0 && position != 0) {
                    position >>>= 1;
                    last >>>= 1;
                }
            } else {
                hash = MerkleTree.nodeHash(hash, sibling);
            }
            position >>>= 1;
            last >>>= 1;
        }
        return last == 0 && hash.equals(root);
    }

    /// The one length that the proof of leaf `index` in a tree of `size` leaves has.
    static int length(long index, long size) {
        // Below the level where the paths of this leaf and of the last leaf meet, every level has a
        // sibling; above it only those where the last leaf's path goes right.
        int inner = Long.SIZE - Long.numberOfLeadingZeros(index ^ (size - 1));
        return inner + Long.bitCount(index >>> inner);
    }

    /// Builds the proof for leaf `index` of the tree of `size` leaves from its tiles, and checks it
    /// against `root` before returning it. Throws if the tiles do not belong to that root.
    public static List<Digest> of(TileReader tiles, long index, long size, Digest root)
            throws MalformedException {
        if (index < 0 || index >= size) {
            throw new IllegalArgumentException(
                    "leaf " + index + " is not in a tree of " + size + " leaves");
        }
        TileHashes hashes = new TileHashes(tiles, size);
        List<Digest> proof = hashes.inclusion(index);
        Digest leafHash = hashes.leaf(index);
        if (!verify(index, size, leafHash, proof, root)) {
            throw new MalformedException("tiles", "the tiles do not give the root "
                    + root + " of the checkpoint with size " + size);
        }
        return proof;
    }
}

package plumbline.verify;

import java.util.ArrayList;
import java.util.List;

/// Proof that a log only grew: the tree of `size1` leaves is the beginning of the tree of `size2`
/// (RFC 6962 section 2.1.2; checked as in RFC 9162 section 2.1.4.2; spec/log.md, L44 to L47).
public final class ConsistencyProof {
    /// No proof is longer: a tree has less than 2^63 leaves.
    public static final int HASHES_MAX = 64;

    private ConsistencyProof() {}

    /// Whether `proof` shows that the tree `size1`, `root1` is a prefix of the tree `size2`,
    /// `root2`.
    ///
    /// Equal sizes need equal roots and no hashes. The empty tree is a prefix of every tree, with
    /// no hashes. Size 0 always goes with the root of the empty tree.
    public static boolean verify(
            long size1, Digest root1, long size2, Digest root2, List<Digest> proof) {
        if (size1 < 0 || size2 < size1
                || size1 == 0 && !root1.equals(MerkleTree.emptyRoot())) {
            return false;
        }
        if (size1 == size2) {
            return proof.isEmpty() && root1.equals(root2);
        }
        if (size1 == 0) {
            return proof.isEmpty();
        }
        if (proof.size() > HASHES_MAX) {
            return false;
        }
        boolean isComplete = Long.bitCount(size1) == 1;
        if (!isComplete && proof.isEmpty()) {
            return false;
        }
        // A complete tree is a node of the larger one: its root opens the path and is not sent.
        Digest start = isComplete ? root1 : proof.getFirst();
        List<Digest> path = isComplete ? proof : proof.subList(1, proof.size());
        return verifyPath(size1, root1, size2, root2, start, path);
    }

    private static boolean verifyPath(long size1, Digest root1, long size2, Digest root2,
            Digest start, List<Digest> path) {
        int complete = Long.numberOfTrailingZeros(size1);
        long position = (size1 - 1) >>> complete;
        long last = (size2 - 1) >>> complete;
        Digest hash1 = start;
        Digest hash2 = start;
        for (Digest sibling : path) {
            if (last == 0) {
                return false;
            }
            if ((position & 1) == 1 || position == last) {
                hash1 = MerkleTree.nodeHash(sibling, hash1);
                hash2 = MerkleTree.nodeHash(sibling, hash2);
                while ((position & 1) == 0 && position != 0) {
                    position >>>= 1;
                    last >>>= 1;
                }
            } else {
                hash2 = MerkleTree.nodeHash(hash2, sibling);
            }
            position >>>= 1;
            last >>>= 1;
        }
        return last == 0 && hash1.equals(root1) && hash2.equals(root2);
    }

    /// Builds the proof between two sizes of one tree from the tiles of the larger, and checks it
    /// against both roots before returning it. Throws if the tiles do not belong to the roots.
    public static List<Digest> of(
            TileReader tiles, long size1, Digest root1, long size2, Digest root2)
            throws MalformedException {
        if (size1 < 0 || size1 > size2) {
            throw new IllegalArgumentException(
                    "a tree of " + size2 + " leaves does not begin with " + size1 + " leaves");
        }
        List<Digest> proof = size1 == 0 || size1 == size2
                ? List.of()
                : new TileHashes(tiles, size2).consistency(size1);
        if (!verify(size1, root1, size2, root2, proof)) {
            throw new MalformedException("tiles", "the tiles do not lead from the root " + root1
                    + " of size " + size1 + " to the root " + root2 + " of size " + size2);
        }
        return proof;
    }

    /// The proof that a tree over these leaf hashes continues its first `size1` leaves (RFC 6962 section 2.1.2).
    static List<Digest> ofLeaves(List<Digest> leafHashes, int size1) {
        List<Digest> proof = new ArrayList<>();
        if (size1 < leafHashes.size()) {
            below(leafHashes, size1, true, proof);
        }
        return List.copyOf(proof);
    }

    /// SUBPROOF of the RFC; `isKnown` says that the root of these leaves' beginning is the one to be proved.
    private static void below(List<Digest> leaves, int size1, boolean isKnown, List<Digest> proof) {
        int size = leaves.size();
        if (size1 == size) {
            if (!isKnown) {
                proof.add(MerkleTree.root(leaves));
            }
            return;
        }
        int split = (int) MerkleTree.split(size);
        List<Digest> left = leaves.subList(0, split);
        List<Digest> right = leaves.subList(split, size);
        if (size1 <= split) {
            below(left, size1, isKnown, proof);
            proof.add(MerkleTree.root(right));
        } else {
            below(right, size1 - split, false, proof);
            proof.add(MerkleTree.root(left));
        }
    }
}

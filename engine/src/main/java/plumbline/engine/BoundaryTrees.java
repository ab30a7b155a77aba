package plumbline.engine;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import plumbline.verify.Digest;
import plumbline.verify.MerkleFrontier;
import plumbline.verify.MerkleTree;

/// One tree per layer over the salted states of its positions; the root over the layers' roots is what a receipt
/// commits to. One run owns it; leaves of a layer come in order of position.
/// Source: spec/boundaries.md (D5-D7).
final class BoundaryTrees {

    private final byte[] salt;
    private final List<MerkleFrontier> layers = new ArrayList<>();

    BoundaryTrees(Digest salt, int count) {
        this.salt = salt.bytes();
        for (int l = 0; l < count; l++) {
            layers.add(new MerkleFrontier());
        }
    }

    /// Leaf hash of one state, `row[0 .. count)`; threads may hash at once.
    Digest leaf(byte[] row, int count) {
        MessageDigest sha256 = sha256();
        sha256.update((byte) 0);
        sha256.update(salt);
        sha256.update(row, 0, count);
        return Digest.of(sha256.digest());
    }

    void append(int layer, Digest leaf) {
        layers.get(layer).append(leaf);
    }

    Digest root() {
        return MerkleTree.root(layers.stream().map(l -> MerkleTree.leafHash(l.root().bytes())).toList());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}

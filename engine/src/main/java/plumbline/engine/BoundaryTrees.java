package plumbline.engine;

import java.util.Arrays;
import plumbline.engine.kernel.Pool;
import plumbline.verify.Digest;
import plumbline.verify.MerkleFrontier;
import plumbline.verify.MerkleTree;

/// One tree per layer over the salted digests of its states, in order of position; the root over the layers' roots is
/// what a receipt commits to. Source: spec/boundaries.md (D5-D7).
final class BoundaryTrees {

    private BoundaryTrees() {}

    /// The root over the first `positions` of `states`: by layer the digests of its states, one after the other.
    static Digest root(Digest salt, byte[][] states, int positions, Pool pool) {
        Digest[] roots = new Digest[states.length];
        byte[] salted = salt.bytes();
        pool.run(states.length, layer -> roots[layer] = layer(salted, states[layer], positions));
        return MerkleTree.root(Arrays.stream(roots).map(root -> MerkleTree.leafHash(root.bytes())).toList());
    }

    private static Digest layer(byte[] salt, byte[] digests, int positions) {
        MerkleFrontier tree = new MerkleFrontier();
        byte[] data = Arrays.copyOf(salt, 2 * Digest.BYTES);
        for (int p = 0; p < positions; p++) {
            System.arraycopy(digests, p * Digest.BYTES, data, Digest.BYTES, Digest.BYTES);
            tree.appendLeaf(data, 0, data.length);
        }
        return tree.root();
    }
}

package plumbline.engine;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import plumbline.engine.kernel.Pool;
import plumbline.verify.Digest;
import plumbline.verify.MerkleFrontier;
import plumbline.verify.MerkleTree;

/// One tree per layer over the salted digests of its states, in order of position; the root over the layers' roots is
/// what a receipt commits to. Source: spec/boundaries.md (D5-D7).
final class BoundaryTrees {

    private BoundaryTrees() {}

    /// SHA-256, for [#digest]; for one thread at a time.
    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /// Writes the digest of a state's bytes to `out[at .. at + 32)`.
    static void digest(MessageDigest sha256, byte[] state, byte[] out, int at) {
        try {
            sha256.update(state);
            sha256.digest(out, at, Digest.BYTES); // which resets it
        } catch (DigestException e) {
            throw new AssertionError("a digest has 32 bytes", e);
        }
    }

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

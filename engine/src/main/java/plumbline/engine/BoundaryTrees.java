package plumbline.engine;

import java.util.Arrays;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.PairDigest;
import plumbline.engine.kernel.Pool;
import plumbline.verify.Digest;
import plumbline.verify.MerkleTree;

/// One tree per layer over the salted digests of its states, in order of position; the root over the layers' roots is
/// what a receipt commits to. Source: spec/boundaries.md (D5-D7).
///
/// All layers' trees have one shape, so they are hashed two at a time ([PairDigest]).
final class BoundaryTrees {

    private BoundaryTrees() {}

    /// The root over the first `positions` (at least one) of `states`: by layer the digests of its states, one after
    /// the other.
    static Digest root(Digest salt, byte[][] states, int positions, Kernel kernel, Pool pool) {
        Digest[] roots = new Digest[states.length];
        pool.run((states.length + 1) / 2, pair -> {
            int first = 2 * pair;
            int second = Math.min(first + 1, states.length - 1);
            Pair trees = new Pair(kernel, salt.bytes());
            for (int p = 0; p < positions; p++) {
                trees.append(states[first], states[second], p * Digest.BYTES);
            }
            byte[] both = trees.roots();
            roots[first] = Digest.of(Arrays.copyOf(both, Digest.BYTES));
            roots[second] = second == first ? roots[first]
                    : Digest.of(Arrays.copyOfRange(both, Digest.BYTES, 2 * Digest.BYTES));
        });
        return MerkleTree.root(Arrays.stream(roots).map(root -> MerkleTree.leafHash(root.bytes())).toList());
    }

    /// Two trees (RFC 6962 section 2.1) that grow leaf by leaf. Digests of both lie one after the other.
    private static final class Pair {

        private static final int HASHED_BYTES = 1 + 2 * Digest.BYTES; // a prefix and two digests, leaf or node
        private static final int LEVELS_MAX = 31;

        private final PairDigest digest;
        private final byte[][] leaf = {PairDigest.room(HASHED_BYTES), PairDigest.room(HASHED_BYTES)};
        private final byte[][] node = {PairDigest.room(HASHED_BYTES), PairDigest.room(HASHED_BYTES)};
        private final byte[][] left = new byte[LEVELS_MAX][2 * Digest.BYTES]; // whole subtrees, by height
        private final byte[] current = new byte[2 * Digest.BYTES];
        private int count;

        Pair(Kernel kernel, byte[] salt) {
            digest = new PairDigest(kernel, HASHED_BYTES);
            for (int i = 0; i < 2; i++) {
                leaf[i][0] = 0;
                System.arraycopy(salt, 0, leaf[i], 1, Digest.BYTES);
                node[i][0] = 1;
            }
        }

        void append(byte[] first, byte[] second, int at) {
            System.arraycopy(first, at, leaf[0], 1 + Digest.BYTES, Digest.BYTES);
            System.arraycopy(second, at, leaf[1], 1 + Digest.BYTES, Digest.BYTES);
            digest.digest(leaf[0], current, 0, leaf[1], current, Digest.BYTES);
            int level = 0;
            for (; (count >> level & 1) == 1; level++) {
                join(left[level]);
            }
            System.arraycopy(current, 0, left[level], 0, current.length);
            count++;
        }

        /// `current` becomes the parents of `lefts` and itself.
        private void join(byte[] lefts) {
            for (int i = 0; i < 2; i++) {
                System.arraycopy(lefts, i * Digest.BYTES, node[i], 1, Digest.BYTES);
                System.arraycopy(current, i * Digest.BYTES, node[i], 1 + Digest.BYTES, Digest.BYTES);
            }
            digest.digest(node[0], current, 0, node[1], current, Digest.BYTES);
        }

        byte[] roots() {
            int level = Integer.numberOfTrailingZeros(count);
            System.arraycopy(left[level], 0, current, 0, current.length);
            for (level++; count >> level != 0; level++) {
                if ((count >> level & 1) == 1) {
                    join(left[level]);
                }
            }
            return current;
        }
    }
}

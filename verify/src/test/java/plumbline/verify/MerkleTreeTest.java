package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The tree, its frontier and its proofs against the recursive definitions of RFC 6962 section 2.1
/// (spec/log.md, L6 and L40 to L47).
class MerkleTreeTest {
    private static final int SIZE_MAX = 300;
    private static final List<Digest> LEAVES = leaves(SIZE_MAX);

    @Test
    void hashesTheEmptyTreeLikeNothing() {
        assertEquals("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                MerkleTree.root(List.of()).hex());
        assertEquals(MerkleTree.emptyRoot(), new MerkleFrontier().root());
    }

    @Test
    void hashesLeavesAndNodesWithTheirPrefixes() {
        assertEquals("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                MerkleTree.leafHash(new byte[0]).hex());
        Digest left = MerkleTree.leafHash(new byte[] {1, 2}, new byte[] {3});
        assertEquals(Digest.sha256(new byte[] {0, 1, 2, 3}), left);
        assertEquals(Digest.sha256(new byte[] {1}, left.bytes(), left.bytes()),
                MerkleTree.nodeHash(left, left));
    }

    @Test
    void frontierAndRootAgreeWithTheDefinitionForAllSizesTo300() {
        MerkleFrontier frontier = new MerkleFrontier();
        for (int size = 0; size <= SIZE_MAX; size++) {
            Digest expected = naiveRoot(0, size);
            assertEquals(expected, frontier.root(), "size " + size);
            assertEquals(expected, MerkleTree.root(LEAVES.subList(0, size)), "size " + size);
            MerkleFrontier again = MerkleFrontier.of(size, frontier.peaks());
            assertEquals(expected, again.root(), "size " + size);
            assertEquals(size, frontier.size());
            if (size < SIZE_MAX) {
                frontier.append(LEAVES.get(size));
            }
        }
    }

    @Test
    void frontierHashesLeavesInEveryWayAlike() {
        MerkleFrontier byHash = new MerkleFrontier();
        MerkleFrontier byParts = new MerkleFrontier();
        MerkleFrontier byRange = new MerkleFrontier();
        for (int i = 0; i < 21; i++) {
            byte[] data = {(byte) i, 2, 3, 4};
            byHash.append(MerkleTree.leafHash(new byte[] {2, 3}));
            byParts.appendLeaf(new byte[] {2}, new byte[] {3});
            byRange.appendLeaf(data, 1, 3);
        }
        assertEquals(byHash.root(), byParts.root());
        assertEquals(byHash.root(), byRange.root());
    }

    @Test
    void frontierGoesOnFromItsPeaks() {
        MerkleFrontier frontier = MerkleFrontier.of(255, peaks(255));
        for (int i = 255; i < SIZE_MAX; i++) {
            frontier.append(LEAVES.get(i));
        }
        assertEquals(naiveRoot(0, SIZE_MAX), frontier.root());
    }

    @Test
    void frontierRefusesPeaksThatDoNotFitItsSize() {
        assertThrows(IllegalArgumentException.class, () -> MerkleFrontier.of(3, peaks(4)));
        assertThrows(IllegalArgumentException.class, () -> MerkleFrontier.of(-1, List.of()));
    }

    @Test
    void inclusionProofsFromTilesAreThoseOfTheDefinition() throws MalformedException {
        long seed = 17;
        Random random = new Random(seed);
        for (int size = 1; size <= SIZE_MAX; size++) {
            TileReader tiles = tiles(size);
            Digest root = naiveRoot(0, size);
            for (int index : indexes(size, random)) {
                List<Digest> proof = InclusionProof.of(tiles, index, size, root);
                String which = "seed " + seed + ", leaf " + index + " of " + size;
                assertEquals(naivePath(index, 0, size), proof, which);
                assertEquals(InclusionProof.length(index, size), proof.size(), which);
                Digest leaf = LEAVES.get(index);
                assertTrue(InclusionProof.verify(index, size, leaf, proof, root), which);
                rejectsChangedInclusion(index, size, proof, root, which);
            }
        }
    }

    private static void rejectsChangedInclusion(
            int index, int size, List<Digest> proof, Digest root, String which) {
        Digest leaf = LEAVES.get(index);
        Digest other = MerkleTree.leafHash(new byte[] {9, 9, 9});
        assertFalse(InclusionProof.verify(index, size, other, proof, root), which);
        assertFalse(InclusionProof.verify(index, size, leaf, proof, other), which);
        assertFalse(InclusionProof.verify(index + 1, size, leaf, proof, root), which);
        assertFalse(InclusionProof.verify(index - 1, size, leaf, proof, root), which);
        assertFalse(InclusionProof.verify(index, size, leaf, plus(proof, root), root), which);
        assertFalse(InclusionProof.verify(index, index, leaf, proof, root), which);
        if (!proof.isEmpty()) {
            List<Digest> cut = proof.subList(0, proof.size() - 1);
            assertFalse(InclusionProof.verify(index, size, leaf, cut, root), which);
            List<Digest> changed = new ArrayList<>(proof);
            changed.set(index % proof.size(), other);
            assertFalse(InclusionProof.verify(index, size, leaf, changed, root), which);
        }
    }

    @Test
    void consistencyProofsFromTilesAreThoseOfTheDefinition() throws MalformedException {
        long seed = 18;
        Random random = new Random(seed);
        for (int size2 = 1; size2 <= SIZE_MAX; size2++) {
            TileReader tiles = tiles(size2);
            Digest root2 = naiveRoot(0, size2);
            for (int size1 : indexes(size2, random)) {
                Digest root1 = naiveRoot(0, size1);
                List<Digest> proof = ConsistencyProof.of(tiles, size1, root1, size2, root2);
                String which = "seed " + seed + ", " + size1 + " to " + size2;
                List<Digest> expected = size1 == 0 ? List.of() : naiveProof(size1, 0, size2, true);
                assertEquals(expected, proof, which);
                assertTrue(ConsistencyProof.verify(size1, root1, size2, root2, proof), which);
                rejectsChangedConsistency(size1, root1, size2, root2, proof, which);
            }
        }
    }

    private static void rejectsChangedConsistency(int size1, Digest root1, int size2, Digest root2,
            List<Digest> proof, String which) {
        Digest other = MerkleTree.leafHash(new byte[] {9, 9, 9});
        List<Digest> longer = plus(proof, root2);
        assertFalse(ConsistencyProof.verify(size1, other, size2, root2, proof), which);
        assertFalse(ConsistencyProof.verify(size1, root1, size2, root2, longer), which);
        assertFalse(ConsistencyProof.verify(size2, root2, size1, root1, proof), which);
        if (size1 > 0) {
            assertFalse(ConsistencyProof.verify(size1, root1, size2, other, proof), which);
            List<Digest> cut = proof.subList(0, proof.size() - 1);
            assertFalse(ConsistencyProof.verify(size1, root1, size2, root2, cut), which);
            List<Digest> changed = new ArrayList<>(proof);
            changed.set(size1 % proof.size(), other);
            assertFalse(ConsistencyProof.verify(size1, root1, size2, root2, changed), which);
        }
    }

    @Test
    void equalSizesAreConsistentOnlyWithEqualRootsAndNoHashes() {
        Digest root = naiveRoot(0, 7);
        assertTrue(ConsistencyProof.verify(7, root, 7, root, List.of()));
        assertFalse(ConsistencyProof.verify(7, root, 7, root, List.of(root)));
        assertFalse(ConsistencyProof.verify(7, root, 7, naiveRoot(0, 6), List.of()));
    }

    @Test
    void theEmptyTreeIsThePrefixOfEveryTreeAndHasOneRoot() {
        Digest empty = MerkleTree.emptyRoot();
        Digest root = naiveRoot(0, 7);
        assertTrue(ConsistencyProof.verify(0, empty, 0, empty, List.of()));
        assertTrue(ConsistencyProof.verify(0, empty, 7, root, List.of()));
        assertFalse(ConsistencyProof.verify(0, root, 7, root, List.of()));
        assertFalse(ConsistencyProof.verify(0, empty, 7, root, List.of(root)));
        assertFalse(ConsistencyProof.verify(0, root, 0, root, List.of()));
        assertFalse(ConsistencyProof.verify(-1, empty, 7, root, List.of()));
    }

    /// L41, L44: a log that chooses its roots can make hashes fit that are left over at the end.
    @Test
    void rejectsHashesBehindTheRootEvenIfTheyFit() {
        Digest leaf = LEAVES.get(0);
        Digest more = LEAVES.get(1);
        Digest above = MerkleTree.nodeHash(more, leaf);
        assertFalse(InclusionProof.verify(0, 1, leaf, List.of(more), above));
        Digest below = MerkleTree.nodeHash(leaf, more);
        assertFalse(InclusionProof.verify(0, 1, leaf, List.of(more), below));

        List<Digest> proof = naiveProof(3, 0, 4, true);
        assertTrue(ConsistencyProof.verify(3, naiveRoot(0, 3), 4, naiveRoot(0, 4), proof));
        assertFalse(ConsistencyProof.verify(3, MerkleTree.nodeHash(more, naiveRoot(0, 3)),
                4, MerkleTree.nodeHash(more, naiveRoot(0, 4)), plus(proof, more)));
    }

    @Test
    void rejectsProofsThatWouldNotEnd() {
        List<Digest> many = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            many.add(LEAVES.getFirst());
        }
        Digest root = naiveRoot(0, 1);
        assertFalse(InclusionProof.verify(0, Long.MAX_VALUE, root, many, root));
        assertFalse(ConsistencyProof.verify(1, root, Long.MAX_VALUE, root, many));
    }

    /// A tree of equal leaves has one hash for each height, so even the largest can be read.
    @Test
    void provesInTheLargestTreesThereAre() throws MalformedException {
        Digest leaf = MerkleTree.leafHash(new byte[] {5});
        TileReader tiles = path -> {
            Digest hash = leaf;
            for (int height = 0; height < 8 * path.level(); height++) {
                hash = MerkleTree.nodeHash(hash, hash);
            }
            byte[] tile = new byte[32 * path.width()];
            for (int i = 0; i < path.width(); i++) {
                hash.copyTo(tile, 32 * i);
            }
            return tile;
        };
        long half = 1L << 62;
        long max = Long.MAX_VALUE;
        for (long size : new long[] {max, max - 1, half + 1, half, half - 1}) {
            Digest root = MerkleFrontier.of(size, new TileHashes(tiles, size).peaks()).root();
            for (long index : new long[] {0, 1, size / 2, size - 2, size - 1}) {
                List<Digest> proof = InclusionProof.of(tiles, index, size, root);
                assertTrue(proof.size() <= InclusionProof.HASHES_MAX);
                assertFalse(InclusionProof.verify(index, size, root, proof, root));
            }
            for (long size1 : new long[] {1, 2, 3, half - 1, size / 2 + 1, size - 1}) {
                List<Digest> peaks = new TileHashes(tiles, size1).peaks();
                Digest root1 = MerkleFrontier.of(size1, peaks).root();
                List<Digest> proof = ConsistencyProof.of(tiles, size1, root1, size, root);
                assertTrue(proof.size() <= ConsistencyProof.HASHES_MAX);
            }
        }
    }

    @Test
    void proversRefuseTilesThatDoNotBelongToTheRoot() {
        TileReader wrong = path -> {
            byte[] tile = tiles(300).tile(path);
            tile[tile.length - 1] ^= 1;
            return tile;
        };
        Digest root = naiveRoot(0, 300);
        assertThrows(MalformedException.class, () -> InclusionProof.of(wrong, 3, 300, root));
        assertThrows(MalformedException.class,
                () -> ConsistencyProof.of(wrong, 100, naiveRoot(0, 100), 300, root));
        assertThrows(MalformedException.class,
                () -> InclusionProof.of(tiles(300), 3, 300, naiveRoot(0, 299)));
    }

    @Test
    void proversRefuseTilesOfAnotherLength() {
        for (int length : new int[] {0, 31, 32 * 43, 32 * 45, 32 * 256}) {
            TileReader wrong = path -> path.isFull() ? tiles(300).tile(path) : new byte[length];
            MalformedException e = assertThrows(MalformedException.class,
                    () -> InclusionProof.of(wrong, 299, 300, naiveRoot(0, 300)));
            assertNotEquals("", e.what());
        }
    }

    @Test
    void proversRefuseIndexesAndSizesOutsideTheTree() {
        Digest root = naiveRoot(0, 5);
        assertThrows(IllegalArgumentException.class,
                () -> InclusionProof.of(tiles(5), 5, 5, root));
        assertThrows(IllegalArgumentException.class,
                () -> InclusionProof.of(tiles(5), -1, 5, root));
        assertThrows(IllegalArgumentException.class,
                () -> ConsistencyProof.of(tiles(5), 6, root, 5, root));
    }

    private static List<Digest> plus(List<Digest> proof, Digest more) {
        List<Digest> longer = new ArrayList<>(proof);
        longer.add(more);
        return longer;
    }

    private static int[] indexes(int size, Random random) {
        return size <= 40
                ? IntStream.range(0, size).toArray()
                : new int[] {0, 1, size / 2, size - 2, size - 1, 1 << (random.nextInt(5)),
                    random.nextInt(size), random.nextInt(size)};
    }

    private static List<Digest> leaves(int count) {
        List<Digest> leaves = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            leaves.add(MerkleTree.leafHash(new byte[] {(byte) i, (byte) (i >> 8)}));
        }
        return leaves;
    }

    private static List<Digest> peaks(int size) {
        MerkleFrontier frontier = new MerkleFrontier();
        LEAVES.subList(0, size).forEach(frontier::append);
        return frontier.peaks();
    }

    /// The tiles as C2SP tlog-tiles defines them: hash i of tile n at level l is
    /// MTH(D[(256 n + i) 256^l : (256 n + i + 1) 256^l]).
    private static TileReader tiles(int size) {
        return path -> {
            byte[] tile = new byte[32 * path.width()];
            int leaves = 1 << 8 * path.level();
            for (int i = 0; i < path.width(); i++) {
                int start = (int) (path.index() * 256 + i) * leaves;
                if (start + leaves > size) {
                    throw new AssertionError("a tree of " + size + " leaves has no tile " + path);
                }
                naiveRoot(start, start + leaves).copyTo(tile, 32 * i);
            }
            return tile;
        };
    }

    private static Digest naiveRoot(int start, int end) {
        if (end - start == 0) {
            return Digest.sha256();
        }
        if (end - start == 1) {
            return LEAVES.get(start);
        }
        int k = split(end - start);
        return MerkleTree.nodeHash(naiveRoot(start, start + k), naiveRoot(start + k, end));
    }

    private static List<Digest> naivePath(int m, int start, int end) {
        if (end - start == 1) {
            return List.of();
        }
        int k = split(end - start);
        return m < k
                ? plus(naivePath(m, start, start + k), naiveRoot(start + k, end))
                : plus(naivePath(m - k, start + k, end), naiveRoot(start, start + k));
    }

    private static List<Digest> naiveProof(int m, int start, int end, boolean known) {
        if (m == end - start) {
            return known ? List.of() : List.of(naiveRoot(start, end));
        }
        int k = split(end - start);
        return m <= k
                ? plus(naiveProof(m, start, start + k, known), naiveRoot(start + k, end))
                : plus(naiveProof(m - k, start + k, end, false), naiveRoot(start, start + k));
    }

    private static int split(int n) {
        int k = 1;
        while (2 * k < n) {
            k *= 2;
        }
        return k;
    }
}

package plumbline.verify;

import java.security.DigestException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/// The right edge of a growing RFC 6962 tree: enough to append leaves and to know the root.
///
/// Holds one hash for each complete subtree, so at most 63 of them however large the tree is.
/// Appending costs two hashes on average. One owner: not safe for use by several threads.
public final class MerkleFrontier {
    private static final int PEAKS_MAX = 64;

    private final MessageDigest sha256 = Digest.newSha256();
    /// The roots of the complete subtrees, largest first. Neighbours lie side by side, so that a
    /// node is hashed in place.
    private final byte[] peaks = new byte[PEAKS_MAX * Digest.BYTES];
    private int peakCount;
    private long size;

    /// The empty tree.
    public MerkleFrontier() {}

    /// The tree of `size` leaves whose complete subtrees, largest first, have these roots
    /// (see [#peaks]). The caller answers for the hashes.
    public static MerkleFrontier of(long size, List<Digest> peaks) {
        if (size < 0 || peaks.size() != Long.bitCount(size)) {
            throw new IllegalArgumentException("a tree of " + size + " leaves has "
                    + Long.bitCount(size) + " complete subtrees, not " + peaks.size());
        }
        MerkleFrontier frontier = new MerkleFrontier();
        for (Digest peak : peaks) {
            peak.copyTo(frontier.peaks, Digest.BYTES * frontier.peakCount++);
        }
        frontier.size = size;
        return frontier;
    }

    /// Appends a leaf by its hash.
    public void append(Digest leafHash) {
        leafHash.copyTo(peaks, Digest.BYTES * peakCount);
        merge();
    }

    /// Appends a leaf that holds the parts, one after the other.
    public void appendLeaf(byte[]... data) {
        sha256.update(MerkleTree.LEAF);
        for (byte[] part : data) {
            sha256.update(part);
        }
        digestTo(Digest.BYTES * peakCount);
        merge();
    }

    /// Appends a leaf that holds the bytes `from` (included) to `to` (not included).
    public void appendLeaf(byte[] data, int from, int to) {
        sha256.update(MerkleTree.LEAF);
        sha256.update(data, from, to - from);
        digestTo(Digest.BYTES * peakCount);
        merge();
    }

    /// The number of leaves.
    public long size() {
        return size;
    }

    /// The root of the tree so far. Appending may go on after it.
    public Digest root() {
        if (size == 0) {
            return MerkleTree.emptyRoot();
        }
        Digest root = peak(peakCount - 1);
        for (int i = peakCount - 2; i >= 0; i--) {
            root = MerkleTree.nodeHash(peak(i), root);
        }
        return root;
    }

    /// The roots of the complete subtrees, largest first: what [#of] needs to go on from here.
    public List<Digest> peaks() {
        List<Digest> copy = new ArrayList<>(peakCount);
        for (int i = 0; i < peakCount; i++) {
            copy.add(peak(i));
        }
        return List.copyOf(copy);
    }

    private Digest peak(int i) {
        return Digest.of(peaks, Digest.BYTES * i, Digest.BYTES * (i + 1));
    }

    /// Takes in the leaf hash that lies behind the last peak: as in binary addition, each one bit
    /// at the end of `size` is a complete subtree that the carry joins.
    private void merge() {
        peakCount++;
        for (long carry = size; (carry & 1) == 1; carry >>>= 1) {
            peakCount--;
            int left = Digest.BYTES * (peakCount - 1);
            sha256.update(MerkleTree.NODE);
            sha256.update(peaks, left, 2 * Digest.BYTES);
            digestTo(left);
        }
        size++;
    }

    private void digestTo(int at) {
        try {
            sha256.digest(peaks, at, Digest.BYTES);
        } catch (DigestException e) {
            throw new IllegalStateException("32 bytes are enough for SHA-256", e);
        }
    }
}

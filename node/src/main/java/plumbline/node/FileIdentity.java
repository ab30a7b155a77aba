package plumbline.node;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import plumbline.verify.Digest;
import plumbline.verify.MerkleFrontier;
import plumbline.verify.ModelId;

/// What a model file is: its SHA-256 and its tree hash, from one read.
///
/// @param id SHA-256 of the whole file
/// @param weightsRoot RFC 6962 root over the pieces of [#PIECE_BYTES]; the last may be short
public record FileIdentity(ModelId id, Digest weightsRoot, long sizeBytes) {

    /// Bytes of a piece, which is a leaf of the tree.
    public static final int PIECE_BYTES = 16_384;

    private static final int PIECES_AT_ONCE = 256;

    /// Reads the file and tells `progress` about its bytes.
    public static FileIdentity of(Path file, Progress progress) throws NodeException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            Hashing hashing = new Hashing();
            long size = channel.size();
            while (hashing.doneBytes < size) {
                hashing.read(channel, size);
                progress.at(hashing.doneBytes, size);
            }
            return hashing.identity();
        } catch (IOException e) {
            throw new NodeException("the model file " + file + " can't be read: " + e, e);
        }
    }

    /// Both hashes while the file goes by. One owner.
    static final class Hashing {
        private final MessageDigest sha256 = newSha256();
        private final MerkleFrontier tree = new MerkleFrontier();
        private final ByteBuffer buffer = ByteBuffer.allocate(PIECES_AT_ONCE * PIECE_BYTES);
        long doneBytes;

        /// Reads the next whole pieces, up to `endBytes`, from where the last call stopped.
        void read(FileChannel channel, long endBytes) throws IOException {
            int wanted = (int) Math.min(buffer.capacity(), endBytes - doneBytes);
            buffer.clear().limit(wanted);
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, doneBytes + buffer.position()) < 0) {
                    throw new IOException("the file ended at " + (doneBytes + buffer.position())
                            + " bytes while it was read, " + endBytes + " were expected");
                }
            }
            sha256.update(buffer.array(), 0, wanted);
            for (int at = 0; at < wanted; at += PIECE_BYTES) {
                tree.appendLeaf(buffer.array(), at, Math.min(wanted, at + PIECE_BYTES));
            }
            doneBytes += wanted;
        }

        FileIdentity identity() {
            return new FileIdentity(
                    new ModelId(Digest.of(sha256.digest())), tree.root(), doneBytes);
        }

        private static MessageDigest newSha256() {
            try {
                return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java platform must have SHA-256", e);
            }
        }
    }
}

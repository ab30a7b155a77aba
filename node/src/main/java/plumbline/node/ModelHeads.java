package plumbline.node;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import plumbline.engine.ModelException;
import plumbline.engine.ModelText;
import plumbline.verify.Digest;
import plumbline.verify.MerkleTree;
import plumbline.verify.ModelHead;
import plumbline.verify.ModelId;

/// Makes the heads of model files, for clients that read templates and vocabularies themselves. The whole file is
/// hashed for it, once while the node runs. Source: spec/head.md.
final class ModelHeads {

    private static final int KEPT_MAX = 4;

    private final Map<ModelId, byte[]> kept = new HashMap<>();

    /// The encoded head of a model.
    synchronized byte[] encoded(StoredModel model) throws NodeException {
        byte[] known = kept.get(model.id());
        if (known != null) {
            return known;
        }
        if (kept.size() >= KEPT_MAX) {
            kept.clear();
        }
        byte[] made = make(model);
        kept.put(model.id(), made);
        return made;
    }

    private static byte[] make(StoredModel model) throws NodeException {
        try (FileChannel file = FileChannel.open(model.file(), StandardOpenOption.READ)) {
            long headBytes = ModelText.read(model.file()).headBytes();
            long wholeBytes = Math.min(file.size(),
                    (headBytes + ModelHead.PIECE_BYTES - 1) / ModelHead.PIECE_BYTES * ModelHead.PIECE_BYTES);
            if (wholeBytes > ModelHead.HEAD_BYTES_MAX) {
                throw new NodeException("the head of the model " + model.id() + " has " + wholeBytes
                        + " bytes, more than a client takes (" + ModelHead.HEAD_BYTES_MAX + ")");
            }
            ByteBuffer head = ByteBuffer.allocate((int) wholeBytes);
            readFully(file, head, 0);
            return ModelHead.of(model.id(), leafHashes(file), file.size(), head.array()).encode();
        } catch (IOException e) {
            throw new NodeException("the model file " + model.file() + " can't be read: " + e, e);
        } catch (ModelException e) {
            throw new NodeException("the model " + model.id() + " has no head that can be read: " + e.getMessage(), e);
        }
    }

    private static List<Digest> leafHashes(FileChannel file) throws IOException {
        List<Digest> hashes = new ArrayList<>();
        ByteBuffer piece = ByteBuffer.allocate(ModelHead.PIECE_BYTES);
        long size = file.size();
        for (long at = 0; at < size; at += piece.capacity()) {
            piece.clear().limit((int) Math.min(piece.capacity(), size - at));
            readFully(file, piece, at);
            byte[] bytes = new byte[piece.limit()];
            piece.flip().get(bytes);
            hashes.add(MerkleTree.leafHash(bytes));
        }
        return hashes;
    }

    private static void readFully(FileChannel file, ByteBuffer buffer, long from) throws IOException {
        while (buffer.hasRemaining()) {
            if (file.read(buffer, from + buffer.position()) < 0) {
                throw new IOException("it ended while it was read");
            }
        }
    }
}

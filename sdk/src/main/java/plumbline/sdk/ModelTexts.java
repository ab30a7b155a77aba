package plumbline.sdk;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import plumbline.engine.ModelException;
import plumbline.engine.ModelText;
import plumbline.sdk.NodeFailedException.Kind;
import plumbline.verify.MalformedException;
import plumbline.verify.ModelHead;
import plumbline.verify.ModelId;

/// Templates and vocabularies of models, from the heads of their files: fetched once from any node, proved, kept in a
/// folder. Source: spec/head.md.
final class ModelTexts {

    private final Path folder;
    private final Map<ModelId, ModelText> known = new HashMap<>();

    ModelTexts(Path folder) {
        this.folder = folder;
    }

    /// What is at hand without asking anybody.
    synchronized void put(ModelId id, ModelText text) {
        known.put(id, text);
    }

    /// The text of a model, with its pinned root.
    synchronized ModelText get(LockFile.Model model, NodeClient node) throws PlumblineException {
        ModelText text = known.get(model.id());
        if (text == null) {
            text = load(model, node);
            known.put(model.id(), text);
        }
        return text;
    }

    private ModelText load(LockFile.Model model, NodeClient node) throws PlumblineException {
        Path file = folder.resolve("sha256-" + model.id().digest().hex() + ".head");
        try {
            Files.createDirectories(folder);
            if (Files.exists(file) && Files.size(file) <= ModelHead.BYTES_MAX) {
                ModelHead kept = ModelHead.parse(Files.readAllBytes(file));
                if (kept.weightsRoot().equals(model.weightsRoot()) && kept.model().equals(model.id())) {
                    return read(kept, node);
                }
            }
        } catch (IOException | MalformedException | NodeFailedException e) {
            // A cache that doesn't serve is filled again.
        }
        ModelHead head = node.head(model.id());
        if (!head.weightsRoot().equals(model.weightsRoot()) || !head.model().equals(model.id())) {
            throw node.failed(Kind.LIED, "sent the head of another file: its weights root is "
                    + head.weightsRoot().hex() + ", pinned is " + model.weightsRoot().hex());
        }
        try {
            ModelText text = read(head, node);
            Path part = Files.createTempFile(folder, "head-", "");
            Files.write(part, head.encode());
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            return text;
        } catch (IOException e) {
            throw new PlumblineException("the folder " + folder + " can't be used: " + e, "");
        }
    }

    /// Reads a head as the file that it is the beginning of; the rest of that file is a hole (H6).
    private ModelText read(ModelHead head, NodeClient node) throws IOException, NodeFailedException {
        byte[] bytes = head.head();
        Path file = Files.createTempFile(folder, "hole-", ".gguf");
        try {
            try (RandomAccessFile hole = new RandomAccessFile(file.toFile(), "rw")) {
                hole.write(bytes);
                hole.setLength(head.fileBytes());
            }
            ModelText.Head read = ModelText.read(file);
            if (read.headBytes() > bytes.length) {
                throw node.failed(Kind.LIED, "sent " + bytes.length + " bytes of a head that has " + read.headBytes());
            }
            return read.text();
        } catch (ModelException e) {
            throw node.failed(Kind.FAILED, "has a model that this program can't read: " + e.getMessage());
        } finally {
            Files.delete(file);
        }
    }
}

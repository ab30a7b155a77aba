package plumbline.sdk;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
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

    /// The text of a model, with its pinned root: as it is known, or kept in the folder.
    synchronized Optional<ModelText> get(LockFile.Model model) throws PlumblineException {
        ModelText text = known.get(model.id());
        if (text != null) {
            return Optional.of(text);
        }
        Path file = file(model);
        try {
            WholeFile.makeFolder(folder);
            if (Files.exists(file) && Files.size(file) <= ModelHead.BYTES_MAX) {
                ModelHead kept = ModelHead.parse(Files.readAllBytes(file));
                if (kept.weightsRoot().equals(model.weightsRoot()) && kept.model().equals(model.id())) {
                    known.put(model.id(), read(kept));
                }
            }
        } catch (IOException | MalformedException | ModelException e) {
            // A cache that doesn't serve is filled again.
        }
        return Optional.ofNullable(known.get(model.id()));
    }

    /// The same, asked of a node, and kept.
    ModelText fetch(LockFile.Model model, NodeClient node) throws PlumblineException {
        ModelHead head = node.head(model.id());
        if (!head.weightsRoot().equals(model.weightsRoot()) || !head.model().equals(model.id())) {
            throw node.failed(Kind.LIED, "sent the head of another file: its weights root is "
                    + head.weightsRoot().hex() + ", pinned is " + model.weightsRoot().hex());
        }
        try {
            ModelText text = read(head);
            WholeFile.replace(file(model), head.encode());
            put(model.id(), text);
            return text;
        } catch (IOException e) {
            throw new PlumblineException("the folder " + folder + " can't be used: " + e, "");
        } catch (MalformedException e) {
            throw node.failed(Kind.LIED, e.getMessage());
        } catch (ModelException e) {
            throw node.failed(Kind.FAILED, "has a model that this program can't read: " + e.getMessage());
        }
    }

    private Path file(LockFile.Model model) {
        return folder.resolve("sha256-" + model.id().digest().hex() + ".head");
    }

    /// Reads a head as the file that it is the beginning of; the rest of that file is a hole (H6).
    private ModelText read(ModelHead head) throws IOException, ModelException, MalformedException {
        byte[] bytes = head.head();
        Path file = Files.createTempFile(folder, "hole-", ".gguf");
        try {
            try (RandomAccessFile hole = new RandomAccessFile(file.toFile(), "rw")) {
                hole.write(bytes);
                hole.setLength(head.fileBytes());
            }
            ModelText.Head read = ModelText.read(file);
            if (read.headBytes() > bytes.length) {
                throw new MalformedException("model's head",
                        "sent " + bytes.length + " bytes of a head that has " + read.headBytes());
            }
            return read.text();
        } finally {
            Files.delete(file);
        }
    }
}

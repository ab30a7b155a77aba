package plumbline.cli;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import plumbline.engine.ModelException;
import plumbline.node.ModelHandle;
import plumbline.node.ModelStore;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.StoredModel;
import plumbline.verify.MalformedException;
import plumbline.verify.ModelId;

/// What `NAME|FILE` stands for: a file that exists, an id in the cache, or a published name.
final class ModelNames {
    private ModelNames() {}

    static boolean isFile(String operand) {
        try {
            // "ns/name" may be a path too: what exists as a file is meant as one.
            return Files.exists(Path.of(operand));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /// The model's file on this machine.
    static Path file(String operand, Path data) throws Failure {
        if (isFile(operand)) {
            return ModelPath.existing(Path.of(operand));
        }
        try {
            if (operand.startsWith("sha256:")) {
                return ModelPath.cached(ModelId.parse(operand), data)
                        .orElseThrow(() -> unknown(operand));
            }
        } catch (MalformedException e) {
            throw new Failure(e.getMessage(), "");
        }
        Optional<NodeLink> running = NodeLink.holding(data);
        if (running.isPresent()) {
            ModelId id = new NodeApi(running.get()).modelId(operand);
            return ModelPath.cached(id, data).orElseThrow(() -> unknown(operand));
        }
        return published(operand, data);
    }

    private static Path published(String operand, Path data) throws Failure {
        boolean named = ModelStore.isName(operand.replaceAll("@.*", ""));
        if (!named || !Files.exists(data.resolve("node.db"))) {
            throw unknown(operand);
        }
        try (Node node = Node.open(data, ModelNames::loadsNothing, Node.Surroundings.system())) {
            return node.models().resolve(operand).orElseThrow(() -> unknown(operand)).file();
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }

    /// For commands that only look into the data folder.
    static ModelHandle loadsNothing(StoredModel stored) throws ModelException {
        throw new ModelException("this command runs no model");
    }

    static Failure unknown(String operand) {
        return new Failure(
                "there is no file and no model called " + operand,
                "`plumb models` lists what there is; `plumb publish FILE --name NS/NAME` adds"
                        + " one.");
    }
}

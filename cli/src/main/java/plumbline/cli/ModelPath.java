package plumbline.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.verify.ModelId;

/// Files of models, as people name them.
final class ModelPath {
    private ModelPath() {}

    static Path existing(Path file) throws Failure {
        if (Files.isDirectory(file)) {
            throw new Failure(file + " is a folder, a model is one GGUF file", "");
        }
        if (!Files.isRegularFile(file)) {
            throw new Failure("there is no file " + file, "");
        }
        return file;
    }

    /// The file with this digest in the cache of a data folder, or in the one of the sources'
    /// folder.
    static Optional<Path> cached(ModelId id, Path data) {
        List<Path> homes = new ArrayList<>(List.of(data));
        repository().ifPresent(folder -> homes.add(folder.resolve(".plumb")));
        return homes.stream().map(home -> blob(home, id)).filter(Files::isRegularFile).findFirst();
    }

    static Path blob(Path home, ModelId id) {
        return home.resolve("models").resolve("blobs").resolve("sha256-" + id.digest().hex());
    }

    /// The folder of the sources, if this program was started from one.
    static Optional<Path> repository() {
        String folder = System.getProperty("plumbline.repository", "");
        return folder.isEmpty() ? Optional.empty() : Optional.of(Path.of(folder));
    }
}

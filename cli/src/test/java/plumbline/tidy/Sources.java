package plumbline.tidy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The repository's own files, for the tests that read them.
final class Sources {

    static final List<String> MODULES = List.of("exact", "verify", "engine", "sdk", "node", "cli");

    record Source(String name, String text) {

        List<String> lines() {
            return text.lines().toList();
        }
    }

    private Sources() {}

    static Path repository() {
        return Path.of(System.getProperty("plumbline.repository"));
    }

    /// Java files of a kind (`main` or `test`) in all modules.
    static List<Source> java(String kind) {
        return MODULES.stream()
                .flatMap(module -> under(module + "/src/" + kind + "/java", ".java").stream()).toList();
    }

    /// Files below `folder` whose name ends so.
    static List<Source> under(String folder, String ending) {
        Path root = repository().resolve(folder);
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(f -> f.toString().endsWith(ending)).sorted().map(Sources::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Source read(Path file) {
        try {
            return new Source(repository().relativize(file).toString().replace('\\', '/'), Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

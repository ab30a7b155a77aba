package plumbline.verify;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;

/// Third-party test vectors, which lie beside the repository and are not part of it.
final class SharedVectors {
    private SharedVectors() {}

    /// The folder `../shared/vectors/NAME`. Without it the test fails on CI and is skipped
    /// elsewhere.
    static Path folder(String name) {
        Path folder = repository().resolve("../shared/vectors").resolve(name).normalize();
        if (!Files.isDirectory(folder)) {
            String message = "the shared test vectors are missing: put the folder \"shared\" beside"
                    + " the repository, so that " + folder + " exists";
            if ("true".equals(System.getenv("CI"))) {
                fail(message);
            }
            abort(message + "; skipped");
        }
        return folder;
    }

    static Path repository() {
        return Path.of(System.getProperty("plumbline.repository", "."));
    }
}

package plumbline.engine;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Finds the files that tests read but the repository does not hold.
///
/// A missing file skips the test with a message, except where CI=true: there it fails.
public final class TestModels {
    private TestModels() {}

    /// SmolLM2-135M-Instruct Q4_1: property `plumbline.model`, else PLUMB_MODEL, else `.plumb/`.
    public static Path smolLm2() {
        List<String> candidates = new ArrayList<>();
        candidates.add(System.getProperty("plumbline.model"));
        candidates.add(System.getenv("PLUMB_MODEL"));
        candidates.add(repository().resolve(".plumb/SmolLM2-135M-Instruct.Q4_1.gguf").toString());
        for (String candidate : candidates) {
            if (candidate != null && !candidate.isEmpty()) {
                return present(Path.of(candidate),
                        "SmolLM2-135M-Instruct Q4_1; ./plumb test fetches it");
            }
        }
        throw new IllegalStateException("no candidate");
    }

    /// A file or folder of the shared material that lies beside the repository.
    public static Path shared(String... names) {
        Path path = repository().resolve("../shared").normalize();
        for (String name : names) {
            path = path.resolve(name);
        }
        return present(path, "the shared test material; a public clone does not have it");
    }

    private static Path repository() {
        return Path.of(System.getProperty("plumbline.repository", ".")).toAbsolutePath();
    }

    private static Path present(Path path, String what) {
        if (Files.exists(path)) {
            return path;
        }
        String message = path + " is missing: " + what;
        return "true".equals(System.getenv("CI")) ? fail(message) : abort(message);
    }
}

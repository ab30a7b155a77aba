package plumbline.engine;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;

/// Finds the files that tests read but the repository does not hold.
///
/// A missing file skips the test with a message, except where CI=true: there it fails.
public final class TestModels {
    private TestModels() {}

    /// SmolLM2-135M-Instruct Q4_1: property `plumbline.model`, else PLUMB_MODEL, else `.plumb/`.
    public static Path smolLm2() {
        return present(
                candidate("plumbline.model", "PLUMB_MODEL", "SmolLM2-135M-Instruct.Q4_1.gguf"),
                "SmolLM2-135M-Instruct Q4_1; ./plumb test fetches it");
    }

    /// Gemma 3 270M Q4_K_M: property `plumbline.gemma`, else PLUMB_GEMMA, else `.plumb/`. For tests only, under the
    /// Gemma Terms of Use; never bundled.
    public static Path gemma3() {
        return present(candidate("plumbline.gemma", "PLUMB_GEMMA", "gemma-3-270m-q4_k_m.gguf"),
                "Gemma 3 270M Q4_K_M; ./plumb test fetches it, or tools/accuracy/fetch_gemma.py");
    }

    /// A file or folder of the shared material that lies beside the repository.
    public static Path shared(String... names) {
        Path path = repository().resolve("../shared").normalize();
        for (String name : names) {
            path = path.resolve(name);
        }
        return present(path, "the shared test material; a public clone does not have it");
    }

    /// A file of the repository.
    public static Path inRepository(String... names) {
        Path path = repository();
        for (String name : names) {
            path = path.resolve(name);
        }
        return path;
    }

    private static Path candidate(String property, String variable, String name) {
        for (String value : new String[] {System.getProperty(property), System.getenv(variable)}) {
            if (value != null && !value.isEmpty()) {
                return Path.of(value);
            }
        }
        return inRepository(".plumb", name);
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

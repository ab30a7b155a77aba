package plumbline.cli;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;

/// What tests with the real model need. Where something is missing they are skipped with a message, but fail where
/// CI=true.
final class RealModel {

    private RealModel() {}

    /// SmolLM2-135M-Instruct Q4_1, as `./plumb test` fetches it.
    static Path file() {
        String given = System.getProperty("plumbline.model", System.getenv().getOrDefault("PLUMB_MODEL", ""));
        Path path = given.isEmpty() ? Path.of("no model") : Path.of(given);
        return Files.isRegularFile(path)
                ? path : missing("SmolLM2-135M-Instruct Q4_1 is not there; ./plumb test fetches it");
    }

    /// A Python that has the clients of OpenAI, Anthropic and Ollama, as `./plumb test` installs it.
    static String pythonWithClients() {
        return installed("PLUMB_CLIENTS_PYTHON", "the Python clients");
    }

    /// What a variable names that `./plumb test` sets when it has installed something.
    static String installed(String variable, String what) {
        Path path = Path.of(System.getenv().getOrDefault(variable, "nothing"));
        return (Files.exists(path) ? path : missing(what + " not there; ./plumb test installs it, some with --full"))
                .toString();
    }

    /// A file of the shared material beside the repository, which a public clone doesn't have.
    static Path shared(String... names) {
        Path path = Path.of(System.getProperty("plumbline.repository"), "..", "shared");
        for (String name : names) {
            path = path.resolve(name);
        }
        return Files.exists(path) ? path : missing("the shared material is not there: " + path);
    }

    static Path missing(String message) {
        if ("true".equals(System.getenv("CI"))) {
            return fail(message);
        }
        return abort(message);
    }
}

package plumbline.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.exact.Fixed;
import plumbline.verify.Digest;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/// The table of docs/accuracy.md, made again: the float64 reference and the engine run over all its windows. The limits
/// are those of `tools/accuracy/compare.py`, and every integer logit has to be what bench/results/accuracy.jsonl says.
@Tag("full")
final class AccuracyRunTest {

    @TempDir
    Path folder;

    @Test
    void smolLm2MeetsTheLimitsOnBothTexts() throws Exception {
        run(TestModels.smolLm2(), 512, 8);
    }

    @Test
    void gemma3MeetsTheLimitsOnBothTexts() throws Exception {
        run(TestModels.gemma3(), 512, 8);
    }

    @Test
    void smolLm2MeetsTheLimitsAtTheFourthThousandToken() throws Exception {
        run(TestModels.smolLm2(), 4096, 1);
    }

    private void run(Path model, int context, int windows) throws Exception {
        Path out = folder.resolve("accuracy.jsonl");
        Path log = folder.resolve("log");
        List<String> command = new ArrayList<>(List.of(python(),
                TestModels.inRepository("tools", "accuracy", "compare.py").toString(), model.toString(),
                "--context", "" + context, "--windows", "" + windows, "--classes", classPath(), "--out", "" + out));
        for (String text : List.of("shakespeare.txt", "rust-book.txt")) {
            command.addAll(List.of("--text", TestModels.shared("text", text).toString()));
        }
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        assertEquals(0, builder.start().waitFor(), () -> read(log));
        List<JsonNode> measured = lines(out);
        assertEquals(2, measured.size());
        for (JsonNode line : measured) {
            JsonNode stored = lines(TestModels.inRepository("bench", "results", "accuracy.jsonl")).stream()
                    .filter(other -> Stream.of("model_sha256", "text", "engine", "context")
                            .allMatch(key -> other.get(key).equals(line.get(key))))
                    .findFirst().orElseThrow();
            assertTrue(line.get("predicted").asInt() >= 4000);
            assertEquals(stored.get("logits_sha256"), line.get("logits_sha256"), line.get("text").asString());
            assertEquals(stored.get("reference_perplexity").asDouble(), line.get("reference_perplexity").asDouble(),
                    2e-6, line.get("text").asString());
        }
    }

    /// A Python that has numpy: the one `./plumb test --full` made.
    private static String python() {
        String python = System.getenv("PLUMB_NUMPY_PYTHON");
        if (python != null && !python.isEmpty()) {
            return python;
        }
        String message = "there is no Python with numpy: ./plumb test --full gets one";
        return "true".equals(System.getenv("CI")) ? fail(message) : abort(message);
    }

    private static List<JsonNode> lines(Path file) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        return Files.readAllLines(file).stream().map(mapper::readTree).toList();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (java.io.IOException e) {
            return e.toString();
        }
    }

    private static String classPath() {
        return Stream.of(LogitsDump.class, Model.class, Digest.class, Fixed.class, JsonParser.class, JsonMapper.class)
                .map(type -> Path.of(URI.create(
                        type.getProtectionDomain().getCodeSource().getLocation().toString())).toString())
                .distinct().collect(Collectors.joining(File.pathSeparator));
    }
}

package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Coverage-guided fuzzing of each parser with Jazzer (Apache-2.0): ten minutes each, or as many seconds as
/// `-Dplumbline.fuzz.seconds` says. What breaks a parser is printed as the line to add to its `fuzz/NAME.txt`; what ran
/// is in bench/results/fuzz.txt.
@Tag("full")
final class FuzzRunsTest {

    private static final Path REPOSITORY = Path.of(System.getProperty("plumbline.repository"));
    private static final long SECONDS = Long.getLong("plumbline.fuzz.seconds", 600);

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "gguf, engine, plumbline.engine.gguf.GgufFuzzTest, 2048",
        "tokenizer, engine, plumbline.engine.tokenizer.TokenizerFuzzTest, 2048",
        "template, engine, plumbline.engine.template.TemplateBytesFuzzTest, 2048",
        "request, engine, plumbline.engine.request.RequestFuzzTest, 4096",
        "schema, engine, plumbline.engine.constraint.SchemaFuzzTest, 1024",
        "dialect, node, plumbline.node.api.DialectFuzzTest, 4096",
        "sayings, verify, plumbline.verify.SayingsFuzzTest, 2048",
        "bundle, verify, plumbline.verify.BundleFuzzTest, 4096",
        "checkpoint, verify, plumbline.verify.CheckpointFuzzTest, 4096",
        "tile, verify, plumbline.verify.TileFuzzTest, 2048"})
    void nothingBreaksTheParser(String name, String module, String target, int bytesMax) throws Exception {
        Path corpus = Files.createDirectory(folder.resolve("corpus"));
        Path seeds = REPOSITORY.resolve(module).resolve("src/test/resources/plumbline").resolve(module)
                .resolve("fuzz").resolve(name + ".txt");
        List<String> lines = Files.readAllLines(seeds).stream().filter(line -> !line.startsWith("#")).toList();
        for (int i = 0; i < lines.size(); i++) {
            Files.write(corpus.resolve("seed-" + i), Base64.getDecoder().decode(lines.get(i)));
        }
        Path log = folder.resolve("log");
        Process jazzer = new ProcessBuilder(command(target, bytesMax, corpus)).redirectErrorStream(true)
                .redirectOutput(log.toFile()).start();
        assertTrue(jazzer.waitFor(SECONDS + 600, TimeUnit.SECONDS), name + " didn't end");
        String report = Files.readString(log, StandardCharsets.ISO_8859_1);
        assertEquals(0, jazzer.exitValue(), () -> name + ": " + found() + "\n"
                + report.substring(Math.max(0, report.length() - 6000)));
        note(name, lines.size(), report);
    }

    // The fuzzer's own last words: executions, edges of the code that were reached, inputs that it keeps.
    private static void note(String name, int seeds, String report) throws IOException {
        String done = report.lines().filter(line -> line.startsWith("Done ")).findFirst().orElse("no count");
        String reached = report.lines().filter(line -> line.contains("DONE")).findFirst()
                .map(line -> line.replaceAll(".*(cov: .*) lim: .*", "$1")).orElse("no coverage");
        String line = Instant.now() + "  %-10s %s from %d seeds, nothing broke it; %s".formatted(
                name, done.replace("Done ", ""), seeds, reached);
        System.out.println("fuzzed " + line);
        Files.writeString(REPOSITORY.resolve("bench/results/fuzz.txt"), line + "\n",
                StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private List<String> command(String target, int bytesMax, Path corpus) {
        String classes = classPath();
        return new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g", "-XX:+UseSerialGC", "-XX:+EnableDynamicAgentLoading", "--enable-native-access=ALL-UNNAMED",
                "-cp", classes, "com.code_intelligence.jazzer.Jazzer", "--cp=" + classes, "--target_class=" + target,
                // Its checks for calls that a parser never makes only cost time.
                "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.*",
                "--instrumentation_includes=plumbline.**", "-max_total_time=" + SECONDS, "-timeout=300",
                "-use_value_profile=1", "-max_len=" + bytesMax, "-artifact_prefix=" + folder + "/found-",
                corpus.toString()));
    }

    private String found() {
        try (Stream<Path> files = Files.list(folder)) {
            StringBuilder lines = new StringBuilder();
            for (Path file : files.filter(f -> f.getFileName().toString().startsWith("found-")).toList()) {
                lines.append("\n").append(Base64.getEncoder().encodeToString(Files.readAllBytes(file)));
            }
            return lines.toString();
        } catch (IOException e) {
            return e.toString();
        }
    }

    // The classes of all modules, as the build left them, and every jar that the tests see.
    private static String classPath() {
        Stream<String> folders = Stream.of("exact", "verify", "engine", "sdk", "node").flatMap(module -> Stream.of(
                REPOSITORY.resolve(module).resolve("target/test-classes").toString(),
                REPOSITORY.resolve(module).resolve("target/classes").toString()));
        Stream<String> jars = FuzzRunsTest.class.getClassLoader().resources("META-INF/MANIFEST.MF")
                .map(URL::getPath)
                .filter(path -> path.startsWith("file:") && path.contains("!/"))
                .map(path -> Path.of(URI.create(path.substring(0, path.indexOf("!/")))).toString());
        return Stream.concat(folders, jars).distinct().collect(Collectors.joining(File.pathSeparator));
    }
}

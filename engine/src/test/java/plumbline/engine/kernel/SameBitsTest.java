package plumbline.engine.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.exact.Fixed;
import plumbline.verify.Digest;
import tools.jackson.core.JsonParser;

/// One set of bits (spec/arithmetic.md section 2, W8): every kernel, 1 and 2 threads, any chunking, and every way that
/// this JVM has to run them, on random odd shapes and extremes. A kernel with a planted error is found.
final class SameBitsTest {

    private static final long SEED = Long.getLong("plumbline.seed", System.nanoTime());
    private static final String AGAIN = "; again with -Dplumbline.seed=" + SEED;

    /// Compiled by C2 alone, after few calls.
    private static final List<String> C2 =
            List.of("-XX:-TieredCompilation", "-XX:CompileThreshold=1000");

    @TempDir
    Path folder;

    @Test
    void everyKernelGivesOneSetOfBitsHoweverItIsRun() throws Exception {
        check(SEED, 3);
    }

    @Test
    @Tag("full")
    void everyKernelGivesOneSetOfBitsHoweverItIsRunForManyShapes() throws Exception {
        for (int i = 0; i < 6; i++) {
            check(SEED + i, 20);
        }
    }

    private void check(long seed, int models) throws Exception {
        List<List<String>> ways = new ArrayList<>(List.of(List.of("-Xint"), List.of("-XX:TieredStopAtLevel=1")));
        boolean avx = System.getProperty("os.arch").matches("amd64|x86_64");
        for (int level = avx ? 0 : 3; level <= 3; level++) {
            ways.add(Stream.concat(C2.stream(), Stream.of(avx ? "-XX:UseAVX=" + level : "-XX:+UseSerialGC")).toList());
        }
        List<String> library = List.of("-Dplumbline.native=" + NativeBuild.library());
        List<Callable<List<String>>> runs = new ArrayList<>();
        for (List<String> way : ways) {
            String less = way.contains("-Xint") ? "interpreted" : "compiled";
            runs.add(() -> run(Stream.concat(way.stream(), library.stream()).toList(), seed, models, less));
        }
        Map<String, Map<String, List<String>>> seen = new LinkedHashMap<>(); // case, digest, who
        try (ExecutorService two = Executors.newFixedThreadPool(2)) {
            List<Future<List<String>>> outputs = two.invokeAll(runs);
            for (int i = 0; i < outputs.size(); i++) {
                collect(outputs.get(i).get(), ways.get(i).toString(), seen);
            }
        }
        assertTrue(seen.size() > 50, seen.size() + " cases");
        seen.forEach((test, digests) -> assertEquals(1, digests.size(), () -> test + ": " + digests.values() + AGAIN));
        TreeSet<String> kernels = new TreeSet<>();
        seen.values().forEach(digests -> digests.values().forEach(who -> who.forEach(
                w -> kernels.add(w.split("[-, ]")[0]))));
        assertEquals(new TreeSet<>(List.of("native", "scalar", "vector")), kernels);
    }

    private static void collect(List<String> lines, String way, Map<String, Map<String, List<String>>> seen) {
        for (String line : lines) {
            String[] parts = line.split("\t");
            seen.computeIfAbsent(parts[0], test -> new LinkedHashMap<>())
                    .computeIfAbsent(parts[2], digest -> new ArrayList<>()).add(parts[1] + " " + way);
        }
    }

    /// The lines that [SameBits] prints in a JVM with these options.
    private List<String> run(List<String> options, long seed, int models, String... words) throws Exception {
        Path modelsFolder = Files.createTempDirectory(folder, "models");
        Path errors = Files.createTempFile(folder, "stderr", "");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-XX:+UseSerialGC",
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath(), SameBits.class.getName(), Long.toString(seed),
                modelsFolder.toString(), Integer.toString(models)));
        command.addAll(Arrays.asList(words));
        Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
        try {
            List<String> lines = process.inputReader().lines().filter(line -> line.contains("\t")).toList();
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), "a JVM that doesn't end");
            assertEquals(0, process.exitValue(), () -> options + ": " + read(errors) + AGAIN);
            return lines;
        } finally {
            process.destroyForcibly();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (java.io.IOException e) {
            return e.toString();
        }
    }

    // Not java.class.path: a test runner may load the tests otherwise.
    private static String classPath() {
        return Stream.of(SameBits.class, Kernel.class, Digest.class, Fixed.class, JsonParser.class)
                .map(type -> Path.of(URI.create(
                        type.getProtectionDomain().getCodeSource().getLocation().toString())).toString())
                .distinct().collect(Collectors.joining(File.pathSeparator));
    }
}

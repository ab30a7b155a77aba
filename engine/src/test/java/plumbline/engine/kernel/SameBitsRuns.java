package plumbline.engine.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import plumbline.exact.Fixed;
import plumbline.verify.Digest;
import tools.jackson.core.JsonParser;

/// Runs [SameBits] in JVMs of their own and compares what they print.
final class SameBitsRuns {

    /// Compiled by C2 alone, after few calls.
    static final List<String> C2 = List.of("-XX:-TieredCompilation", "-XX:CompileThreshold=1000");

    private final Path folder;
    private final String again;
    private final String classPath;

    /// What was seen, by case and digest: who computed it.
    private final Map<String, Map<String, List<String>>> seen = new LinkedHashMap<>();

    /// `again` says how to repeat what fails.
    SameBitsRuns(Path folder, String again) {
        this(folder, again, classPath());
    }

    SameBitsRuns(Path folder, String again, String classPath) {
        this.folder = folder;
        this.again = again;
        this.classPath = classPath;
    }

    /// Options for C2 with the vectors of this level, 0 to 3; where the machine has none of the kind, with what it has.
    static List<String> c2(int level) {
        boolean avx = System.getProperty("os.arch").matches("amd64|x86_64");
        return Stream.concat(C2.stream(), avx ? Stream.of("-XX:UseAVX=" + level) : Stream.empty()).toList();
    }

    /// The lines that [SameBits] prints in a JVM with these options, at most `minutes` long.
    List<String> run(List<String> options, int minutes, String... words) throws Exception {
        Path errors = Files.createTempFile(folder, "stderr", "");
        Path out = Files.createTempFile(folder, "stdout", "");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-XX:+UseSerialGC",
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(options);
        command.addAll(List.of("-Dplumbline.native=" + NativeBuild.library(), "-cp", classPath,
                SameBits.class.getName()));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command).redirectError(errors.toFile()).redirectOutput(out.toFile())
                .start();
        try {
            assertTrue(process.waitFor(minutes, TimeUnit.MINUTES), () -> options + ": a JVM that doesn't end" + again);
            assertEquals(0, process.exitValue(), () -> options + ": " + read(errors) + again);
            return Files.readAllLines(out).stream().filter(line -> line.contains("\t")).toList();
        } finally {
            process.destroyForcibly();
        }
    }

    /// Takes the lines of a run that is called `way`.
    void collect(List<String> lines, String way) {
        for (String line : lines) {
            String[] parts = line.split("\t");
            seen.computeIfAbsent(parts[0], test -> new LinkedHashMap<>())
                    .computeIfAbsent(parts[2], digest -> new ArrayList<>()).add(parts[1] + " " + way);
        }
    }

    int cases() {
        return seen.size();
    }

    /// Cases of which there is more than one digest.
    List<String> different() {
        return seen.entrySet().stream().filter(test -> test.getValue().size() > 1).map(Map.Entry::getKey).toList();
    }

    /// Demands one digest of each case, and that every kernel took part.
    void assertSame() {
        seen.forEach((test, digests) ->
                assertEquals(1, digests.size(), () -> test + ": " + digests.values() + again));
        TreeSet<String> kernels = new TreeSet<>();
        seen.values().forEach(digests -> digests.values().forEach(who -> who.forEach(
                w -> kernels.add(w.split("[-, ]")[0]))));
        assertEquals(new TreeSet<>(List.of("native", "scalar", "vector")), kernels);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    // Not java.class.path: a test runner may load the tests otherwise.
    static String classPath() {
        return Stream.of(SameBits.class, Kernel.class, Digest.class, Fixed.class, JsonParser.class)
                .map(type -> Path.of(URI.create(
                        type.getProtectionDomain().getCodeSource().getLocation().toString())).toString())
                .distinct().collect(Collectors.joining(File.pathSeparator));
    }
}

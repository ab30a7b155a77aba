package plumbline.engine.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.exact.BlockFormat;

/// A kernel that is wrong by the least amount is found: its sources with one constant changed, compiled, and put
/// where the right ones belong. Cites spec/arithmetic.md W13, W17 and R3.
public final class PlantedErrorTest {

    private record Error(String file, String right, String wrong) {}

    private static final Error VECTOR_ATTENTION =
            new Error("AttentionLoops.java", "for (int j = from; j < to; j++)", "for (int j = from; j < to - 1; j++)");
    private static final Error VECTOR_QUANTS =
            new Error("BlockUnpack.java", "v.and((short) 15).sub((short) 8)", "v.and((short) 15).sub((short) 7)");

    private static final List<Error> ERRORS = List.of(
            new Error("layout.h", "<< 4) - 32)", "<< 4) - 31)"), // the scales of Q3_K and IQ4_XS
            new Error("steps.h", "shift(a * cos[i] - b * sin[i], 30)", "shift(a * cos[i] - b * sin[i], 30) + 1"));

    @TempDir
    Path folder;

    @Test
    void aKernelThatIsWrongByOneIsRefused() throws Exception {
        NativeBuild.library(); // skips where there is no compiler
        for (int i = 0; i < ERRORS.size(); i++) {
            NativeKernel wrong = NativeKernel.open(build(ERRORS.get(i), folder.resolve("error" + i)));
            Optional<String> fault = SelfTest.fault(wrong);
            assertTrue(fault.isPresent(), ERRORS.get(i).wrong());
            assertTrue(fault.get().contains(" instead of "), fault.get());
            // The comparison finds the difference whichever side is wrong: so a vector kernel would be refused too.
            assertTrue(differs(VectorKernel.create(), wrong), ERRORS.get(i).wrong());
            assertTrue(SameBits.differ(wrong, new ScalarKernel()), "the tests' comparison: " + ERRORS.get(i).wrong());
        }
        assertEquals(Optional.empty(), SelfTest.fault(NativeKernel.open(NativeBuild.library())));
    }

    @Test
    void aVectorKernelThatForgetsTheLastPositionIsRefused() throws Exception {
        List<String> said = planted(VECTOR_ATTENTION);
        assertEquals(2, said.size(), said.toString());
        assertTrue(said.get(0).matches("refused\tkernel .vector-[0-9]+. is refused: its attention gives .* instead of"
                + " .*"), said.toString());
        assertEquals("differs\ttrue", said.get(1), "the tests' comparison");
    }

    /// Only that format is left to the scalar kernel, so the bits are right.
    @Test
    void aVectorKernelWhoseQuantsAreWrongByOneIsRefusedForTheirFormat() throws Exception {
        List<String> said = planted(VECTOR_QUANTS);
        assertEquals(3, said.size(), said.toString());
        String why = "kernel .vector-[0-9]+. is refused for Q4_0 weights: it multiplies .* instead of .*";
        assertTrue(said.get(0).matches("heard\t" + why), "when it packs a matrix: " + said);
        assertTrue(said.get(1).matches("refused\t" + why), said.toString());
        assertEquals("differs\tfalse", said.get(2));
    }

    /// What [SameBits] says in a JVM with that error.
    private List<String> planted(Error error) throws Exception {
        String classPath = wrongClasses(error, folder.resolve("wrong")) + File.pathSeparator + SameBitsRuns.classPath();
        return new SameBitsRuns(folder, "", classPath).run(List.of("-XX:TieredStopAtLevel=1"), 5, "vector");
    }

    /// Compiles a vector kernel whose Q4_0 weights are off by one into `folder`; returns what has to stand first in a
    /// class path.
    public static Path wrongVector(Path folder) throws IOException {
        return wrongClasses(VECTOR_QUANTS, folder);
    }

    private static Path wrongClasses(Error error, Path folder) throws IOException {
        Path classes = Files.createDirectories(folder.resolve("classes"));
        Path source = Path.of(System.getProperty("plumbline.repository"),
                "engine/src/main/java/plumbline/engine/kernel", error.file());
        Path wrong = Files.writeString(folder.resolve(error.file()), planted(Files.readString(source), error));
        int code = ToolProvider.getSystemJavaCompiler().run(null, null, null, "-proc:none", "-nowarn", "--add-modules",
                "jdk.incubator.vector", "-cp", SameBitsRuns.classPath(), "-d", classes.toString(), wrong.toString());
        assertEquals(0, code, "javac");
        return classes;
    }

    private static String planted(String text, Error error) {
        assertTrue(text.contains(error.right()), error.file() + " no longer has `" + error.right()
                + "`: plant the error somewhere else");
        return text.replace(error.right(), error.wrong());
    }

    /// What a vector kernel has to pass at the start and when it first packs a format.
    private static boolean differs(Kernel kernel, Kernel reference) {
        return SelfTest.fault(kernel, reference).isPresent() || Stream.of(BlockFormat.values())
                .anyMatch(format -> SelfTest.fault(kernel, reference, format, 3).isPresent());
    }

    /// Compiles a native library whose arithmetic is off by one into `folder`; returns its file.
    public static Path wrongLibrary(Path folder) throws IOException, InterruptedException {
        NativeBuild.library();
        return build(ERRORS.getFirst(), folder);
    }

    private static Path build(Error error, Path folder) throws IOException, InterruptedException {
        Path repository = Path.of(System.getProperty("plumbline.repository"));
        Path sources = Files.createDirectories(folder.resolve("engine/src/main/native"));
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.list(repository.resolve("engine/src/main/native"))) {
            all.filter(Files::isRegularFile).forEach(files::add);
        }
        for (Path file : files) {
            Files.copy(file, sources.resolve(file.getFileName()));
        }
        Path tools = Files.createDirectories(folder.resolve("tools"));
        Path script = Files.copy(repository.resolve("tools/build-native.sh"), tools.resolve("build-native.sh"));
        Path source = sources.resolve(error.file());
        Files.writeString(source, planted(Files.readString(source), error));
        ProcessBuilder compiler = new ProcessBuilder("bash", script.toString(), folder.toString());
        compiler.environment().put("CFLAGS", "-O0"); // compiled in a moment, run once
        Process process = compiler.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), output);
        return folder.resolve(System.mapLibraryName("plumbline"));
    }
}

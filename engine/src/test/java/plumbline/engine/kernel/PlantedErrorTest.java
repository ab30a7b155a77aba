package plumbline.engine.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.exact.BlockFormat;

/// A kernel that is wrong by the least amount is found: the C sources with one constant changed, compiled, and put
/// where the right one belongs. Cites spec/arithmetic.md W13, W17 and R3.
public final class PlantedErrorTest {

    private record Error(String file, String right, String wrong) {}

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
        String text = Files.readString(source);
        assertTrue(text.contains(error.right()), error.file() + " no longer has `" + error.right()
                + "`: plant the error somewhere else");
        Files.writeString(source, text.replace(error.right(), error.wrong()));
        ProcessBuilder compiler = new ProcessBuilder("bash", script.toString(), folder.toString());
        compiler.environment().put("CFLAGS", "-O0"); // compiled in a moment, run once
        Process process = compiler.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), output);
        return folder.resolve(System.mapLibraryName("plumbline"));
    }
}

package plumbline.engine.kernel;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// The native library for tests: the one that the program's build made, or, where that is missing or older than
/// its source, one compiled now.
public final class NativeBuild {

    private static Path library;

    private NativeBuild() {}

    /// The library's file. Where there is no C compiler the test is skipped, saying so, and fails on CI.
    static synchronized Path library() throws IOException, InterruptedException {
        Path repository = Path.of(System.getProperty("plumbline.repository"));
        Path built = repository.resolve("dist", "native", System.mapLibraryName("plumbline"));
        if (library == null && newer(built, repository.resolve("engine/src/main/native"))) {
            library = built;
        }
        if (library == null) {
            if (!"true".equals(System.getenv("CI"))) {
                Assumptions.assumeTrue(compiler(), "the native kernel isn't tested: there is no C compiler"
                        + " (cc, gcc or clang) on the PATH");
            }
            Path directory = Files.createTempDirectory("plumbline-native");
            library = compile(directory);
            library.toFile().deleteOnExit();
            directory.toFile().deleteOnExit(); // deleted in reverse order
        }
        return library;
    }

    /// The fastest kernel that this machine can compile or has, for tests that compute much.
    public static Kernel fastest() throws IOException, InterruptedException, KernelUnavailableException {
        return compiler() ? NativeKernel.open(library()) : Kernels.choose("");
    }

    private static boolean compiler() {
        return Stream.of("cc", "gcc", "clang").anyMatch(NativeBuild::onPath);
    }

    private static boolean newer(Path built, Path sources) throws IOException {
        if (!Files.exists(built)) {
            return false;
        }
        long time = Files.getLastModifiedTime(built).toMillis();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(sources)) {
            for (Path file : files) {
                if (Files.getLastModifiedTime(file).toMillis() >= time) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean onPath(String program) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    private static Path compile(Path directory) throws IOException, InterruptedException {
        Path script = Path.of(System.getProperty("plumbline.repository"), "tools", "build-native.sh");
        Process process = new ProcessBuilder("bash", script.toString(), directory.toString())
                .redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new AssertionError("tools/build-native.sh failed: " + output);
        }
        return directory.resolve(System.mapLibraryName("plumbline"));
    }
}

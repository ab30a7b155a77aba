package plumbline.engine.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// The C sources alone, without Java: `tools/test-native.sh` compares the instruction sets with the portable
/// functions and with a digest that is the same on every machine. Cites spec/arithmetic.md sections 2, 6 and 9.
@Tag("full")
class NativeSourceTest {

    /// Here, under sanitizers, and for 64-bit ARM (NEON) under qemu. Where CI=true none of them may be left out.
    @Test
    void givesTheSameDigestOnEveryProcessor() throws Exception {
        Path script = Path.of(System.getProperty("plumbline.repository"), "tools", "test-native.sh");
        ProcessBuilder builder = new ProcessBuilder("bash", script.toString());
        builder.environment().put("REQUIRE_ALL", "true".equals(System.getenv("CI")) ? "1" : "");
        File output = Files.createTempFile("plumbline-native", ".log").toFile();
        Process process = builder.redirectErrorStream(true).redirectOutput(output).start();
        int status = process.waitFor();
        String text = Files.readString(output.toPath());
        output.delete();
        assertEquals(0, status, text);
        assertTrue(text.startsWith("this machine: all the same"), text);
    }
}

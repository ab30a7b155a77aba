package plumbline.engine;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/// Inputs of the fuzzed parsers, a line of base64 each: what `FuzzRunsTest` starts from, what it found
/// worth keeping, and whatever once broke a parser. `./plumb test` runs them all again.
public final class FuzzSeeds {
    /// A fuzz target: returns, or throws nothing but what is a fault.
    public interface Target {
        void run(byte[] data);
    }

    private FuzzSeeds() {}

    /// @param name of the file `fuzz/NAME.txt` beside the tests
    public static void replay(String name, Target target) throws IOException {
        replayAt("/plumbline/engine/fuzz/" + name + ".txt", target);
    }

    /// @param file a resource of any module
    public static void replayAt(String file, Target target) throws IOException {
        List<String> lines;
        try (InputStream in = FuzzSeeds.class.getResourceAsStream(file)) {
            lines = new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines()
                    .filter(line -> !line.startsWith("#")).toList();
        }
        assertFalse(lines.isEmpty());
        for (String line : lines) {
            try {
                target.run(Base64.getDecoder().decode(line));
            } catch (RuntimeException | Error e) {
                throw new AssertionError(file + ", the line " + line, e);
            }
        }
    }
}

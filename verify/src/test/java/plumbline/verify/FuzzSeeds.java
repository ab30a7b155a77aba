package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/// Inputs of the fuzzed parsers, a line of base64 each: what `FuzzRunsTest` starts from, what it found
/// worth keeping, and whatever once broke a parser. `./plumb test` runs them all again.
final class FuzzSeeds {
    /// A fuzz target: returns, or throws nothing but what is a fault.
    interface Target {
        void run(byte[] data);
    }

    private FuzzSeeds() {}

    /// @param name of the file `fuzz/NAME.txt` beside the tests
    static void replay(String name, Target target) throws IOException {
        List<String> lines;
        try (InputStream in = FuzzSeeds.class.getResourceAsStream("fuzz/" + name + ".txt")) {
            lines = new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines()
                    .filter(line -> !line.startsWith("#")).toList();
        }
        assertFalse(lines.isEmpty());
        for (String line : lines) {
            try {
                target.run(Base64.getDecoder().decode(line));
            } catch (RuntimeException | Error e) {
                throw new AssertionError("fuzz/" + name + ".txt, the line " + line, e);
            }
        }
    }
}

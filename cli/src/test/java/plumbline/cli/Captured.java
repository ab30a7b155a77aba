package plumbline.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// One run of the program inside the test, with what it wrote.
record Captured(int code, String out, String err) {

    static Captured run(String... words) {
        return runWithInput("", words);
    }

    static Captured runWithInput(String input, String... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(List.of(words), terminal(input, out, err, ""));
        return new Captured(code, out.toString(StandardCharsets.UTF_8),
                err.toString(StandardCharsets.UTF_8));
    }

    /// @param terminals as the launcher tells it: `i`, `o`, `e` for streams that are terminals
    static Terminal terminal(
            String input, ByteArrayOutputStream out, ByteArrayOutputStream err, String terminals) {
        return new Terminal(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                terminals,
                true);
    }

    static Terminal silent() {
        return terminal("", new ByteArrayOutputStream(), new ByteArrayOutputStream(), "");
    }
}

package plumbline.cli;

import java.io.InputStream;
import java.io.PrintStream;

/// The three streams of the process and what is known about them. Results go to `out`, everything
/// else that a person reads goes to `err`. Colour and lines that overwrite themselves appear only
/// on a terminal; the launcher says which stream is one (`-Dplumbline.terminal=ioe`), because Java
/// can't tell for each stream.
final class Terminal {
    private final InputStream in;
    private final PrintStream out;
    private final PrintStream err;
    private final String terminals;
    private final boolean colour;

    /// @param terminals contains `i`, `o`, `e` where that stream is a terminal
    Terminal(InputStream in, PrintStream out, PrintStream err, String terminals, boolean colour) {
        this.in = in;
        this.out = out;
        this.err = err;
        this.terminals = terminals;
        this.colour = colour;
    }

    static Terminal ofProcess() {
        String none = System.getenv("NO_COLOR");
        boolean dumb = "dumb".equals(System.getenv("TERM"));
        String terminals = dumb ? "" : System.getProperty("plumbline.terminal", "");
        boolean colour = none == null || none.isEmpty();
        return new Terminal(System.in, System.out, System.err, terminals, colour);
    }

    InputStream in() {
        return in;
    }

    PrintStream out() {
        return out;
    }

    PrintStream err() {
        return err;
    }

    boolean inIsTerminal() {
        return terminals.indexOf('i') >= 0;
    }

    boolean outIsTerminal() {
        return terminals.indexOf('o') >= 0;
    }

    boolean errIsTerminal() {
        return terminals.indexOf('e') >= 0;
    }

    /// A line of talk.
    void say(String line) {
        err.println(line);
    }

    /// A line of the result.
    void print(String line) {
        out.println(line);
    }

    enum Colour {
        RED(31), GREEN(32), YELLOW(33), FAINT(2), BOLD(1);

        private final int code;

        Colour(int code) {
            this.code = code;
        }
    }

    /// For text that goes to stdout.
    String paint(Colour how, String text) {
        return colour && outIsTerminal() ? "\033[" + how.code + "m" + text + "\033[0m" : text;
    }

    /// For text that goes to stderr.
    String paintTalk(Colour how, String text) {
        return colour && errIsTerminal() ? "\033[" + how.code + "m" + text + "\033[0m" : text;
    }
}

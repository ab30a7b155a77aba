package plumbline.cli;

/// One option of a command: the table that parses is the table that `--help` prints.
///
/// @param name    the long name with its dashes, `--max-tokens`
/// @param letter  the short name with its dash, `-p`, or empty
/// @param value   what the value is called in `--help`, `N`; empty for a switch
/// @param meaning what it does, with its default
record Option(String name, String letter, String value, String meaning) {
    Option {
        if (!name.startsWith("--") || !(letter.isEmpty() || letter.length() == 2)) {
            throw new IllegalArgumentException("option " + name + ", letter " + letter);
        }
    }

    static Option value(String name, String value, String meaning) {
        return new Option(name, "", value, meaning);
    }

    static Option flag(String name, String meaning) {
        return new Option(name, "", "", meaning);
    }

    boolean takesValue() {
        return !value.isEmpty();
    }

    /// Whether it may be given several times; its value is then written with three dots.
    boolean repeats() {
        return value.endsWith("...");
    }

    /// `-p, --prompt PROMPT`
    String shown() {
        String names = letter.isEmpty() ? "    " + name : letter + ", " + name;
        return takesValue() ? names + " " + value : names;
    }

    static final Option JSON = flag("--json", "the result as one line of JSON on stdout");
    static final Option DATA =
            value("--data", "DIR", "the data folder (default $PLUMB_HOME, else ~/.plumbline)");
    static final Option HELP = new Option("--help", "-h", "", "this text");
}

package plumbline.cli;

/// Text in columns for a person.
final class Columns {
    static final int LINE_WIDTH = 96;

    private Columns() {}

    /// Breaks text at spaces into lines of at most [#LINE_WIDTH]; all but the first begin with
    /// `indent` spaces, and the first is taken to begin there.
    static String wrap(String text, int indent) {
        StringBuilder out = new StringBuilder();
        int column = indent;
        for (String word : text.split(" ")) {
            if (column > indent && column + 1 + word.length() > LINE_WIDTH) {
                out.append('\n').append(" ".repeat(indent));
                column = indent;
            } else if (column > indent) {
                out.append(' ');
                column++;
            }
            out.append(word);
            column += word.length();
        }
        return out.toString();
    }

    /// Two columns, the right one at `at`; a left part that is too long has a line of its own.
    static String row(String left, String right, int at) {
        String start = left.length() < at
                ? left + " ".repeat(at - left.length())
                : left + "\n" + " ".repeat(at);
        return start + wrap(right, at);
    }
}

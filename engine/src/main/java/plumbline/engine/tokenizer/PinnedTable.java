package plumbline.engine.tokenizer;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/// Reads a generated Unicode table: lines of a letter and hexadecimal numbers, `#` for comments.
///
/// The tables are part of the program (tools/unicode/generate.py), so a broken one is a broken
/// build and not an error of its user.
final class PinnedTable {
    static final String VERSION = "16.0.0";

    private static final int FIELDS_MAX = 16;

    private PinnedTable() {}

    /// Takes one line; `fields[0 .. count)` are its numbers, and the array is reused.
    interface Row {
        void take(char tag, int[] fields, int count);
    }

    static String fileName(String name) {
        return "unicode-" + VERSION + "-" + name + ".txt";
    }

    static void read(String name, Row row) {
        byte[] text = bytes(fileName(name));
        int[] fields = new int[FIELDS_MAX];
        int at = 0;
        while (at < text.length) {
            char tag = (char) text[at];
            int count = 0;
            for (at++; text[at] != '\n'; at++) {
                if (tag == '#') {
                    continue;
                }
                if (text[at] == ' ') {
                    fields[count++] = 0;
                } else {
                    int digit = text[at] <= '9' ? text[at] - '0' : text[at] - 'a' + 10;
                    fields[count - 1] = fields[count - 1] << 4 | digit;
                }
            }
            at++;
            if (tag != '#') {
                row.take(tag, fields, count);
            }
        }
    }

    private static byte[] bytes(String file) {
        try (InputStream in = PinnedTable.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("the program lacks its table " + file);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package plumbline.engine.tokenizer;

import java.util.Arrays;

/// The three classes of code points that pre-tokenizers ask for, from the pinned table.
///
/// Never `Character.isLetter` and its like: they follow the Unicode version of the JDK that runs,
/// and ids must not. Source: spec/tokenizer.md T4.
final class UnicodeClasses {
    private static final byte OTHER = 0;
    private static final byte LETTER = 1;
    private static final byte NUMBER = 2;
    private static final byte WHITE_SPACE = 3;

    /// One byte per code point; the classes do not overlap.
    private static final byte[] CLASS_OF = load();

    private UnicodeClasses() {}

    private static byte[] load() {
        byte[] classOf = new byte[0x110000];
        PinnedTable.read("classes", (tag, fields, count) -> Arrays.fill(
                classOf, fields[0], fields[1] + 1, switch (tag) {
                    case 'L' -> LETTER;
                    case 'N' -> NUMBER;
                    case 'W' -> WHITE_SPACE;
                    default -> throw new IllegalStateException("unknown class " + tag);
                }));
        return classOf;
    }

    /// General category L.
    static boolean isLetter(int codePoint) {
        return CLASS_OF[codePoint] == LETTER;
    }

    /// General category N.
    static boolean isNumber(int codePoint) {
        return CLASS_OF[codePoint] == NUMBER;
    }

    /// Property White_Space.
    static boolean isWhiteSpace(int codePoint) {
        return CLASS_OF[codePoint] == WHITE_SPACE;
    }

    /// None of the three.
    static boolean isOther(int codePoint) {
        return CLASS_OF[codePoint] == OTHER;
    }
}

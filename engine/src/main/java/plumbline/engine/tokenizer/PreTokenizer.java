package plumbline.engine.tokenizer;

import static plumbline.engine.tokenizer.UnicodeClasses.isLetter;
import static plumbline.engine.tokenizer.UnicodeClasses.isNumber;
import static plumbline.engine.tokenizer.UnicodeClasses.isOther;
import static plumbline.engine.tokenizer.UnicodeClasses.isWhiteSpace;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// How a text is cut into pieces before merging; each constant has its values
/// of `tokenizer.ggml.pre`.
///
/// The regular expressions that define the pieces are in spec/tokenizer.md section 4. The scanners
/// follow their alternatives in order and look at every code point a bounded number of times.
enum PreTokenizer {
    /// Each number stands alone, and the text between two numbers is cut as GPT-2 does (T11).
    SMOLLM("smollm", "starcoder") {
        @Override
        int end(int[] text, int at, int end) {
            return isNumber(text[at]) ? at + 1 : gpt2End(text, at, end);
        }

        @Override
        int partEnd(int[] text, int at, int end) {
            int to = at;
            while (to < end && !isNumber(text[to])) {
                to++;
            }
            return Math.max(to, at + 1);
        }
    },
    GPT_2("gpt-2", "phi-2") {
        @Override
        int end(int[] text, int at, int end) {
            return gpt2End(text, at, end);
        }
    },
    QWEN2("qwen2") {
        @Override
        int end(int[] text, int at, int end) {
            return llama3End(text, at, end, 1);
        }
    },
    LLAMA_BPE("llama-bpe", "llama3", "llama-v3") {
        @Override
        int end(int[] text, int at, int end) {
            return llama3End(text, at, end, 3);
        }
    };

    /// U+017F, whose case folding is `s`: `(?i:'s)` matches it.
    private static final int LONG_S = 0x17f;

    private final List<String> names;

    PreTokenizer(String... names) {
        this.names = List.of(names);
    }

    /// The pre-tokenizer that a file calls by that name.
    static Optional<PreTokenizer> named(String name) {
        for (PreTokenizer known : values()) {
            if (known.names.contains(name)) {
                return Optional.of(known);
            }
        }
        return Optional.empty();
    }

    /// The first one is the name that the rules go by.
    List<String> names() {
        return names;
    }

    static List<String> supportedNames() {
        return Stream.of(values()).flatMap(known -> known.names.stream()).toList();
    }

    /// Where the piece that starts at `at` ends, within `text[at .. end)`; more than `at`.
    abstract int end(int[] text, int at, int end);

    /// Where the part that starts at `at` ends: pieces never cross it, and lookahead stops there.
    int partEnd(int[] text, int at, int end) {
        return end;
    }

    /// Llama 3's vocabulary is asked for a whole piece before its merges are (T15).
    boolean looksUpWholePieces() {
        return this == LLAMA_BPE;
    }

    /// Qwen2's tokenizer asks for Unicode normalisation form C (T5).
    boolean normalises() {
        return this == QWEN2;
    }

    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+` (T12).
    private static int gpt2End(int[] text, int at, int end) {
        int contraction = contractionEnd(text, at, end, false);
        if (contraction > at) {
            return contraction;
        }
        int first = text[at] == ' ' && at + 1 < end ? at + 1 : at;
        if (isLetter(text[first])) {
            return letters(text, first, end);
        }
        if (isNumber(text[first])) {
            return numbers(text, first, end);
        }
        if (isOther(text[first])) {
            return others(text, first, end);
        }
        return whiteSpaceEnd(text, at, end);
    }

    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,n}` then
    /// ` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+` (T13, T14).
    private static int llama3End(int[] text, int at, int end, int numbersMax) {
        int contraction = contractionEnd(text, at, end, true);
        if (contraction > at) {
            return contraction;
        }
        int c = text[at];
        if (isLetter(c)) {
            return letters(text, at, end);
        }
        if (isNumber(c)) {
            return numbers(text, at, Math.min(end, at + numbersMax));
        }
        if (!isNewline(c) && at + 1 < end && isLetter(text[at + 1])) {
            return letters(text, at + 1, end);
        }
        int first = c == ' ' && at + 1 < end ? at + 1 : at;
        if (isOther(text[first])) {
            return newlines(text, others(text, first, end), end);
        }
        int run = whiteSpace(text, at, end);
        for (int last = run; last > at; last--) {
            if (isNewline(text[last - 1])) {
                return last;
            }
        }
        return whiteSpaceEnd(text, at, end);
    }

    /// `\s+(?!\S)|\s+`: a run that is followed by something leaves its last character to it.
    private static int whiteSpaceEnd(int[] text, int at, int end) {
        int run = whiteSpace(text, at, end);
        return run < end && run - at > 1 ? run - 1 : run;
    }

    /// Behind the contraction that starts at `at`, or `at` where there is none.
    private static int contractionEnd(int[] text, int at, int end, boolean anyCase) {
        if (text[at] != '\'' || at + 1 == end) {
            return at;
        }
        int first = folded(text[at + 1], anyCase);
        if (first == 's' || first == 't' || first == 'm' || first == 'd') {
            return at + 2;
        }
        int second = at + 2 < end ? folded(text[at + 2], anyCase) : 0;
        boolean two = (first == 'r' || first == 'v') && second == 'e'
                || first == 'l' && second == 'l';
        return two ? at + 3 : at;
    }

    private static int folded(int c, boolean anyCase) {
        if (!anyCase) {
            return c;
        }
        if (c == LONG_S) {
            return 's';
        }
        return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
    }

    private static boolean isNewline(int c) {
        return c == '\r' || c == '\n';
    }

    private static int letters(int[] text, int at, int end) {
        int to = at;
        while (to < end && isLetter(text[to])) {
            to++;
        }
        return to;
    }

    private static int numbers(int[] text, int at, int end) {
        int to = at;
        while (to < end && isNumber(text[to])) {
            to++;
        }
        return to;
    }

    private static int others(int[] text, int at, int end) {
        int to = at;
        while (to < end && isOther(text[to])) {
            to++;
        }
        return to;
    }

    private static int newlines(int[] text, int at, int end) {
        int to = at;
        while (to < end && isNewline(text[to])) {
            to++;
        }
        return to;
    }

    private static int whiteSpace(int[] text, int at, int end) {
        int to = at;
        while (to < end && isWhiteSpace(text[to])) {
            to++;
        }
        return to;
    }
}

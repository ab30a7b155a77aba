package plumbline.engine.tokenizer;

import static plumbline.engine.tokenizer.Vocabulary.FORMAT;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.OptionalInt;
import plumbline.engine.gguf.GgufMetadata;
import plumbline.verify.MalformedException;

/// What becomes of characters that are in no token: byte tokens, else the unknown token.
///
/// Source: spec/tokenizer.md T23, T28.
final class ByteFallback {
    private static final int NONE = -1;
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    /// Empty where the vocabulary has no byte tokens.
    private final int[] tokenOfByte;
    private final int unknown;

    private ByteFallback(int[] tokenOfByte, int unknown) {
        this.tokenOfByte = tokenOfByte;
        this.unknown = unknown;
    }

    /// All 256 byte tokens, or none and an unknown token.
    static ByteFallback of(GgufMetadata metadata, Vocabulary vocabulary) throws MalformedException {
        int[] tokens = new int[256];
        Arrays.fill(tokens, NONE);
        int found = 0;
        for (int id = 0; id < vocabulary.size(); id++) {
            if (vocabulary.type(id) == Vocabulary.BYTE) {
                // Two tokens of the same byte would have the same text, which is refused before.
                tokens[valueOf(vocabulary, id)] = id;
                found++;
            }
        }
        OptionalInt unknown =
                NamedTokens.id(metadata, vocabulary, "tokenizer.ggml.unknown_token_id");
        if (found != 0 && found != tokens.length) {
            int missing = 0;
            while (tokens[missing] != NONE) {
                missing++;
            }
            throw new MalformedException(FORMAT, "the vocabulary has " + found
                    + " byte tokens, expected 256 or none; " + textOf(missing) + " is missing");
        }
        if (found == 0 && unknown.isEmpty()) {
            throw new MalformedException(FORMAT, "the vocabulary has no byte tokens, and the file"
                    + " no tokenizer.ggml.unknown_token_id: it can't encode every text");
        }
        return new ByteFallback(found == 0 ? new int[0] : tokens, unknown.orElse(NONE));
    }

    private static String textOf(int value) {
        return "<0x" + HEX.toHexDigits((byte) value) + ">";
    }

    private static int valueOf(Vocabulary vocabulary, int id) throws MalformedException {
        int value = valueOf(vocabulary.utf8(id));
        if (value == NONE) {
            throw new MalformedException(FORMAT, "byte token " + id + " is \""
                    + vocabulary.text(id) + "\", expected <0x00> to <0xFF>");
        }
        return value;
    }

    /// The value of the text `<0xHH>` with upper-case digits, or -1.
    static int valueOf(byte[] text) {
        if (text.length != 6 || text[0] != '<' || text[1] != '0' || text[2] != 'x'
                || text[5] != '>') {
            return NONE;
        }
        int high = digit(text[3]);
        int low = digit(text[4]);
        return high < 0 || low < 0 ? NONE : high << 4 | low;
    }

    private static int digit(byte character) {
        if (character >= '0' && character <= '9') {
            return character - '0';
        }
        return character >= 'A' && character <= 'F' ? character - 'A' + 10 : NONE;
    }

    /// Appends the ids of `utf8[from .. to)`, a character that is in no token. A run of unknown
    /// tokens becomes one: `inRun` says that the last id is of such a run, the answer that it is
    /// now.
    boolean add(byte[] utf8, int from, int to, boolean inRun, IntList ids) {
        if (tokenOfByte.length == 0) {
            if (!inRun) {
                ids.add(unknown);
            }
            return true;
        }
        for (int at = from; at < to; at++) {
            ids.add(tokenOfByte[utf8[at] & 0xff]);
        }
        return false;
    }
}

package plumbline.engine.tokenizer;

import java.util.ArrayList;
import java.util.List;
import plumbline.engine.gguf.GgufMetadata;
import plumbline.engine.gguf.TinyGguf;
import plumbline.verify.MalformedException;

/// Builds small byte-level vocabularies: the 256 bytes are tokens 0 to 255, the rest follows.
public final class TinyVocabulary {
    private final List<String> tokens = new ArrayList<>();
    private final List<Integer> types = new ArrayList<>();
    private final List<String> merges = new ArrayList<>();

    public TinyVocabulary() {
        for (int value = 0; value < 256; value++) {
            token(String.valueOf(ByteAlphabet.characterOf(value)), Vocabulary.NORMAL);
        }
    }

    public TinyVocabulary token(String text, int type) {
        tokens.add(text);
        types.add(type);
        return this;
    }

    public TinyVocabulary control(String text) {
        return token(text, Vocabulary.CONTROL);
    }

    /// A merge and the token that it makes.
    public TinyVocabulary merge(String left, String right) {
        if (!tokens.contains(left + right)) {
            token(left + right, Vocabulary.NORMAL);
        }
        return mergeLine(left + " " + right);
    }

    /// A merge line as given, true or not.
    public TinyVocabulary mergeLine(String line) {
        merges.add(line);
        return this;
    }

    public TinyVocabulary remove(String text) {
        int id = tokens.indexOf(text);
        tokens.remove(id);
        types.remove(id);
        return this;
    }

    public int id(String text) {
        return tokens.indexOf(text);
    }

    List<String> tokens() {
        return tokens;
    }

    List<String> merges() {
        return merges;
    }

    /// The file so far, to add keys to.
    public TinyGguf gguf(String pre) {
        return new TinyGguf()
                .string("tokenizer.ggml.model", "gpt2")
                .string("tokenizer.ggml.pre", pre)
                .strings("tokenizer.ggml.tokens", tokens)
                .int32s("tokenizer.ggml.token_type",
                        types.stream().mapToInt(Integer::intValue).toArray())
                .strings("tokenizer.ggml.merges", merges);
    }

    public Tokenizer tokenizer(String pre) throws MalformedException, UnsupportedModelException {
        GgufMetadata metadata = gguf(pre).metadata();
        return Tokenizer.of(metadata);
    }
}

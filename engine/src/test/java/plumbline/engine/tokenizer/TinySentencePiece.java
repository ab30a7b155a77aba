package plumbline.engine.tokenizer;

import java.util.ArrayList;
import java.util.List;
import plumbline.engine.gguf.TinyGguf;
import plumbline.verify.MalformedException;

/// Builds small SentencePiece vocabularies. Texts are written as in the file: U+2581 for a space.
public final class TinySentencePiece {
    private final List<String> tokens = new ArrayList<>();
    private final List<Integer> types = new ArrayList<>();
    private final List<Float> scores = new ArrayList<>();

    /// Tokens 0 to 2 are `<unk>`, `<s>` and `</s>`; then come the 256 bytes with `withBytes`.
    public TinySentencePiece(boolean withBytes) {
        token("<unk>", Vocabulary.UNKNOWN, 0).token("<s>", Vocabulary.CONTROL, 0)
                .token("</s>", Vocabulary.CONTROL, 0);
        for (int value = 0; withBytes && value < 256; value++) {
            token(String.format("<0x%02X>", value), Vocabulary.BYTE, 0);
        }
    }

    /// With bytes.
    public TinySentencePiece() {
        this(true);
    }

    public TinySentencePiece token(String text, int type, float score) {
        tokens.add(text);
        types.add(type);
        scores.add(score);
        return this;
    }

    public TinySentencePiece normal(String text, float score) {
        return token(text, Vocabulary.NORMAL, score);
    }

    /// Changes the text of a token.
    public TinySentencePiece rename(String text, String newText) {
        tokens.set(id(text), newText);
        return this;
    }

    public TinySentencePiece remove(String text) {
        int id = id(text);
        tokens.remove(id);
        types.remove(id);
        scores.remove(id);
        return this;
    }

    public int id(String text) {
        return tokens.indexOf(text);
    }

    List<String> tokens() {
        return tokens;
    }

    int type(int id) {
        return types.get(id);
    }

    float score(int id) {
        return scores.get(id);
    }

    /// The file so far without any of the ids that files name.
    public TinyGguf bare() {
        float[] values = new float[scores.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = scores.get(i);
        }
        return new TinyGguf()
                .string("tokenizer.ggml.model", "llama")
                .strings("tokenizer.ggml.tokens", tokens)
                .float32s("tokenizer.ggml.scores", values)
                .int32s("tokenizer.ggml.token_type",
                        types.stream().mapToInt(Integer::intValue).toArray());
    }

    /// The file so far, to add keys to.
    public TinyGguf gguf() {
        return bare()
                .uint32("tokenizer.ggml.bos_token_id", 1)
                .uint32("tokenizer.ggml.eos_token_id", 2)
                .uint32("tokenizer.ggml.unknown_token_id", 0);
    }

    /// With the space in front of texts.
    public Tokenizer tokenizer() throws MalformedException, UnsupportedModelException {
        return Tokenizer.of(gguf().metadata());
    }

    /// Without it.
    public Tokenizer plain() throws MalformedException, UnsupportedModelException {
        return Tokenizer.of(gguf().bool("tokenizer.ggml.add_space_prefix", false).metadata());
    }
}

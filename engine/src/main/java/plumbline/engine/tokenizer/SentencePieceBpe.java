package plumbline.engine.tokenizer;

import static plumbline.engine.tokenizer.Vocabulary.FORMAT;

import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import plumbline.engine.gguf.GgufMetadata;
import plumbline.verify.MalformedException;

/// SentencePiece's BPE (`tokenizer.ggml.model` "llama"): Llama 2, Mistral, Phi-3, Gemma.
///
/// Source: spec/tokenizer.md section 6.
final class SentencePieceBpe implements Tokenizer {
    /// U+2581, which stands for a space in the text of normal tokens.
    static final int SPACE = 0x2581;

    private static final byte[] SPACE_UTF8 = {(byte) 0xe2, (byte) 0x96, (byte) 0x81};
    private final Vocabulary vocabulary;
    private final ScoredTokens tokens;
    private final SpecialTokens specials;
    private final ByteFallback fallback;
    private final NamedTokens named;
    private final boolean addsSpacePrefix;

    private SentencePieceBpe(GgufMetadata metadata) throws MalformedException {
        vocabulary = Vocabulary.of(metadata);
        tokens = ScoredTokens.of(metadata, vocabulary);
        specials = SpecialTokens.of(vocabulary);
        fallback = ByteFallback.of(metadata, vocabulary);
        named = NamedTokens.of(metadata, vocabulary, true);
        addsSpacePrefix = metadata.bool("tokenizer.ggml.add_space_prefix").orElse(true);
    }

    static SentencePieceBpe of(GgufMetadata metadata)
            throws MalformedException, UnsupportedModelException {
        Optional<String> pre = metadata.string("tokenizer.ggml.pre");
        if (pre.isPresent() && !pre.get().equals("default")) {
            throw new UnsupportedModelException("the file's tokenizer.ggml.pre is \"" + pre.get()
                    + "\"; with tokenizer.ggml.model \"llama\" only \"default\" is supported");
        }
        if (metadata.bool("tokenizer.ggml.remove_extra_whitespaces").orElse(false)
                || metadata.has("tokenizer.ggml.precompiled_charsmap")) {
            throw new UnsupportedModelException("the file asks for a text to be normalised"
                    + " (tokenizer.ggml.remove_extra_whitespaces or precompiled_charsmap);"
                    + " with tokenizer.ggml.model \"llama\" that is not supported");
        }
        SentencePieceBpe tokenizer = new SentencePieceBpe(metadata);
        if (tokenizer.addsBos() && tokenizer.bos().isEmpty()) {
            throw new MalformedException(FORMAT, "the file has no tokenizer.ggml.bos_token_id,"
                    + " and no tokenizer.ggml.add_bos_token that is false");
        }
        return tokenizer;
    }

    @Override
    public int[] encode(String text, boolean parseSpecial) {
        int[] points = CodePoints.of(text);
        IntList ids = new IntList(points.length / 2);
        ScoreQueue queue = new ScoreQueue(tokens, fallback);
        specials.cut(points, parseSpecial, ids,
                (from, to) -> queue.encode(points, from, to, addsSpacePrefix, ids));
        return ids.toArray();
    }

    @Override
    public byte[] bytes(int id) {
        return switch (vocabulary.type(id)) {
            case Vocabulary.NORMAL -> withSpaces(vocabulary.utf8(id));
            case Vocabulary.USER_DEFINED -> vocabulary.utf8(id);
            case Vocabulary.BYTE -> new byte[] {(byte) ByteFallback.valueOf(vocabulary.utf8(id))};
            default -> new byte[0];
        };
    }

    /// The text with a space for each U+2581.
    private static byte[] withSpaces(byte[] utf8) {
        byte[] bytes = new byte[utf8.length];
        int count = 0;
        for (int at = 0; at < utf8.length; at++) {
            boolean space = at + 3 <= utf8.length
                    && Arrays.equals(utf8, at, at + 3, SPACE_UTF8, 0, 3);
            bytes[count++] = space ? (byte) ' ' : utf8[at];
            at += space ? 2 : 0;
        }
        return Arrays.copyOf(bytes, count);
    }

    @Override
    public String text(int id) {
        return switch (vocabulary.type(id)) {
            case Vocabulary.NORMAL, Vocabulary.BYTE -> Utf8Decoder.decode(bytes(id));
            default -> vocabulary.text(id);
        };
    }

    @Override
    public boolean isControl(int id) {
        int type = vocabulary.type(id);
        return type == Vocabulary.CONTROL || type == Vocabulary.UNKNOWN;
    }

    @Override
    public int size() {
        return vocabulary.size();
    }

    @Override
    public OptionalInt bos() {
        return named.bos();
    }

    @Override
    public OptionalInt eos() {
        return named.eos();
    }

    @Override
    public boolean addsBos() {
        return named.addsBos();
    }

    @Override
    public boolean endsGeneration(int id) {
        return named.ends(Objects.checkIndex(id, vocabulary.size()));
    }
}

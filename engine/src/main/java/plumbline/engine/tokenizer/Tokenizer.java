package plumbline.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import plumbline.engine.gguf.GgufMetadata;
import plumbline.verify.MalformedException;

/// Text to token ids and back, exactly as the model file says.
///
/// Everything here is a pure function of the file and its arguments: Unicode classes come from a
/// pinned table, never from the JDK. Immutable, safe for use by several threads. Ids passed in are
/// 0 to `size() - 1`; another one is the caller's error (IndexOutOfBoundsException).
/// Source: spec/tokenizer.md.
public sealed interface Tokenizer permits ByteLevelBpe, SentencePieceBpe {

    /// Builds the tokenizer that the metadata of a model (or a vocabulary-only file) describes.
    static Tokenizer of(GgufMetadata metadata)
            throws MalformedException, UnsupportedModelException {
        String model = metadata.string("tokenizer.ggml.model").orElseThrow(
                () -> new MalformedException(Vocabulary.FORMAT,
                        "the file has no tokenizer.ggml.model: it holds no vocabulary"));
        return switch (model) {
            case "gpt2" -> ByteLevelBpe.of(metadata);
            case "llama" -> SentencePieceBpe.of(metadata);
            default -> throw new UnsupportedModelException("the file's tokenizer.ggml.model is \""
                    + model + "\"; supported are \"gpt2\" (byte-level BPE) and \"llama\""
                    + " (SentencePiece BPE)");
        };
    }

    /// The ids of `text`. Control tokens written out in the text are recognised only with
    /// `parseSpecial` (T9); nothing is added in front or behind but the space that a SentencePiece
    /// vocabulary may ask for (T24). Lone surrogates count as U+FFFD.
    int[] encode(String text, boolean parseSpecial);

    /// The bytes that a token adds to the text; none for control tokens. Not always whole
    /// characters: join the bytes of several tokens before decoding UTF-8. They depend on the id
    /// alone: the space of T24 stays.
    byte[] bytes(int id);

    /// The text that stands for a token in prompts and templates: that of control tokens too.
    /// A token that is not valid UTF-8 on its own has U+FFFD for what is broken.
    String text(int id);

    /// Number of tokens; ids are 0 to this number exclusive.
    int size();

    /// The id that starts a text, where the file names one.
    OptionalInt bos();

    /// The id that ends a text, where the file names one.
    OptionalInt eos();

    /// Whether the file asks that [#bos()] be put before a prompt. [#encode] never does it.
    boolean addsBos();

    /// Whether a model that samples this id has finished its answer (T20).
    boolean endsGeneration(int id);

    /// Whether the id is a control token: one that [#decode(int[])] leaves out.
    boolean isControl(int id);

    /// The text of the ids without control tokens. Bytes that are no UTF-8 become U+FFFD (T19).
    default String decode(int[] ids) {
        return decode(ids, false);
    }

    /// The text of the ids; with `special` control tokens appear as their text.
    default String decode(int[] ids, boolean special) {
        Utf8Decoder decoder = new Utf8Decoder();
        for (int id : ids) {
            boolean written = special && isControl(id);
            decoder.add(written ? text(id).getBytes(StandardCharsets.UTF_8) : bytes(id));
        }
        decoder.finish();
        return decoder.text().toString();
    }

    /// The values of `tokenizer.ggml.pre` that [#of] understands with the model "gpt2".
    static List<String> supported() {
        return PreTokenizer.supportedNames();
    }
}

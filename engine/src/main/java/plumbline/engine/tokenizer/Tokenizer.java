package plumbline.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import plumbline.engine.gguf.GgufMetadata;
import plumbline.verify.MalformedException;

/// Text to token ids and back, exactly as the model file says.
///
/// Everything here is a pure function of the file and its arguments: Unicode classes come from a
/// pinned table, never from the JDK. Immutable, safe for use by several threads. Ids passed in are
/// 0 to `size() - 1`; another one is the caller's error (IndexOutOfBoundsException).
/// Source: spec/tokenizer.md.
public sealed interface Tokenizer permits ByteLevelBpe {

    /// Builds the tokenizer that the metadata of a model (or a vocabulary-only file) describes.
    static Tokenizer of(GgufMetadata metadata)
            throws MalformedException, UnsupportedModelException {
        String model = required(metadata.string("tokenizer.ggml.model"), "tokenizer.ggml.model");
        if (!model.equals("gpt2")) {
            throw new UnsupportedModelException("the file's tokenizer.ggml.model is \"" + model
                    + "\"; supported is \"gpt2\" (byte-level BPE)");
        }
        Optional<String> pre = metadata.string("tokenizer.ggml.pre");
        Optional<PreTokenizer> known = pre.flatMap(PreTokenizer::named);
        if (known.isEmpty()) {
            throw new UnsupportedModelException("the file's tokenizer.ggml.pre is "
                    + pre.map(name -> '"' + name + '"').orElse("missing")
                    + "; supported with tokenizer.ggml.model \"gpt2\" are "
                    + PreTokenizer.supportedNames());
        }
        return ByteLevelBpe.of(metadata, known.get());
    }

    /// The ids of `text`. Control tokens written out in the text are recognised only with
    /// `parseSpecial` (T10); nothing is added in front or behind. Lone surrogates count as U+FFFD.
    int[] encode(String text, boolean parseSpecial);

    /// The bytes that a token adds to the text; none for control tokens. Not always whole
    /// characters: join the bytes of several tokens before decoding UTF-8.
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

    /// The values of `tokenizer.ggml.pre` that [#of] understands.
    static List<String> supported() {
        return PreTokenizer.supportedNames();
    }

    private static String required(Optional<String> value, String key) throws MalformedException {
        return value.orElseThrow(() -> new MalformedException(
                ByteLevelBpe.FORMAT, "the file has no " + key + ": it holds no vocabulary"));
    }
}

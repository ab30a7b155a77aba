package plumbline.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import plumbline.engine.gguf.GgufMetadata;
import plumbline.verify.MalformedException;

/// The tokens that a file or their own text gives a part to play: begin, end, end of an answer.
///
/// Source: spec/tokenizer.md T6, T20.
final class NamedTokens {
    /// Control tokens of these names end an answer beside those that the file names (T20).
    private static final Set<String> END_NAMES = Set.of(
            "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|endoftext|>", "<|end_of_text|>",
            "<|end|>", "<end_of_turn>", "<|EOT|>", "</s>", "<eos>");

    private final OptionalInt bos;
    private final OptionalInt eos;
    private final boolean addsBos;
    private final BitSet ends;

    private NamedTokens(OptionalInt bos, OptionalInt eos, boolean addsBos, BitSet ends) {
        this.bos = bos;
        this.eos = eos;
        this.addsBos = addsBos;
        this.ends = ends;
    }

    /// `addsBosByDefault` holds where the file does not say.
    static NamedTokens of(GgufMetadata metadata, Vocabulary vocabulary, boolean addsBosByDefault)
            throws MalformedException {
        OptionalInt bos = id(metadata, vocabulary, "tokenizer.ggml.bos_token_id");
        OptionalInt eos = id(metadata, vocabulary, "tokenizer.ggml.eos_token_id");
        boolean addsBos = metadata.bool("tokenizer.ggml.add_bos_token").orElse(addsBosByDefault);
        BitSet ends = new BitSet(vocabulary.size());
        eos.ifPresent(ends::set);
        id(metadata, vocabulary, "tokenizer.ggml.eot_token_id").ifPresent(ends::set);
        id(metadata, vocabulary, "tokenizer.ggml.eom_token_id").ifPresent(ends::set);
        for (String name : END_NAMES) {
            byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
            int id = vocabulary.find(utf8, 0, utf8.length);
            if (id >= 0 && vocabulary.type(id) == Vocabulary.CONTROL) {
                ends.set(id);
            }
        }
        return new NamedTokens(bos, eos, addsBos, ends);
    }

    /// The id that the file has under `key`, where it has one.
    static OptionalInt id(GgufMetadata metadata, Vocabulary vocabulary, String key)
            throws MalformedException {
        OptionalLong id = metadata.uint(key);
        if (id.isEmpty()) {
            return OptionalInt.empty();
        }
        if (id.getAsLong() >= vocabulary.size()) {
            throw new MalformedException(Vocabulary.FORMAT, key + " is " + id.getAsLong()
                    + ", the vocabulary has " + vocabulary.size() + " tokens");
        }
        return OptionalInt.of((int) id.getAsLong());
    }

    OptionalInt bos() {
        return bos;
    }

    OptionalInt eos() {
        return eos;
    }

    boolean addsBos() {
        return addsBos;
    }

    /// Whether a model that samples this id has finished its answer.
    boolean ends(int id) {
        return ends.get(id);
    }
}

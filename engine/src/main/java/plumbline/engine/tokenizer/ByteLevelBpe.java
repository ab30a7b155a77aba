package plumbline.engine.tokenizer;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import plumbline.engine.gguf.GgufMetadata;
import plumbline.verify.MalformedException;

/// Byte-level BPE (`tokenizer.ggml.model` "gpt2"). Source: spec/tokenizer.md.
final class ByteLevelBpe implements Tokenizer {
    private final PreTokenizer preTokenizer;
    private final boolean normalises;
    private final Vocabulary vocabulary;
    private final Merges merges;
    private final SpecialTokens specials;
    /// The token of each single byte, -1 where the vocabulary has none.
    private final int[] byteTokens;
    private final NamedTokens named;

    private ByteLevelBpe(GgufMetadata metadata, PreTokenizer preTokenizer, boolean normalises)
            throws MalformedException {
        this.preTokenizer = preTokenizer;
        this.normalises = normalises;
        vocabulary = Vocabulary.of(metadata);
        merges = Merges.of(metadata, vocabulary);
        specials = SpecialTokens.of(vocabulary);
        byteTokens = byteTokens(vocabulary);
        named = NamedTokens.of(metadata, vocabulary, preTokenizer == PreTokenizer.LLAMA_BPE);
    }

    static ByteLevelBpe of(GgufMetadata metadata)
            throws MalformedException, UnsupportedModelException {
        Optional<String> pre = metadata.string("tokenizer.ggml.pre");
        Optional<PreTokenizer> known = pre.flatMap(PreTokenizer::named);
        if (known.isEmpty()) {
            throw new UnsupportedModelException("the file's tokenizer.ggml.pre is "
                    + pre.map(name -> '"' + name + '"').orElse("missing")
                    + "; supported with tokenizer.ggml.model \"gpt2\" are "
                    + PreTokenizer.supportedNames());
        }
        if (metadata.bool("tokenizer.ggml.add_space_prefix").orElse(false)) {
            throw new UnsupportedModelException("the file's tokenizer.ggml.add_space_prefix is"
                    + " true; with tokenizer.ggml.model \"gpt2\" only false is supported");
        }
        return new ByteLevelBpe(metadata, known.get(), known.get().normalises());
    }

    /// As llama.cpp reads the same file: without normalisation. Only to compare with its vectors.
    static ByteLevelBpe withoutNormalisation(GgufMetadata metadata, PreTokenizer preTokenizer)
            throws MalformedException {
        return new ByteLevelBpe(metadata, preTokenizer, false);
    }

    private static int[] byteTokens(Vocabulary vocabulary) {
        int[] tokens = new int[256];
        byte[] utf8 = new byte[2];
        for (int value = 0; value < 256; value++) {
            int end = CodePoints.utf8(ByteAlphabet.characterOf(value), utf8, 0);
            tokens[value] = vocabulary.find(utf8, 0, end);
        }
        return tokens;
    }

    @Override
    public int[] encode(String text, boolean parseSpecial) {
        int[] points = CodePoints.of(text);
        IntList ids = new IntList(points.length / 2);
        MergeQueue queue = new MergeQueue(merges);
        specials.cut(points, parseSpecial, ids,
                (from, to) -> encodePlain(points, from, to, queue, ids));
        return ids.toArray();
    }

    /// Encodes `text[from .. to)`, which holds no special token.
    private void encodePlain(int[] text, int from, int to, MergeQueue queue, IntList ids) {
        int[] points = text;
        int at = from;
        int end = to;
        if (normalises && !Nfc.isPlain(text, from, to)) {
            points = Nfc.normalise(text, from, to);
            at = 0;
            end = points.length;
        }
        byte[] utf8 = new byte[64];
        while (at < end) {
            int partEnd = preTokenizer.partEnd(points, at, end);
            while (at < partEnd) {
                int pieceEnd = preTokenizer.end(points, at, partEnd);
                if (utf8.length < (pieceEnd - at) * 4L) {
                    utf8 = new byte[Math.multiplyExact(pieceEnd - at, 4)];
                }
                int count = 0;
                for (; at < pieceEnd; at++) {
                    count = CodePoints.utf8(points[at], utf8, count);
                }
                encodePiece(utf8, count, queue, ids);
            }
        }
    }

    private void encodePiece(byte[] utf8, int count, MergeQueue queue, IntList ids) {
        if (preTokenizer.looksUpWholePieces()) {
            int whole = wholePiece(utf8, count);
            if (whole >= 0) {
                ids.add(whole);
                return;
            }
        }
        queue.clear();
        for (int i = 0; i < count; i++) {
            int token = byteTokens[utf8[i] & 0xff];
            // A byte that the vocabulary lacks is left out, and its neighbours may merge (T18).
            if (token >= 0) {
                queue.addSymbol(token);
            }
        }
        queue.mergeInto(ids);
    }

    /// The ordinary token that stands for exactly these bytes, or -1.
    private int wholePiece(byte[] utf8, int count) {
        byte[] key = new byte[count * 2];
        int end = 0;
        for (int i = 0; i < count; i++) {
            end = CodePoints.utf8(ByteAlphabet.characterOf(utf8[i] & 0xff), key, end);
        }
        int token = vocabulary.find(key, 0, end);
        return token >= 0 && vocabulary.type(token) == Vocabulary.NORMAL ? token : -1;
    }

    @Override
    public byte[] bytes(int id) {
        return switch (vocabulary.type(id)) {
            case Vocabulary.NORMAL -> ByteAlphabet.bytesOf(vocabulary.utf8(id));
            case Vocabulary.USER_DEFINED -> vocabulary.utf8(id);
            default -> new byte[0];
        };
    }

    @Override
    public String text(int id) {
        return vocabulary.type(id) == Vocabulary.NORMAL
                ? Utf8Decoder.decode(bytes(id))
                : vocabulary.text(id);
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

package plumbline.engine.tokenizer;

import plumbline.engine.gguf.GgufMetadata;
import plumbline.engine.gguf.GgufStrings;
import plumbline.verify.MalformedException;

/// The tokens of a model: text (as UTF-8) to id and back, and the type of each.
///
/// Source: spec/tokenizer.md section 2.
final class Vocabulary {
    /// What a [MalformedException] of this package calls the format.
    static final String FORMAT = "tokenizer";

    static final int TOKENS_MAX = 1 << 20;

    /// Of the polynomial hash, see [#nextHash].
    static final int HASH_FACTOR = 31;

    static final int NORMAL = 1;
    static final int UNKNOWN = 2;
    static final int CONTROL = 3;
    static final int USER_DEFINED = 4;
    static final int BYTE = 6;
    static final int TYPE_MAX = 6;

    private final GgufStrings tokens;
    private final byte[] types;
    /// Open addressing: id + 1 per slot, 0 where empty; probing is bounded as in [PairTable].
    private final int[] slots;

    private Vocabulary(GgufStrings tokens, byte[] types) {
        this.tokens = tokens;
        this.types = types;
        this.slots = new int[Integer.highestOneBit(Math.max(8, tokens.size())) * 4];
    }

    static Vocabulary of(GgufMetadata metadata) throws MalformedException {
        GgufStrings tokens = metadata.strings("tokenizer.ggml.tokens").orElseThrow(
                () -> new MalformedException(FORMAT, "the file has no tokenizer.ggml.tokens"));
        int[] types = metadata.ints("tokenizer.ggml.token_type").orElseThrow(
                () -> new MalformedException(FORMAT, "the file has no tokenizer.ggml.token_type"));
        if (tokens.isEmpty() || tokens.size() > TOKENS_MAX || types.length != tokens.size()) {
            throw new MalformedException(FORMAT, "the file has " + tokens.size() + " tokens and "
                    + types.length + " token types, expected the same number of 1 to "
                    + TOKENS_MAX);
        }
        Vocabulary vocabulary = new Vocabulary(tokens, narrow(types));
        for (int id = 0; id < tokens.size(); id++) {
            vocabulary.index(id);
        }
        return vocabulary;
    }

    private static byte[] narrow(int[] types) throws MalformedException {
        byte[] narrow = new byte[types.length];
        for (int id = 0; id < types.length; id++) {
            if (types[id] < NORMAL || types[id] > TYPE_MAX) {
                throw new MalformedException(FORMAT, "token " + id + " has type " + types[id]
                        + ", known are " + NORMAL + " to " + TYPE_MAX);
            }
            narrow[id] = (byte) types[id];
        }
        return narrow;
    }

    private void index(int id) throws MalformedException {
        if (tokens.byteCount(id) == 0) {
            return;
        }
        int slot = spread(tokens.hash(id)) & slots.length - 1;
        for (int probe = 0; probe < PairTable.PROBES_MAX; probe++) {
            int other = slots[slot] - 1;
            if (other < 0) {
                slots[slot] = id + 1;
                return;
            }
            if (tokens.sameBytes(id, other)) {
                throw new MalformedException(FORMAT,
                        "tokens " + other + " and " + id + " have the same text");
            }
            slot = slot + 1 & slots.length - 1;
        }
        throw new MalformedException(FORMAT, "more than " + PairTable.PROBES_MAX
                + " tokens collide: the vocabulary was made to be slow");
    }

    /// The id of the token with the text `bytes[from .. to)`, or -1. Empty tokens are not found.
    int find(byte[] bytes, int from, int to) {
        return findJoined(bytes, from, to, to, to);
    }

    /// The id of the token whose text is the two ranges joined, or -1.
    int findJoined(byte[] bytes, int from, int to, int from2, int to2) {
        int hash = 0;
        for (int at = from; at < to; at++) {
            hash = nextHash(hash, bytes[at]);
        }
        for (int at = from2; at < to2; at++) {
            hash = nextHash(hash, bytes[at]);
        }
        return findHashed(hash, bytes, from, to, from2, to2);
    }

    /// As [#findJoined], for a caller that knows the hash of the joined ranges.
    int findHashed(int hash, byte[] bytes, int from, int to, int from2, int to2) {
        int slot = spread(hash) & slots.length - 1;
        for (int probe = 0; probe < PairTable.PROBES_MAX; probe++) {
            int id = slots[slot] - 1;
            if (id < 0) {
                return -1;
            }
            if (tokens.isJoined(id, bytes, from, to, from2, to2)) {
                return id;
            }
            slot = slot + 1 & slots.length - 1;
        }
        return -1;
    }

    /// One step of the hash of [GgufStrings#hash]: from that of some bytes to that with one more.
    static int nextHash(int hash, byte next) {
        return hash * HASH_FACTOR + (next & 0xff);
    }

    private static int spread(int hash) {
        int h = hash * 0x9e3779b9;
        return h ^ h >>> 16;
    }

    int size() {
        return tokens.size();
    }

    int type(int id) {
        return types[id];
    }

    /// Length of a token's text in UTF-8 bytes.
    int byteCount(int id) {
        return tokens.byteCount(id);
    }

    /// The text of a token.
    byte[] utf8(int id) {
        return tokens.utf8(id);
    }

    String text(int id) {
        return tokens.get(id);
    }
}

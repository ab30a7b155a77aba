package plumbline.engine.tokenizer;

import static plumbline.engine.tokenizer.Vocabulary.FORMAT;

import plumbline.engine.gguf.GgufMetadata;
import plumbline.verify.MalformedException;

/// The tokens of a SentencePiece vocabulary that merging can make, and which of them come first.
///
/// Only normal and user-defined tokens are made, whatever the text: no text becomes a control,
/// unknown, unused or byte token by merging. Source: spec/tokenizer.md T22, T26.
final class ScoredTokens {
    /// Bounds the work per pair of neighbours.
    static final int TEXT_BYTES_MAX = 1_024;

    private static final int NONE = -1;
    private static final int FILTER_WORDS_MAX = 1 << 17;

    private final Vocabulary vocabulary;
    /// Lower comes first: the score, turned round and made an int of the same order.
    private final int[] order;
    /// `power[n]` is the hash factor to the n, up to the longest token.
    private final int[] power;
    /// Bit `slot(a, b)` is set where some token has code point b behind a; others may share it.
    private final long[] neighbours;

    private ScoredTokens(Vocabulary vocabulary, int[] order, int longest, int words) {
        this.vocabulary = vocabulary;
        this.order = order;
        power = new int[longest + 1];
        power[0] = 1;
        for (int n = 1; n <= longest; n++) {
            power[n] = power[n - 1] * Vocabulary.HASH_FACTOR;
        }
        neighbours = new long[Integer.highestOneBit(words)];
    }

    static ScoredTokens of(GgufMetadata metadata, Vocabulary vocabulary)
            throws MalformedException {
        int[] bits = metadata.float32ArrayBits("tokenizer.ggml.scores").orElseThrow(
                () -> new MalformedException(FORMAT, "the file has no tokenizer.ggml.scores"));
        if (bits.length != vocabulary.size()) {
            throw new MalformedException(FORMAT, "the file has " + bits.length + " scores and "
                    + vocabulary.size() + " tokens, expected the same number");
        }
        int longest = 0;
        int bytes = 0;
        for (int id = 0; id < bits.length; id++) {
            float score = Float.intBitsToFloat(bits[id]);
            if (!Float.isFinite(score)) {
                throw new MalformedException(FORMAT, "the score of token " + id + " is " + score
                        + ", expected a finite number");
            }
            if (vocabulary.byteCount(id) > TEXT_BYTES_MAX) {
                throw new MalformedException(FORMAT, "token " + id + " has "
                        + vocabulary.byteCount(id) + " bytes, at most " + TEXT_BYTES_MAX);
            }
            bits[id] = order(score);
            if (isMade(vocabulary, id)) {
                longest = Math.max(longest, vocabulary.byteCount(id));
                bytes += vocabulary.byteCount(id);
            }
        }
        // Eight bits for each byte, where that is not too much, keep false alarms rare.
        int words = Math.clamp(bytes / 8, 64, FILTER_WORDS_MAX);
        ScoredTokens tokens = new ScoredTokens(vocabulary, bits, longest, words);
        tokens.noteNeighbours();
        return tokens;
    }

    /// An int that is lower for a higher score, the same for 0.0 and -0.0.
    private static int order(float score) {
        int bits = Float.floatToRawIntBits(score + 0.0f);
        return ~(bits >= 0 ? bits : bits ^ Integer.MAX_VALUE);
    }

    private static boolean isMade(Vocabulary vocabulary, int id) {
        int type = vocabulary.type(id);
        return type == Vocabulary.NORMAL || type == Vocabulary.USER_DEFINED;
    }

    private void noteNeighbours() {
        for (int id = 0; id < order.length; id++) {
            if (!isMade(vocabulary, id)) {
                continue;
            }
            byte[] utf8 = vocabulary.utf8(id);
            int before = NONE;
            for (int at = 0; at < utf8.length; at += CodePoints.utf8Length(utf8[at])) {
                int point = CodePoints.at(utf8, at);
                if (before != NONE) {
                    int slot = slot(before, point);
                    neighbours[slot >>> 6] |= 1L << slot;
                }
                before = point;
            }
        }
    }

    /// Whether some token may hold these two code points side by side. Where none does, no merge
    /// crosses the place between them, and what lies before and behind is merged by itself.
    boolean mayJoin(int point, int next) {
        int slot = slot(point, next);
        return (neighbours[slot >>> 6] >>> slot & 1) != 0;
    }

    private int slot(int point, int next) {
        long h = ((long) point << 21 | next) * 0x9e3779b97f4a7c15L;
        return (int) ((h ^ h >>> 32) & neighbours.length * 64L - 1);
    }

    /// The token whose text is `utf8[from .. to)`, or -1. `hashFrom` and `hashTo` are the hashes of
    /// all bytes before `from` and before `to`.
    int find(byte[] utf8, int from, int to, int hashFrom, int hashTo) {
        int count = to - from;
        if (count >= power.length) {
            return NONE;
        }
        int hash = hashTo - hashFrom * power[count];
        int id = vocabulary.findHashed(hash, utf8, from, to, to, to);
        return id >= 0 && isMade(vocabulary, id) ? id : NONE;
    }

    /// Lower for the token that comes first.
    int order(int id) {
        return order[id];
    }
}

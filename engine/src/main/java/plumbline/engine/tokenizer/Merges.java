package plumbline.engine.tokenizer;

import static plumbline.engine.tokenizer.Vocabulary.FORMAT;

import plumbline.engine.gguf.GgufMetadata;
import plumbline.engine.gguf.GgufStrings;
import plumbline.verify.MalformedException;

/// The merges of a byte-level BPE vocabulary, by rank: pair of ids to rank, rank to merged id.
///
/// Source: spec/tokenizer.md section 5.
final class Merges {
    static final int MERGES_MAX = 1 << 21;

    private final PairTable ranks;
    private final int[] merged;

    private Merges(PairTable ranks, int[] merged) {
        this.ranks = ranks;
        this.merged = merged;
    }

    static Merges of(GgufMetadata metadata, Vocabulary vocabulary) throws MalformedException {
        GgufStrings lines = metadata.strings("tokenizer.ggml.merges").orElseThrow(
                () -> new MalformedException(FORMAT, "the file has no tokenizer.ggml.merges"));
        if (lines.size() > MERGES_MAX) {
            throw new MalformedException(FORMAT,
                    "the file has " + lines.size() + " merges, at most " + MERGES_MAX);
        }
        PairTable ranks = new PairTable(lines.size());
        int[] merged = new int[lines.size()];
        for (int rank = 0; rank < merged.length; rank++) {
            byte[] line = lines.utf8(rank);
            int space = onlySpace(line, rank);
            int left = vocabulary.find(line, 0, space);
            int right = vocabulary.find(line, space + 1, line.length);
            merged[rank] = vocabulary.findJoined(line, 0, space, space + 1, line.length);
            if (left < 0 || right < 0 || merged[rank] < 0) {
                throw new MalformedException(FORMAT, "merge " + rank + ", \"" + lines.get(rank)
                        + "\", names or makes a token that the vocabulary lacks");
            }
            switch (ranks.putIfAbsent(left, right, rank)) {
                case NEW -> { }
                case PRESENT -> throw new MalformedException(
                        FORMAT, "merge " + rank + ", \"" + lines.get(rank) + "\", occurs twice");
                case TOO_FAR -> throw new MalformedException(
                        FORMAT, "too many merges collide: the vocabulary was made to be slow");
            }
        }
        return new Merges(ranks, merged);
    }

    /// Where the one space of a merge line is: not at either end (T16).
    private static int onlySpace(byte[] line, int rank) throws MalformedException {
        int found = -1;
        int spaces = 0;
        for (int at = 0; at < line.length; at++) {
            if (line[at] == ' ') {
                found = at;
                spaces++;
            }
        }
        if (spaces != 1 || found == 0 || found == line.length - 1) {
            throw new MalformedException(FORMAT,
                    "merge " + rank + " is not two tokens with one space between");
        }
        return found;
    }

    /// The rank of a pair, or -1; the lowest rank is merged first.
    int rank(int left, int right) {
        return ranks.get(left, right);
    }

    /// What the pair of that rank becomes.
    int merged(int rank) {
        return merged[rank];
    }
}

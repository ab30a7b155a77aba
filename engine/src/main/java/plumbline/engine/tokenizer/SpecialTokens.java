package plumbline.engine.tokenizer;

import static plumbline.engine.tokenizer.Vocabulary.FORMAT;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import plumbline.verify.MalformedException;

/// Finds the tokens that are cut out of a text before anything else: a trie over code points.
///
/// At each position the longest one wins, and the search goes on behind it. User-defined tokens are
/// always looked for, control and unknown ones only on request. Source: spec/tokenizer.md T9, T10.
final class SpecialTokens {
    /// Bounds the work per position of a text.
    static final int TEXT_BYTES_MAX = 256;

    private static final int ROOT = 0;

    /// (node, code point) to node.
    private final PairTable edges;
    /// The token that ends at a node, or -1.
    private final int[] tokenAt;
    private final Vocabulary vocabulary;

    private SpecialTokens(PairTable edges, int[] tokenAt, Vocabulary vocabulary) {
        this.edges = edges;
        this.tokenAt = tokenAt;
        this.vocabulary = vocabulary;
    }

    static SpecialTokens of(Vocabulary vocabulary) throws MalformedException {
        List<int[]> texts = new ArrayList<>();
        IntList ids = new IntList(64);
        int nodesMax = 1;
        for (int id = 0; id < vocabulary.size(); id++) {
            int type = vocabulary.type(id);
            if (type != Vocabulary.CONTROL && type != Vocabulary.USER_DEFINED
                    && type != Vocabulary.UNKNOWN) {
                continue;
            }
            if (vocabulary.byteCount(id) > TEXT_BYTES_MAX) {
                throw new MalformedException(FORMAT, "special token " + id + " has "
                        + vocabulary.byteCount(id) + " bytes, at most " + TEXT_BYTES_MAX);
            }
            int[] text = CodePoints.of(vocabulary.text(id));
            texts.add(text);
            ids.add(id);
            nodesMax += text.length;
        }
        PairTable edges = new PairTable(nodesMax);
        int[] tokenAt = new int[nodesMax];
        Arrays.fill(tokenAt, -1);
        int nodes = 1;
        for (int i = 0; i < texts.size(); i++) {
            int node = ROOT;
            for (int codePoint : texts.get(i)) {
                PairTable.Stored stored = edges.putIfAbsent(node, codePoint, nodes);
                if (stored == PairTable.Stored.TOO_FAR) {
                    throw new MalformedException(FORMAT, "the special tokens collide");
                }
                nodes += stored == PairTable.Stored.NEW ? 1 : 0;
                node = edges.get(node, codePoint);
            }
            // An empty token is never found.
            tokenAt[node] = node == ROOT ? -1 : ids.get(i);
        }
        return new SpecialTokens(edges, tokenAt, vocabulary);
    }

    /// What a caller does with `text[from .. to)`, which holds no special token.
    interface Plain {
        void encode(int from, int to);
    }

    /// Walks through the text from left to right: gives what lies between special tokens to
    /// `plain` where it is not empty, and adds the special tokens to `ids` (T10).
    void cut(int[] text, boolean parseSpecial, IntList ids, Plain plain) {
        int from = 0;
        int at = 0;
        while (at < text.length) {
            int special = longestAt(text, at, parseSpecial);
            if (special < 0) {
                at++;
                continue;
            }
            if (from < at) {
                plain.encode(from, at);
            }
            ids.add(special);
            at += codePointCount(special);
            from = at;
        }
        if (from < at) {
            plain.encode(from, at);
        }
    }

    /// The longest token that starts at `text[at]`, or -1.
    private int longestAt(int[] text, int at, boolean parseSpecial) {
        int longest = -1;
        int node = ROOT;
        for (int to = at; to < text.length; to++) {
            node = edges.get(node, text[to]);
            if (node < 0) {
                break;
            }
            int token = tokenAt[node];
            boolean wanted = token >= 0
                    && (parseSpecial || vocabulary.type(token) == Vocabulary.USER_DEFINED);
            longest = wanted ? token : longest;
        }
        return longest;
    }

    /// Length of a token's text in code points.
    private int codePointCount(int token) {
        return CodePoints.of(vocabulary.text(token)).length;
    }
}

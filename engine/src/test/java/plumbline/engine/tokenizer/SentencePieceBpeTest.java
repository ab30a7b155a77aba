package plumbline.engine.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Rules of spec/tokenizer.md section 6 on small vocabularies made for each.
final class SentencePieceBpeTest {
    private static final int USER = Vocabulary.USER_DEFINED;

    private static TinySentencePiece letters() {
        return new TinySentencePiece().normal("\u2581", -90).normal("a", -91).normal("b", -92)
                .normal("c", -93);
    }

    private static int[] ids(TinySentencePiece vocabulary, String... tokens) {
        return Arrays.stream(tokens).mapToInt(vocabulary::id).toArray();
    }

    /// T26
    @Test
    void mergesTheBestScoreFirstAndTheLeftmostAmongEquals() throws Exception {
        TinySentencePiece vocabulary = letters().normal("ab", -2).normal("bc", -1).normal("aa", -3);
        Tokenizer tokenizer = vocabulary.plain();
        assertArrayEquals(ids(vocabulary, "a", "bc"), tokenizer.encode("abc", false));
        assertArrayEquals(ids(vocabulary, "aa", "a"), tokenizer.encode("aaa", false));
        assertArrayEquals(ids(vocabulary, "a", "ab"), tokenizer.encode("aab", false));
        TinySentencePiece zeros = letters().normal("ab", -0.0f).normal("bc", 0.0f);
        assertArrayEquals(ids(zeros, "ab", "c"), zeros.plain().encode("abc", false));
        TinySentencePiece extremes = letters().normal("ab", Float.MIN_VALUE)
                .normal("bc", Float.MAX_VALUE).normal("ca", -Float.MAX_VALUE);
        assertArrayEquals(ids(extremes, "a", "bc", "a"), extremes.plain().encode("abca", false));
    }

    /// T26: the parts of a token need not be tokens, but each step has to make one.
    @Test
    void mergesCharactersThatAreNoTokensThemselves() throws Exception {
        TinySentencePiece vocabulary = letters().normal("xy", -1).normal("xyz", -2)
                .normal("pqr", -3);
        Tokenizer tokenizer = vocabulary.plain();
        assertArrayEquals(ids(vocabulary, "xyz", "xy"), tokenizer.encode("xyzxy", false));
        assertArrayEquals(ids(vocabulary, "<0x70>", "<0x71>", "<0x72>"),
                tokenizer.encode("pqr", false));
    }

    /// T26, T27: against the rule written down plainly, ties and all.
    @Test
    void mergesAsTheNaiveLoopDoesOnRandomVocabularies() throws Exception {
        for (long seed = 1; seed <= 80; seed++) {
            Random random = new Random(seed);
            TinySentencePiece vocabulary = randomVocabulary(random);
            Tokenizer tokenizer = vocabulary.plain();
            for (int round = 0; round < 25; round++) {
                StringBuilder text = new StringBuilder();
                for (int i = random.nextInt(60); i >= 0; i--) {
                    text.append(List.of("a", "b", "c", "é", " ", "\ud83d\ude00")
                            .get(random.nextInt(random.nextInt(4) == 0 ? 6 : 5)));
                }
                assertArrayEquals(naive(text.toString(), vocabulary),
                        tokenizer.encode(text.toString(), false), "seed " + seed + ": " + text);
            }
        }
    }

    private static TinySentencePiece randomVocabulary(Random random) {
        TinySentencePiece vocabulary = new TinySentencePiece(random.nextBoolean());
        List<String> known = new ArrayList<>(List.of("a", "b", "c", "é", "\u2581"));
        known.remove(random.nextInt(known.size()));
        for (String each : known) {
            vocabulary.normal(each, -100);
        }
        for (int i = 0; i < 150; i++) {
            String joined = known.get(random.nextInt(known.size()))
                    + known.get(random.nextInt(known.size()));
            // Short ones, so that many overlap and candidates go stale.
            if (joined.length() < 5 && vocabulary.id(joined) < 0) {
                int type = random.nextInt(12) == 0 ? Vocabulary.CONTROL : Vocabulary.NORMAL;
                vocabulary.token(joined, type, random.nextInt(-6, 6));
                known.add(joined);
            }
        }
        return vocabulary;
    }

    private static int made(TinySentencePiece vocabulary, String text) {
        int id = vocabulary.id(text);
        return id >= 0 && vocabulary.type(id) == Vocabulary.NORMAL ? id : -1;
    }

    private static int[] naive(String text, TinySentencePiece vocabulary) {
        List<String> symbols = new ArrayList<>();
        text.codePoints().forEach(c -> symbols.add(c == ' ' ? "\u2581" : Character.toString(c)));
        while (true) {
            int best = -1;
            float bestScore = Float.NEGATIVE_INFINITY;
            for (int i = 0; i + 1 < symbols.size(); i++) {
                int id = made(vocabulary, symbols.get(i) + symbols.get(i + 1));
                if (id >= 0 && vocabulary.score(id) > bestScore) {
                    best = i;
                    bestScore = vocabulary.score(id);
                }
            }
            if (best < 0) {
                return naiveIds(symbols, vocabulary);
            }
            symbols.set(best, symbols.get(best) + symbols.remove(best + 1));
        }
    }

    private static int[] naiveIds(List<String> symbols, TinySentencePiece vocabulary) {
        IntList ids = new IntList(8);
        for (String symbol : symbols) {
            if (made(vocabulary, symbol) >= 0) {
                ids.add(vocabulary.id(symbol));
            } else if (vocabulary.id("<0x00>") >= 0) {
                for (byte each : symbol.getBytes(StandardCharsets.UTF_8)) {
                    ids.add(vocabulary.id(String.format("<0x%02X>", each)));
                }
            } else if (ids.count() == 0 || ids.get(ids.count() - 1) != 0) {
                ids.add(0);
            }
        }
        return ids.toArray();
    }

    /// T28
    @Test
    void fallsBackToBytes() throws Exception {
        TinySentencePiece vocabulary = letters();
        Tokenizer tokenizer = vocabulary.plain();
        int[] ids = tokenizer.encode("aé\ud83d\ude00\0", false);
        assertArrayEquals(ids(vocabulary, "a", "<0xC3>", "<0xA9>", "<0xF0>", "<0x9F>", "<0x98>",
                "<0x80>", "<0x00>"), ids);
        assertEquals("aé\ud83d\ude00\0", tokenizer.decode(ids));
        assertArrayEquals(new byte[] {(byte) 0xa9}, tokenizer.bytes(ids[2]));
        assertEquals("\ufffd", tokenizer.text(ids[2]));
        assertArrayEquals(ids(vocabulary, "<0xEF>", "<0xBF>", "<0xBD>"),
                tokenizer.encode("\udc00", false));
    }

    /// T28
    @Test
    void givesOneUnknownTokenForARunOfUnknownCharacters() throws Exception {
        TinySentencePiece vocabulary = new TinySentencePiece(false).normal("\u2581", -1)
                .normal("a", -1).token("<u>", USER, 0);
        Tokenizer tokenizer = vocabulary.plain();
        assertArrayEquals(ids(vocabulary, "<unk>", "a", "<unk>"),
                tokenizer.encode("xyzaé\ud83d\ude00", false));
        assertArrayEquals(ids(vocabulary, "<unk>", "<u>", "<unk>"),
                tokenizer.encode("xx<u>xx", false));
        assertEquals(0, tokenizer.bytes(0).length);
        assertTrue(tokenizer.isControl(0));
        assertEquals("<unk>a", tokenizer.decode(tokenizer.encode("xa", false), true));
    }

    /// T24, T29
    @Test
    void putsASpaceInFrontOfEveryPartAndLeavesItInTheText() throws Exception {
        TinySentencePiece vocabulary = letters().normal("\u2581a", -1).token("<u>", USER, 0);
        Tokenizer tokenizer = vocabulary.tokenizer();
        assertArrayEquals(ids(vocabulary, "\u2581a", "b"), tokenizer.encode("ab", false));
        assertArrayEquals(ids(vocabulary, "\u2581", "\u2581a"), tokenizer.encode(" a", false));
        assertArrayEquals(ids(vocabulary, "<u>", "\u2581a", "<u>", "<u>", "\u2581", "b"),
                tokenizer.encode("<u>a<u><u>b", false));
        assertArrayEquals(ids(vocabulary, "<s>", "\u2581a", "</s>"),
                tokenizer.encode("<s>a</s>", true));
        assertArrayEquals(new int[0], tokenizer.encode("", true));
        assertEquals(" ab", tokenizer.decode(tokenizer.encode("ab", false)));
        assertEquals("  a", tokenizer.decode(tokenizer.encode(" a", false)));
        assertEquals(" a<u> b", tokenizer.decode(tokenizer.encode("a<u>b", false)));
        assertEquals(" a", tokenizer.decode(tokenizer.encode("<s>a</s>", true)));
        assertEquals("<s> a</s>", tokenizer.decode(tokenizer.encode("<s>a</s>", true), true));
    }

    /// T24: only a file that says so leaves it out.
    @Test
    void putsNoSpaceInFrontWhereTheFileSaysSo() throws Exception {
        TinySentencePiece vocabulary = letters().normal("\u2581a", -1);
        Tokenizer tokenizer = vocabulary.plain();
        assertArrayEquals(ids(vocabulary, "a", "\u2581a"), tokenizer.encode("a a", false));
        assertEquals("a a", tokenizer.decode(tokenizer.encode("a a", false)));
    }

    /// T25, T29: the character itself is like a space, and comes back as one.
    @Test
    void takesTheSpaceCharacterOfTheVocabularyForASpace() throws Exception {
        TinySentencePiece vocabulary = letters().normal("\u2581a", -1).token("  ", USER, 0)
                .token("\u2581u", USER, 0);
        Tokenizer tokenizer = vocabulary.plain();
        int[] ids = tokenizer.encode("\u2581a", false);
        assertArrayEquals(ids(vocabulary, "\u2581a"), ids);
        assertEquals(" a", tokenizer.decode(ids));
        assertArrayEquals(ids(vocabulary, "  ", "a"), tokenizer.encode("  a", false));
        assertArrayEquals(ids(vocabulary, "\u2581", "\u2581a"),
                tokenizer.encode("\u2581\u2581a", false));
        assertEquals("  ", tokenizer.decode(ids(vocabulary, "  ")));
        assertEquals("\u2581u", tokenizer.decode(ids(vocabulary, "\u2581u")));
        assertEquals(" ", tokenizer.text(vocabulary.id("\u2581")));
    }

    /// T22: whatever the scores, text alone makes no token that is not text.
    @Test
    void mergesNeverMakeControlUnknownUnusedOrByteTokens() throws Exception {
        TinySentencePiece vocabulary = letters().normal("<s", 9).normal("</", 9).normal("s>", 8)
                .normal("<0", 9).normal("<0x", 9).normal("<0x4", 9).normal("<0x41", 9)
                .normal("<un", 9).normal("<u", 9).normal("<unk", 9).token("ab", 5, 9)
                .token("abc", 3, 9).normal("bc", -1);
        Tokenizer tokenizer = vocabulary.plain();
        for (String text : List.of("<s>", "</s>", "<unk>", "<0x41>", "ab", "abc")) {
            int[] ids = tokenizer.encode(text, false);
            assertEquals(text, tokenizer.decode(ids), text);
            assertFalse(Arrays.stream(ids).anyMatch(id -> id == vocabulary.id(text)), text);
        }
        assertArrayEquals(ids(vocabulary, "a", "bc"), tokenizer.encode("abc", false));
        assertArrayEquals(ids(vocabulary, "abc"), tokenizer.encode("abc", true));
    }

    /// T6, T20
    @Test
    void knowsWhereTextsBeginAndAnswersEnd() throws Exception {
        TinySentencePiece vocabulary = letters().token("<end_of_turn>", Vocabulary.CONTROL, 0)
                .token("<|end|>", Vocabulary.CONTROL, 0).token("<eos>", Vocabulary.CONTROL, 0)
                .token("<|endoftext|>", USER, 0);
        Tokenizer tokenizer = vocabulary.tokenizer();
        assertEquals(OptionalInt.of(1), tokenizer.bos());
        assertEquals(OptionalInt.of(2), tokenizer.eos());
        assertTrue(tokenizer.addsBos());
        assertEquals(vocabulary.tokens().size(), tokenizer.size());
        for (String name : List.of("</s>", "<end_of_turn>", "<|end|>", "<eos>")) {
            assertTrue(tokenizer.endsGeneration(vocabulary.id(name)), name);
        }
        for (String name : List.of("<s>", "<unk>", "a", "<|endoftext|>")) {
            assertFalse(tokenizer.endsGeneration(vocabulary.id(name)), name);
        }
        Tokenizer named = Tokenizer.of(letters().bare()
                .uint32("tokenizer.ggml.eos_token_id", 0).uint32("tokenizer.ggml.eot_token_id", 5)
                .bool("tokenizer.ggml.add_bos_token", false).metadata());
        assertTrue(named.endsGeneration(0) && named.endsGeneration(2) && named.endsGeneration(5));
        assertFalse(named.addsBos() || named.bos().isPresent());
        assertThrows(IndexOutOfBoundsException.class, () -> named.bytes(-1));
        assertThrows(IndexOutOfBoundsException.class,
                () -> named.endsGeneration(named.size()));
    }

    /// T27: no text makes the work quadratic, whatever the vocabulary.
    @Test
    void encodesAMegabyteOfOneCharacter() throws Exception {
        TinySentencePiece vocabulary = letters();
        for (int length = 2; length <= ScoredTokens.TEXT_BYTES_MAX; length++) {
            vocabulary.normal("a".repeat(length), length % 7);
        }
        vocabulary.normal("\u2581\u2581", 1).normal("ba", -1).normal("ab", -1);
        Tokenizer tokenizer = vocabulary.plain();
        for (String unit : List.of("a", " ", "ab", "x", "\ud83d\ude00", "a ", "aaaaaaab")) {
            String hostile = unit.repeat((1 << 20) / unit.length());
            int[] ids = assertTimeoutPreemptively(
                    Duration.ofSeconds(20), () -> tokenizer.encode(hostile, true), unit);
            assertEquals(hostile, tokenizer.decode(ids));
        }
    }
}

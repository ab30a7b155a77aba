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
import plumbline.engine.TestModels;
import plumbline.engine.gguf.Gguf;
import plumbline.engine.gguf.TinyGguf;

/// Rules of spec/tokenizer.md on small vocabularies made for each.
final class ByteLevelBpeTest {
    private static TinyVocabulary letters() {
        return new TinyVocabulary().merge("a", "b").merge("b", "c").merge("ab", "c");
    }

    private static int[] ids(TinyVocabulary vocabulary, String... tokens) {
        return Arrays.stream(tokens).mapToInt(vocabulary::id).toArray();
    }

    /// T17: lowest rank first, leftmost among equals.
    @Test
    void mergesTheLowestRankFirstAndTheLeftmostAmongEquals() throws Exception {
        TinyVocabulary vocabulary = letters();
        Tokenizer tokenizer = vocabulary.tokenizer("gpt-2");
        assertArrayEquals(ids(vocabulary, "abc"), tokenizer.encode("abc", false));
        assertArrayEquals(ids(vocabulary, "bc"), tokenizer.encode("bc", false));
        TinyVocabulary twins = new TinyVocabulary().merge("a", "a");
        assertArrayEquals(ids(twins, "aa", "a"), twins.tokenizer("gpt-2").encode("aaa", false));
    }

    @Test
    void mergesAsTheNaiveLoopDoesOnRandomVocabularies() throws Exception {
        for (long seed = 1; seed <= 60; seed++) {
            Random random = new Random(seed);
            TinyVocabulary vocabulary = randomVocabulary(random);
            Tokenizer tokenizer = vocabulary.tokenizer("gpt-2");
            for (int round = 0; round < 30; round++) {
                StringBuilder text = new StringBuilder();
                for (int i = random.nextInt(60); i >= 0; i--) {
                    text.append((char) ('a' + random.nextInt(3)));
                }
                assertArrayEquals(naive(text.toString(), vocabulary),
                        tokenizer.encode(text.toString(), false), "seed " + seed + ": " + text);
            }
        }
    }

    private static TinyVocabulary randomVocabulary(Random random) {
        TinyVocabulary vocabulary = new TinyVocabulary();
        List<String> known = new ArrayList<>(List.of("a", "b", "c"));
        for (int i = 0; i < 40; i++) {
            String left = known.get(random.nextInt(known.size()));
            String right = known.get(random.nextInt(known.size()));
            if (!vocabulary.merges().contains(left + " " + right)) {
                vocabulary.merge(left, right);
                known.add(left + right);
            }
        }
        return vocabulary;
    }

    private static int[] naive(String text, TinyVocabulary vocabulary) {
        List<String> symbols = new ArrayList<>();
        text.chars().forEach(c -> symbols.add(Character.toString(c)));
        while (true) {
            int best = -1;
            int bestRank = Integer.MAX_VALUE;
            for (int i = 0; i + 1 < symbols.size(); i++) {
                int rank = vocabulary.merges().indexOf(symbols.get(i) + " " + symbols.get(i + 1));
                if (rank >= 0 && rank < bestRank) {
                    best = i;
                    bestRank = rank;
                }
            }
            if (best < 0) {
                return symbols.stream().mapToInt(vocabulary::id).toArray();
            }
            symbols.set(best, symbols.get(best) + symbols.remove(best + 1));
        }
    }

    /// T9, T10
    @Test
    void findsTheLongestSpecialTokenFromTheLeft() throws Exception {
        TinyVocabulary vocabulary = new TinyVocabulary()
                .control("<x>").control("<x>y").control(">yz").token("", Vocabulary.CONTROL);
        Tokenizer tokenizer = vocabulary.tokenizer("gpt-2");
        assertArrayEquals(ids(vocabulary, "a", "<x>y", "z"), tokenizer.encode("a<x>yz", true));
        assertArrayEquals(ids(vocabulary, "<x>", "<x>", "<", "x"),
                tokenizer.encode("<x><x><x", true));
        assertArrayEquals(ids(vocabulary, "<", "x", ">"), tokenizer.encode("<x>", false));
    }

    @Test
    void findsUserDefinedTokensAlwaysAndUnusedOnesNever() throws Exception {
        TinyVocabulary vocabulary = new TinyVocabulary()
                .token("<user>", Vocabulary.USER_DEFINED).token("<no>", 5).token("<?>", 2);
        Tokenizer tokenizer = vocabulary.tokenizer("qwen2");
        assertArrayEquals(ids(vocabulary, "<user>"), tokenizer.encode("<user>", false));
        assertArrayEquals(ids(vocabulary, "<?>"), tokenizer.encode("<?>", true));
        assertEquals(3, tokenizer.encode("<?>", false).length);
        assertEquals(4, tokenizer.encode("<no>", true).length);
    }

    /// T2
    @Test
    void readsLoneSurrogatesAsTheReplacementCharacter() throws Exception {
        Tokenizer tokenizer = new TinyVocabulary().tokenizer("gpt-2");
        int[] replacement = tokenizer.encode("\ufffd", false);
        assertEquals(3, replacement.length);
        assertArrayEquals(replacement, tokenizer.encode("\ud800", false));
        assertArrayEquals(replacement, tokenizer.encode("\udc00", false));
        assertArrayEquals(tokenizer.encode("\ufffda\ufffd\ufffd", false),
                tokenizer.encode("\ud800a\udfff\ud83d", false));
        assertArrayEquals(tokenizer.encode("\ufffd😀", false),
                tokenizer.encode("\ud83d\ud83d\ude00", false));
    }

    /// T18
    @Test
    void leavesOutBytesWithoutATokenAndLetsTheirNeighboursMerge() throws Exception {
        TinyVocabulary vocabulary = letters().remove(String.valueOf(ByteAlphabet.characterOf('!')));
        Tokenizer tokenizer = vocabulary.tokenizer("gpt-2");
        assertArrayEquals(new int[0], tokenizer.encode("!", false));
        TinyVocabulary marks = new TinyVocabulary().merge("?", "?").remove("!");
        assertArrayEquals(ids(marks, "??"), marks.tokenizer("gpt-2").encode("?!?", false));
    }

    /// T15
    @Test
    void asksForWholePiecesFirstOnlyInLlamaBpe() throws Exception {
        TinyVocabulary vocabulary = new TinyVocabulary()
                .token("Ġwhole", Vocabulary.NORMAL).control("control");
        assertArrayEquals(ids(vocabulary, "Ġwhole"),
                vocabulary.tokenizer("llama-bpe").encode(" whole", false));
        assertEquals(6, vocabulary.tokenizer("gpt-2").encode(" whole", false).length);
        assertEquals(7, vocabulary.tokenizer("llama-bpe").encode("control", false).length);
    }

    /// T8, T19
    @Test
    void decodesBytesUserTextAndControlTokens() throws Exception {
        TinyVocabulary vocabulary = letters().control("<end>")
                .token("Ġ↯", Vocabulary.USER_DEFINED).token("plain ↯", Vocabulary.NORMAL)
                .token("ĠĊ", Vocabulary.NORMAL).token("pad", 5);
        Tokenizer tokenizer = vocabulary.tokenizer("gpt-2");
        int[] ids = ids(vocabulary, "abc", "<end>", "Ġ↯", "plain ↯", "ĠĊ", "pad");
        assertEquals("abcĠ↯plain ↯ \n", tokenizer.decode(ids));
        assertEquals("abc<end>Ġ↯plain ↯ \n", tokenizer.decode(ids, true));
        assertEquals(0, tokenizer.bytes(vocabulary.id("<end>")).length);
        assertEquals("<end>", tokenizer.text(vocabulary.id("<end>")));
        assertEquals(" \n", tokenizer.text(vocabulary.id("ĠĊ")));
        assertTrue(tokenizer.isControl(vocabulary.id("<end>")));
        assertFalse(tokenizer.isControl(vocabulary.id("pad")));
    }

    /// T20
    @Test
    void endsGenerationAtNamedIdsAndNamedControlTokensOnly() throws Exception {
        TinyVocabulary vocabulary = letters().control("<|im_end|>").control("<eos>")
                .control("<eot>").control("<other>").token("<|eot_id|>", Vocabulary.NORMAL);
        Tokenizer tokenizer = Tokenizer.of(vocabulary.gguf("gpt-2")
                .uint32("tokenizer.ggml.eos_token_id", vocabulary.id("<eos>"))
                .uint32("tokenizer.ggml.eot_token_id", vocabulary.id("<eot>"))
                .uint32("tokenizer.ggml.bos_token_id", 5).metadata());
        assertTrue(tokenizer.endsGeneration(vocabulary.id("<|im_end|>")));
        assertTrue(tokenizer.endsGeneration(vocabulary.id("<eos>")));
        assertTrue(tokenizer.endsGeneration(vocabulary.id("<eot>")));
        assertFalse(tokenizer.endsGeneration(vocabulary.id("<other>")));
        assertFalse(tokenizer.endsGeneration(vocabulary.id("<|eot_id|>")));
        assertEquals(OptionalInt.of(5), tokenizer.bos());
        assertEquals(OptionalInt.of(vocabulary.id("<eos>")), tokenizer.eos());
        assertThrows(IndexOutOfBoundsException.class,
                () -> tokenizer.endsGeneration(tokenizer.size()));
    }

    /// T6
    @Test
    void addsNoBosItselfAndSaysWhetherTheFileAsksForIt() throws Exception {
        TinyGguf asking = letters().gguf("gpt-2").bool("tokenizer.ggml.add_bos_token", true)
                .uint32("tokenizer.ggml.bos_token_id", 1);
        Tokenizer tokenizer = Tokenizer.of(asking.metadata());
        assertTrue(tokenizer.addsBos());
        assertEquals(1, tokenizer.encode("a", true).length);
        assertFalse(letters().tokenizer("gpt-2").addsBos());
        assertTrue(letters().tokenizer("llama-bpe").addsBos());
    }

    /// T5
    @Test
    void normalisesForQwen2Only() throws Exception {
        TinyVocabulary vocabulary = new TinyVocabulary();
        int[] composed = vocabulary.tokenizer("qwen2").encode("é", false);
        assertArrayEquals(composed, vocabulary.tokenizer("qwen2").encode("e\u0301", false));
        assertEquals(3, vocabulary.tokenizer("smollm").encode("e\u0301", false).length);
    }

    /// T17: no text makes the work quadratic.
    @Test
    void encodesAMegabyteWithoutSpaces() throws Exception {
        TinyVocabulary vocabulary = new TinyVocabulary();
        String doubled = "a";
        for (int i = 0; i < 12; i++) {
            vocabulary.merge(doubled, doubled);
            doubled += doubled;
        }
        Tokenizer tokenizer = vocabulary.tokenizer("smollm");
        String text = "a".repeat(1 << 20);
        int[] ids = assertTimeoutPreemptively(
                Duration.ofSeconds(20), () -> tokenizer.encode(text, true));
        assertEquals(256, ids.length);
        for (String unit : List.of("\n", " ", "1", "!", "\u0301", "' ", "ab1 ", "\n ")) {
            String hostile = unit.repeat((1 << 20) / unit.length());
            int[] encoded = assertTimeoutPreemptively(
                    Duration.ofSeconds(20), () -> tokenizer.encode(hostile, true), unit);
            assertEquals(hostile, tokenizer.decode(encoded));
        }
    }

    @Test
    void encodesAMegabyteOfPartialSpecialTokens() throws Exception {
        TinyVocabulary vocabulary = new TinyVocabulary().control("a".repeat(255) + "b");
        Tokenizer tokenizer = vocabulary.tokenizer("gpt-2");
        String text = "a".repeat(1 << 18);
        int[] ids = assertTimeoutPreemptively(
                Duration.ofSeconds(20), () -> tokenizer.encode(text, true));
        assertEquals(text.length(), ids.length);
    }

    /// The example of spec/tokenizer.md.
    @Test
    void encodesTheExampleOfTheSpecification() throws Exception {
        String text = "<|im_start|>user\nIt's  42 ° in Zürich<|im_end|>\n";
        int[] special = {1, 4093, 198, 1589, 506, 256, 36, 34, 13518, 281, 1777, 7170, 5130, 2,
            198};
        int[] plain = {44, 108, 306, 79, 3738, 108, 46, 4093, 198, 1589, 506, 256, 36, 34, 13518,
            281, 1777, 7170, 5130, 44, 108, 306, 79, 486, 108, 46, 198};
        try (Gguf gguf = Gguf.open(TestModels.smolLm2())) {
            Tokenizer tokenizer = Tokenizer.of(gguf.metadata());
            assertArrayEquals(special, tokenizer.encode(text, true));
            assertArrayEquals(plain, tokenizer.encode(text, false));
        }
    }

    @Test
    void returnsRandomTextsUnchangedThroughSmolLm2() throws Exception {
        try (Gguf gguf = Gguf.open(TestModels.smolLm2())) {
            Tokenizer tokenizer = Tokenizer.of(gguf.metadata());
            long seed = 5;
            Random random = new Random(seed);
            for (int round = 0; round < 2_000; round++) {
                int[] points = new int[random.nextInt(20)];
                for (int i = 0; i < points.length; i++) {
                    int c = 0x20 + random.nextInt(random.nextBoolean() ? 0x60 : 0xffe0);
                    points[i] = c >= 0xd800 && c < 0xe000 ? 'x' : c;
                }
                String text = new String(points, 0, points.length);
                int[] ids = tokenizer.encode(text, false);
                assertEquals(text, tokenizer.decode(ids), () -> "seed " + seed);
                assertArrayEquals(text.getBytes(StandardCharsets.UTF_8),
                        tokenizer.decode(ids).getBytes(StandardCharsets.UTF_8));
            }
            assertTrue(tokenizer.endsGeneration(2) && tokenizer.endsGeneration(0));
            assertFalse(tokenizer.endsGeneration(1) || tokenizer.addsBos());
            assertEquals("<|im_start|>", tokenizer.text(tokenizer.bos().getAsInt()));
        }
    }
}

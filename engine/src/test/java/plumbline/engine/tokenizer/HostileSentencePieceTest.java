package plumbline.engine.tokenizer;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import plumbline.engine.gguf.GgufMetadata;
import plumbline.engine.gguf.TinyGguf;
import plumbline.verify.MalformedException;

/// SentencePiece vocabularies that are broken or made to harm: refused with a checked exception.
final class HostileSentencePieceTest {
    private static final String ADD_BOS = "tokenizer.ggml.add_bos_token";

    private static TinySentencePiece letters() {
        return new TinySentencePiece().normal("\u2581", -2).normal("a", -1).normal("ab", -3);
    }

    private static void malformed(TinyGguf file, String words) throws MalformedException {
        GgufMetadata metadata = file.metadata();
        MalformedException e =
                assertThrows(MalformedException.class, () -> Tokenizer.of(metadata));
        assertTrue(e.getMessage().contains(words), e.getMessage());
    }

    private static void malformed(TinySentencePiece vocabulary, String words)
            throws MalformedException {
        malformed(vocabulary.gguf(), words);
    }

    private static void unsupported(TinyGguf file, String word) throws MalformedException {
        GgufMetadata metadata = file.metadata();
        UnsupportedModelException e =
                assertThrows(UnsupportedModelException.class, () -> Tokenizer.of(metadata));
        assertTrue(e.getMessage().contains(word), e.getMessage());
    }

    /// T1, T21
    @Test
    void refusesSettingsThatWouldChangeTheText() throws Exception {
        for (String pre : List.of("llama-bpe", "Default", "")) {
            unsupported(letters().gguf().string("tokenizer.ggml.pre", pre), '"' + pre + '"');
        }
        String spaces = "tokenizer.ggml.remove_extra_whitespaces";
        unsupported(letters().gguf().bool(spaces, true), spaces);
        String map = "tokenizer.ggml.precompiled_charsmap";
        unsupported(letters().gguf().raw(map, 9, new byte[12]), "precompiled_charsmap");
        Tokenizer.of(letters().gguf().string("tokenizer.ggml.pre", "default")
                .bool(spaces, false).metadata());
    }

    /// T22
    @Test
    void refusesScoresThatAreMissingOrNoNumbers() throws MalformedException {
        String key = "tokenizer.ggml.scores";
        TinyGguf head = new TinyGguf().string("tokenizer.ggml.model", "llama")
                .strings("tokenizer.ggml.tokens", List.of("a", "b"))
                .int32s("tokenizer.ggml.token_type", 1, 1);
        malformed(head, "no " + key);
        malformed(letters().normal("x", Float.NaN), "the score of token 262 is NaN");
        malformed(letters().normal("x", Float.NEGATIVE_INFINITY), "is -Infinity");
        malformed(letters().token("x", Vocabulary.CONTROL, Float.POSITIVE_INFINITY),
                "expected a finite number");
        TinyGguf few = new TinyGguf().string("tokenizer.ggml.model", "llama")
                .strings("tokenizer.ggml.tokens", List.of("a", "b"))
                .int32s("tokenizer.ggml.token_type", 1, 1).float32s(key, 1);
        malformed(few, "1 scores and 2 tokens");
        TinyGguf whole = new TinyGguf().string("tokenizer.ggml.model", "llama")
                .strings("tokenizer.ggml.tokens", List.of("a"))
                .int32s("tokenizer.ggml.token_type", 1).int32s(key, 1);
        malformed(whole, "expected an array of FLOAT32");
    }

    /// T3, T22
    @Test
    void refusesTokensThatOccurTwiceOrAreTooLong() throws MalformedException {
        malformed(letters().normal("a", 7), "tokens 260 and 262");
        malformed(letters().normal("x".repeat(1_025), 0), "has 1025 bytes, at most 1024");
        malformed(letters().token("x".repeat(257), Vocabulary.USER_DEFINED, 0), "at most 256");
        malformed(letters().token("x", 7, 0), "type 7");
    }

    /// T23
    @Test
    void refusesByteTokensThatAreNotAllThere() throws MalformedException {
        malformed(letters().remove("<0x00>"), "255 byte tokens, expected 256 or none; <0x00> is");
        malformed(letters().remove("<0xFE>"), "<0xFE> is missing");
        for (String wrong : List.of("<0xfe>", "<0xFE", "<0xFE>>", "<0XFE>", "<1xFE>", "0xFE00",
                "<0xG0>", "<0x:0>", "\u00fe", "")) {
            malformed(letters().rename("<0xFE>", wrong), "expected <0x00> to <0xFF>");
        }
        TinySentencePiece none = new TinySentencePiece(false).normal("a", 0);
        malformed(none.bare().bool(ADD_BOS, false), "no byte tokens");
        malformed(none.bare().uint32("tokenizer.ggml.unknown_token_id", 4), "is 4");
    }

    /// T6
    @Test
    void refusesAFileThatAsksForABeginningItDoesNotName() throws Exception {
        malformed(letters().bare(), "no tokenizer.ggml.bos_token_id");
        malformed(letters().bare().bool(ADD_BOS, true), "no tokenizer.ggml.bos_token_id");
        Tokenizer.of(letters().bare().bool(ADD_BOS, false).metadata());
        malformed(letters().bare().uint32("tokenizer.ggml.bos_token_id", 262), "is 262");
    }

    /// T3: "Aa" and "BB" have the same hash, and so have all words made of them.
    @Test
    void refusesAVocabularyWhoseTokensAllCollide() throws MalformedException {
        TinySentencePiece vocabulary = letters();
        for (int word = 0; word < 1 << 12; word++) {
            StringBuilder text = new StringBuilder();
            for (int bit = 0; bit < 12; bit++) {
                text.append((word >> bit & 1) == 0 ? "Aa" : "BB");
            }
            vocabulary.normal(text.toString(), 1);
        }
        malformed(vocabulary, "made to be slow");
    }

    @Test
    void neverThrowsAnythingUncheckedOnDamagedVocabularies() {
        long seed = 98;
        Random random = new Random(seed);
        int accepted = 0;
        for (int round = 0; round < 600; round++) {
            TinySentencePiece vocabulary =
                    letters().token("<u>", Vocabulary.USER_DEFINED, 0).normal("\u2581a", 1);
            damage(vocabulary, random);
            try {
                Tokenizer tokenizer = vocabulary.tokenizer();
                tokenizer.decode(tokenizer.encode("ab <s> é <u>a\udc00", true), true);
                for (int id = 0; id < tokenizer.size(); id++) {
                    tokenizer.text(id);
                }
                accepted++;
            } catch (MalformedException | UnsupportedModelException expected) {
                // A refusal is the normal end.
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", round " + round, e);
            }
        }
        int count = accepted;
        assertTrue(count > 30 && count < 570, () -> count + " accepted");
    }

    private static void damage(TinySentencePiece vocabulary, Random random) {
        List<String> tokens = vocabulary.tokens();
        String some = tokens.get(random.nextInt(tokens.size()));
        switch (random.nextInt(6)) {
            case 0 -> {
                List<String> others = new ArrayList<>(tokens);
                Collections.shuffle(others, random);
                Collections.copy(tokens, others);
            }
            case 1 -> vocabulary.rename(some, "");
            case 2 -> vocabulary.rename(some, "\ud83d\ude00");
            case 3 -> vocabulary.remove(some);
            case 4 -> vocabulary.token("x".repeat(random.nextInt(1_400)), random.nextInt(8), 0);
            default -> vocabulary.normal("\u2581" + some,
                    Float.intBitsToFloat(random.nextInt(1, 32) << 23 | random.nextInt()));
        }
    }
}

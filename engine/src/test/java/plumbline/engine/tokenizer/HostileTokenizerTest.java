package plumbline.engine.tokenizer;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import plumbline.engine.gguf.GgufMetadata;
import plumbline.engine.gguf.TinyGguf;
import plumbline.verify.MalformedException;

/// Vocabularies that are broken or made to harm: refused with a checked exception (T1-T20).
final class HostileTokenizerTest {
    private static void malformed(TinyGguf file, String words) throws MalformedException {
        GgufMetadata metadata = file.metadata();
        MalformedException e =
                assertThrows(MalformedException.class, () -> Tokenizer.of(metadata));
        assertTrue(e.getMessage().contains(words), e.getMessage());
    }

    private static void malformed(TinyVocabulary vocabulary, String words)
            throws MalformedException {
        malformed(vocabulary.gguf("gpt-2"), words);
    }

    private static void unsupported(TinyGguf file, String... words) throws MalformedException {
        GgufMetadata metadata = file.metadata();
        UnsupportedModelException e =
                assertThrows(UnsupportedModelException.class, () -> Tokenizer.of(metadata));
        for (String word : words) {
            assertTrue(e.getMessage().contains(word), e.getMessage());
        }
    }

    private static TinyGguf head() {
        return new TinyGguf().string("tokenizer.ggml.model", "gpt2")
                .string("tokenizer.ggml.pre", "gpt-2");
    }

    /// T1
    @Test
    void refusesOtherModelsAndPreTokenizersByName() throws MalformedException {
        for (String model : List.of("Llama", "bert", "t5", "rwkv", "none", "GPT2", "")) {
            unsupported(new TinyGguf().string("tokenizer.ggml.model", model),
                    '"' + model + '"', "gpt2", "llama");
        }
        for (String pre : List.of("default", "deepseek-llm", "Qwen2", "smollm ", "")) {
            unsupported(new TinyVocabulary().gguf(pre),
                    '"' + pre + '"', "smollm", "gpt-2", "qwen2", "llama-bpe");
        }
        unsupported(new TinyGguf().string("tokenizer.ggml.model", "gpt2"), "missing");
        String prefix = "tokenizer.ggml.add_space_prefix";
        unsupported(new TinyVocabulary().gguf("gpt-2").bool(prefix, true), prefix);
    }

    @Test
    void refusesAFileWithoutVocabularyOrWithOtherTypes() throws MalformedException {
        malformed(new TinyGguf(), "tokenizer.ggml.model");
        malformed(new TinyGguf().uint32("tokenizer.ggml.model", 2), "expected STRING");
        malformed(head(), "tokenizer.ggml.tokens");
        malformed(head().strings("tokenizer.ggml.tokens", List.of("a")), "token_type");
        malformed(head().strings("tokenizer.ggml.tokens", List.of())
                .int32s("tokenizer.ggml.token_type"), "0 tokens");
        malformed(head().strings("tokenizer.ggml.tokens", List.of("a", "b"))
                .int32s("tokenizer.ggml.token_type", 1), "2 tokens and 1 token types");
        malformed(head().strings("tokenizer.ggml.tokens", List.of("a"))
                .int32s("tokenizer.ggml.token_type", 1), "tokenizer.ggml.merges");
        malformed(head().int32s("tokenizer.ggml.tokens", 1), "expected an array of STRING");
    }

    /// T3
    @Test
    void refusesUnknownTypesAndTokensThatOccurTwice() throws MalformedException {
        malformed(new TinyVocabulary().token("x0", 0), "token 256 has type 0");
        malformed(new TinyVocabulary().token("x7", 7), "token 256 has type 7");
        malformed(new TinyVocabulary().token("xx", 1).token("xx", 3), "tokens 256 and 257");
        malformed(new TinyVocabulary().control("<".repeat(257)), "at most 256");
    }

    /// T16
    @Test
    void refusesMergesThatDoNotFitTheVocabulary() throws MalformedException {
        malformed(new TinyVocabulary().mergeLine("a b"), "vocabulary lacks");
        malformed(new TinyVocabulary().token("ab", 1).mergeLine("ab zz"), "vocabulary lacks");
        malformed(new TinyVocabulary().merge("a", "b").mergeLine("a b"), "occurs twice");
        for (String line : List.of("", " ", "ab", "a ", " b", "a  b", "a b c")) {
            malformed(new TinyVocabulary().token("ab", 1).mergeLine(line), "one space between");
        }
    }

    /// T6
    @Test
    void refusesIdsOutsideTheVocabulary() throws MalformedException {
        for (String name : List.of("bos", "eos", "eot", "eom")) {
            String key = "tokenizer.ggml." + name + "_token_id";
            malformed(new TinyVocabulary().gguf("gpt-2").uint32(key, 256), key);
            malformed(new TinyVocabulary().gguf("gpt-2").uint32(key, -1), "4294967295");
            malformed(new TinyVocabulary().gguf("gpt-2").string(key, "1"), "expected an integer");
        }
    }

    /// T3: "Aa" and "BB" have the same hash, and so have all words made of them.
    @Test
    void refusesAVocabularyWhoseTokensAllCollide() throws MalformedException {
        TinyVocabulary vocabulary = new TinyVocabulary();
        for (int word = 0; word < 1 << 12; word++) {
            StringBuilder text = new StringBuilder();
            for (int bit = 0; bit < 12; bit++) {
                text.append((word >> bit & 1) == 0 ? "Aa" : "BB");
            }
            vocabulary.token(text.toString(), 1);
        }
        malformed(vocabulary, "made to be slow");
    }

    @Test
    void endsOnMergesThatFormEveryKindOfCircle() throws Exception {
        TinyVocabulary circle = new TinyVocabulary().merge("a", "b").merge("b", "a")
                .merge("ab", "ab").merge("ba", "ba").merge("ab", "a").merge("a", "ba");
        Tokenizer tokenizer = circle.tokenizer("gpt-2");
        String text = "ab".repeat(5_000);
        assertTrue(tokenizer.decode(tokenizer.encode(text, false)).equals(text));
    }

    @Test
    void neverThrowsAnythingUncheckedOnShuffledVocabularies() {
        long seed = 99;
        Random random = new Random(seed);
        int accepted = 0;
        List<String> names = PreTokenizer.supportedNames();
        for (int round = 0; round < 600; round++) {
            TinyVocabulary vocabulary = new TinyVocabulary().merge("a", "b").merge("ab", "c")
                    .control("<|im_end|>").token("<u>", Vocabulary.USER_DEFINED);
            damage(vocabulary, random);
            try {
                Tokenizer tokenizer = vocabulary.tokenizer(
                        names.get(random.nextInt(names.size())));
                tokenizer.decode(tokenizer.encode("abc <|im_end|> é <u>", true), true);
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

    private static void damage(TinyVocabulary vocabulary, Random random) {
        List<String> tokens = vocabulary.tokens();
        switch (random.nextInt(6)) {
            case 0 -> Collections.shuffle(tokens, random);
            case 1 -> tokens.set(random.nextInt(tokens.size()), "");
            case 2 -> tokens.set(random.nextInt(tokens.size()), "\ud83d\ude00");
            case 3 -> vocabulary.mergeLine(tokens.get(random.nextInt(tokens.size())) + " a");
            case 4 -> vocabulary.token("x".repeat(random.nextInt(400)), random.nextInt(8));
            default -> Collections.shuffle(vocabulary.merges(), random);
        }
    }
}

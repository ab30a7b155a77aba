package plumbline.engine.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import plumbline.engine.FuzzSeeds;
import plumbline.engine.gguf.TinyGguf;
import plumbline.verify.MalformedException;

/// Any vocabulary is refused, or encodes any text to its ids, the same ones twice (spec/tokenizer.md T3, T16, T22).
public final class TokenizerFuzzTest {
    private static final String[] PRES = {"smollm", "gpt-2", "qwen2", "llama-bpe", "default", "other"};
    private static final int STRING = 8;
    private static final int ARRAY = 9;

    /// What a fuzzer calls: a byte of choices, the number of tokens, of merges, each with its length, type, score;
    /// the text is what remains.
    public static void fuzzerTestOneInput(byte[] data) {
        ByteBuffer in = ByteBuffer.wrap(data);
        int choices = next(in);
        TinyGguf file = new TinyGguf()
                .string("tokenizer.ggml.model", (choices & 1) == 0 ? "gpt2" : "llama")
                .string("tokenizer.ggml.pre", PRES[(choices >> 1 & 7) % PRES.length])
                .uint32("tokenizer.ggml.unknown_token_id", next(in))
                .uint32("tokenizer.ggml.bos_token_id", next(in));
        if ((choices & 16) != 0) {
            file.bool("tokenizer.ggml.add_space_prefix", (choices & 32) != 0);
        }
        vocabulary(in, file, (choices & 64) != 0);
        byte[] text = new byte[in.remaining()];
        in.get(text);
        check(file, new String(text, StandardCharsets.UTF_8));
    }

    private static void vocabulary(ByteBuffer in, TinyGguf file, boolean withBytes) {
        List<byte[]> tokens = new ArrayList<>();
        List<Integer> types = new ArrayList<>();
        List<Float> scores = new ArrayList<>();
        for (int value = 0; withBytes && value < 256; value++) {
            tokens.add("<0x%02X>".formatted(value).getBytes(StandardCharsets.US_ASCII));
            types.add(Vocabulary.BYTE);
            scores.add(0f);
        }
        for (int left = next(in); left > 0; left--) {
            types.add(next(in) % 8);
            scores.add(next(in) == 255 ? Float.NaN : -next(in) / 4f);
            tokens.add(bytes(in));
        }
        List<byte[]> merges = new ArrayList<>();
        for (int left = next(in); left > 0; left--) {
            merges.add(bytes(in));
        }
        float[] scored = new float[scores.size()];
        for (int i = 0; i < scored.length; i++) {
            scored[i] = scores.get(i);
        }
        file.raw("tokenizer.ggml.tokens", ARRAY, strings(tokens))
                .int32s("tokenizer.ggml.token_type", types.stream().mapToInt(Integer::intValue).toArray())
                .float32s("tokenizer.ggml.scores", scored)
                .raw("tokenizer.ggml.merges", ARRAY, strings(merges));
    }

    private static int next(ByteBuffer in) {
        return in.hasRemaining() ? in.get() & 0xff : 0;
    }

    private static byte[] bytes(ByteBuffer in) {
        byte[] bytes = new byte[Math.min(next(in) % 32, in.remaining())];
        in.get(bytes);
        return bytes;
    }

    /// The value of an array of strings, UTF-8 or not.
    private static byte[] strings(List<byte[]> values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuffer word = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        out.writeBytes(TinyGguf.u32(STRING));
        out.writeBytes(word.putLong(0, values.size()).array().clone());
        for (byte[] value : values) {
            out.writeBytes(word.putLong(0, value.length).array().clone());
            out.writeBytes(value);
        }
        return out.toByteArray();
    }

    private static void check(TinyGguf file, String text) {
        Tokenizer tokenizer;
        try {
            tokenizer = Tokenizer.of(file.metadata());
        } catch (MalformedException | UnsupportedModelException e) {
            return;
        }
        for (boolean special : new boolean[] {false, true}) {
            int[] ids = tokenizer.encode(text, special);
            for (int id : ids) {
                assertTrue(id >= 0 && id < tokenizer.size());
            }
            assertArrayEquals(ids, tokenizer.encode(text, special));
            tokenizer.decode(ids, special);
        }
    }

    @Test
    void keptInputsAreRefusedOrGiveIds() throws IOException {
        FuzzSeeds.replay("tokenizer", TokenizerFuzzTest::fuzzerTestOneInput);
    }
}

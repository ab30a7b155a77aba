package plumbline.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import plumbline.engine.gguf.GgmlType;
import plumbline.engine.gguf.TinyGguf;

/// Writes small llama files with random weights and a vocabulary of the 256 bytes and one end token.
public final class TinyModel {

    /// Architecture and sizes of a tiny model; `type` packs its matrices.
    public record Sizes(String architecture, int layers, int width, int heads, int keyValueHeads, int headSize,
            int feedForward, GgmlType type) {}

    static final int VOCABULARY = 257;
    static final int END = 256;
    private static final int CONTEXT = 256;

    private TinyModel() {}

    /// A file that answers nonsense, deterministically.
    public static Path write(Path path, Sizes sizes, long seed) throws IOException {
        return gguf(sizes, seed).write(path);
    }

    /// The same with weights `loudness` times as large: 60 drives the residual stream into its bound.
    public static Path write(Path path, Sizes sizes, long seed, double loudness) throws IOException {
        return gguf(sizes, seed, loudness, CONTEXT).write(path);
    }

    /// The same, made for `context` positions.
    static Path write(Path path, Sizes sizes, long seed, double loudness, int context) throws IOException {
        return gguf(sizes, seed, loudness, context).write(path);
    }

    static TinyGguf gguf(Sizes sizes, long seed) {
        return gguf(sizes, seed, 1, CONTEXT);
    }

    private static TinyGguf gguf(Sizes sizes, long seed, double loudness, int context) {
        Random random = new Random(seed);
        String a = sizes.architecture();
        boolean gemma = a.equals("gemma3");
        TinyGguf file = new TinyGguf()
                .string("general.architecture", a)
                .uint32(a + ".block_count", sizes.layers())
                .uint32(a + ".context_length", context)
                .uint32(a + ".embedding_length", sizes.width())
                .uint32(a + ".feed_forward_length", sizes.feedForward())
                .uint32(a + ".attention.head_count", sizes.heads())
                .uint32(a + ".attention.head_count_kv", sizes.keyValueHeads())
                .uint32(a + ".attention.key_length", sizes.headSize())
                .uint32(a + ".attention.value_length", sizes.headSize())
                .float32(a + ".attention.layer_norm_rms_epsilon", 1e-5f)
                .float32(a + ".rope.freq_base", 10000f)
                .string("tokenizer.ggml.model", "gpt2")
                .string("tokenizer.ggml.pre", "gpt-2")
                .strings("tokenizer.ggml.tokens", tokens())
                .int32s("tokenizer.ggml.token_type", types())
                .strings("tokenizer.ggml.merges", List.of())
                .uint32("tokenizer.ggml.eos_token_id", END)
                .string("tokenizer.chat_template",
                        "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}");
        if (gemma) {
            file.uint32("gemma3.attention.sliding_window", 5);
        }
        int attention = sizes.heads() * sizes.headSize();
        int keyValue = sizes.keyValueHeads() * sizes.headSize();
        matrix(file, "token_embd.weight", VOCABULARY, sizes.width(), sizes.type(), random, loudness);
        for (int l = 0; l < sizes.layers(); l++) {
            String p = "blk." + l + ".";
            gains(file, p + "attn_norm.weight", sizes.width(), random);
            matrix(file, p + "attn_q.weight", attention, sizes.width(), sizes.type(), random, loudness);
            matrix(file, p + "attn_k.weight", keyValue, sizes.width(), sizes.type(), random, loudness);
            matrix(file, p + "attn_v.weight", keyValue, sizes.width(), sizes.type(), random, loudness);
            matrix(file, p + "attn_output.weight", sizes.width(), attention, sizes.type(), random, loudness);
            gains(file, p + "ffn_norm.weight", sizes.width(), random);
            if (gemma) {
                gains(file, p + "attn_q_norm.weight", sizes.headSize(), random);
                gains(file, p + "attn_k_norm.weight", sizes.headSize(), random);
                gains(file, p + "post_attention_norm.weight", sizes.width(), random);
                gains(file, p + "post_ffw_norm.weight", sizes.width(), random);
            }
            matrix(file, p + "ffn_gate.weight", sizes.feedForward(), sizes.width(), sizes.type(), random, loudness);
            matrix(file, p + "ffn_up.weight", sizes.feedForward(), sizes.width(), sizes.type(), random, loudness);
            matrix(file, p + "ffn_down.weight", sizes.width(), sizes.feedForward(), sizes.type(), random, loudness);
        }
        gains(file, "output_norm.weight", sizes.width(), random);
        return file;
    }

    private static List<String> tokens() {
        List<String> tokens = new ArrayList<>();
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = b >= 33 && b <= 126 || b >= 161 && b <= 172 || b >= 174;
            tokens.add(Character.toString(printable ? b : next++));
        }
        tokens.add("<|end|>");
        return tokens;
    }

    private static int[] types() {
        int[] types = new int[VOCABULARY];
        java.util.Arrays.fill(types, 1);
        types[END] = 3;
        return types;
    }

    private static void gains(TinyGguf file, String name, int count, Random random) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            bytes.putFloat((float) (1 + 0.3 * random.nextGaussian()));
        }
        file.tensor(name, GgmlType.F32, bytes.array(), count);
    }

    private static void matrix(TinyGguf file, String name, int rows, int columns, GgmlType type, Random random,
            double loudness) {
        int blocks = rows * (columns / type.blockSize());
        ByteBuffer bytes = ByteBuffer.allocate(blocks * type.blockBytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int b = 0; b < blocks; b++) {
            byte[] block = new byte[type.blockBytes()];
            random.nextBytes(block);
            ByteBuffer view = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
            double size = loudness * random.nextGaussian();
            switch (type) {
                case F32 -> view.putFloat(0, (float) (0.15 * size));
                case BF16 -> view.putShort(0, (short) (Float.floatToRawIntBits((float) (0.15 * size)) >> 16));
                case F16 -> half(view, 0, 0.15 * size);
                case Q4_1 -> {
                    half(view, 0, 0.03 * size);
                    half(view, 2, 0.1 * loudness * random.nextGaussian());
                }
                case Q5_1, Q4_K, Q5_K -> {
                    half(view, 0, (type == GgmlType.Q5_1 ? 0.02 : 0.0005) * size);
                    half(view, 2, (type == GgmlType.Q5_1 ? 0.1 : 0.003) * loudness * random.nextGaussian());
                }
                case Q2_K -> {
                    half(view, 80, 0.01 * size);
                    half(view, 82, 0.01 * loudness * random.nextGaussian());
                }
                case Q3_K -> half(view, 108, 0.002 * size);
                case Q6_K -> half(view, 208, 0.0001 * size);
                case IQ4_XS -> half(view, 0, 0.0001 * size);
                case IQ4_NL -> half(view, 0, 0.002 * size);
                default -> half(view, 0, 0.15 * size / (type == GgmlType.Q8_0 ? 64 : 8));
            }
            bytes.put(block);
        }
        file.tensor(name, type, bytes.array(), columns, rows);
    }

    private static void half(ByteBuffer view, int at, double value) {
        view.putShort(at, Float.floatToFloat16((float) value));
    }
}

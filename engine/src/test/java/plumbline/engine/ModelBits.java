package plumbline.engine;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import plumbline.engine.gguf.GgmlType;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Pool;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;

/// What models compute, as digests: the boundary root and all logits. Every kernel, number of threads and chunking must
/// give one digest per model. Small models of random odd shapes are drawn here.
public final class ModelBits {

    private static final List<GgmlType> BLOCKS_OF_32 = List.of(GgmlType.Q4_0, GgmlType.Q4_1, GgmlType.Q5_0,
            GgmlType.Q5_1, GgmlType.Q8_0, GgmlType.IQ4_NL);
    private static final List<GgmlType> BLOCKS_OF_256 = List.of(GgmlType.Q2_K, GgmlType.Q3_K, GgmlType.Q4_K,
            GgmlType.Q5_K, GgmlType.Q6_K, GgmlType.IQ4_XS);
    private static final List<GgmlType> FLOATS = List.of(GgmlType.F32, GgmlType.F16, GgmlType.BF16);

    private ModelBits() {}

    /// One of the shapes that `random` draws: what it is, and its file.
    public record Shape(String name, TinyModel.Sizes sizes, double loudness, Path file) {}

    /// Writes the model of draw `number` into `folder`.
    public static Shape draw(int number, Random random, Path folder) throws Exception {
        String architecture = random.nextBoolean() ? "llama" : "gemma3";
        int layers = 1 + random.nextInt(2);
        int keyValueHeads = 1 + random.nextInt(2);
        int heads = keyValueHeads * (1 + random.nextInt(3));
        TinyModel.Sizes sizes = switch (number % 3) {
            case 0 -> new TinyModel.Sizes(architecture, layers, 1 + random.nextInt(50), heads, keyValueHeads,
                    2 * (1 + random.nextInt(12)), 1 + random.nextInt(60), one(FLOATS, random));
            case 1 -> new TinyModel.Sizes(architecture, layers, 32 * (1 + random.nextInt(3)), 2 * keyValueHeads,
                    keyValueHeads, 16 * (1 + random.nextInt(3)), 32 * (1 + random.nextInt(3)),
                    one(BLOCKS_OF_32, random));
            default -> new TinyModel.Sizes(architecture, 1, 256, 4, keyValueHeads, 64, 256,
                    one(BLOCKS_OF_256, random));
        };
        // Wide rows of loud K-quants would break the load rule (W8).
        double loudness = random.nextInt(3) != 0 ? 1 : sizes.type().blockSize() == 256 ? 20 : 60;
        Path file = TinyModel.write(folder.resolve(number + ".gguf"), sizes, random.nextLong(), loudness);
        return new Shape("model " + number + " " + sizes + " loudness " + loudness, sizes, loudness, file);
    }

    private static GgmlType one(List<GgmlType> types, Random random) {
        return types.get(random.nextInt(types.size()));
    }

    /// For each of `chunks`, the digest of boundary root and logits of `ids`, fed in chunks of at most that many
    /// positions.
    public static List<String> digests(Path file, Kernel kernel, int threads, int[] chunks, int[] ids)
            throws Exception {
        Digest zero = Digest.of(new byte[Digest.BYTES]);
        try (Pool pool = new Pool(threads); Model model = Model.load(file, new ModelId(zero), zero, kernel, pool)) {
            List<String> digests = new ArrayList<>();
            for (int chunk : chunks) {
                digests.add(digest(model, chunk, ids));
            }
            return digests;
        }
    }

    private static String digest(Model model, int chunk, int[] ids) throws Exception {
        Random random = new Random(chunk);
        int vocabulary = model.tokenizer().size();
        Forward forward = new Forward(model, ids.length, Digest.of(new byte[Digest.BYTES]));
        long[] logits = new long[chunk * vocabulary];
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        ByteBuffer bytes = ByteBuffer.allocate(logits.length * Long.BYTES);
        for (int from = 0; from < ids.length;) {
            int to = Math.min(ids.length, from + 1 + random.nextInt(chunk));
            forward.advance(ids, from, to);
            forward.logits(to - from, to - from, logits);
            bytes.asLongBuffer().put(logits);
            digest.update(bytes.array(), 0, (to - from) * vocabulary * Long.BYTES);
            from = to;
        }
        digest.update(forward.boundaryRoot().bytes());
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Token ids for a model.
    public static int[] ids(int count, Random random) {
        return random.ints(count, 0, TinyModel.VOCABULARY).toArray();
    }
}

package plumbline.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.gguf.GgmlType;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.Pool;
import plumbline.exact.Activations;
import plumbline.exact.Boundary;
import plumbline.exact.Embedding;
import plumbline.exact.KeyValues;
import plumbline.exact.LayerShape;
import plumbline.exact.LayerStep;
import plumbline.exact.Linear;
import plumbline.exact.Matrix;
import plumbline.verify.Digest;
import plumbline.verify.MerkleTree;
import plumbline.verify.ModelId;

/// The fast road gives the bits of the executable specification, whatever kernel, threads and chunks
/// (spec/arithmetic.md section 11, spec/boundaries.md D1-D7).
final class ForwardTest {

    private static final Digest SALT = Digest.sha256(new byte[] {42});

    private static final List<TinyModel.Sizes> SIZES = List.of(
            new TinyModel.Sizes("llama", 2, 64, 4, 2, 16, 96, GgmlType.Q4_1),
            new TinyModel.Sizes("llama", 1, 96, 3, 1, 32, 32, GgmlType.Q8_0),
            new TinyModel.Sizes("llama", 3, 32, 2, 2, 48, 64, GgmlType.Q4_0),
            new TinyModel.Sizes("llama", 2, 20, 5, 5, 6, 37, GgmlType.F16),
            new TinyModel.Sizes("llama", 1, 7, 1, 1, 2, 3, GgmlType.F32),
            new TinyModel.Sizes("gemma3", 7, 32, 4, 2, 16, 64, GgmlType.Q8_0));

    @TempDir
    Path folder;

    @Test
    void everyKernelThreadCountAndChunkingGivesTheSpecificationsBits() throws Exception {
        long seed = 5;
        for (TinyModel.Sizes sizes : SIZES) {
            Path file = TinyModel.write(folder.resolve("m" + seed + ".gguf"), sizes, seed);
            Random random = new Random(seed++);
            int[] ids = random.ints(23, 0, TinyModel.VOCABULARY).toArray();
            Reference reference = null;
            for (String kernel : List.of("scalar", "vector")) {
                for (int threads : new int[] {1, 2}) {
                    try (Pool pool = new Pool(threads);
                            Model model = load(file, Kernels.choose(kernel), pool)) {
                        reference = reference == null ? Reference.of(model, ids) : reference;
                        check(model, ids, reference, random, sizes + " " + kernel + ", " + threads + " threads");
                    }
                }
            }
        }
    }

    private static void check(Model model, int[] ids, Reference reference, Random random, String what) {
        for (int most : new int[] {1, 5, 64}) {
            Forward forward = new Forward(model, ids.length, SALT);
            long[] logits = new long[Forward.CHUNK_MAX * TinyModel.VOCABULARY];
            for (int from = 0; from < ids.length;) {
                int to = Math.min(ids.length, from + 1 + random.nextInt(most));
                forward.advance(ids, from, to);
                int rows = 1 + random.nextInt(to - from);
                forward.logits(to - from, rows, logits);
                for (int r = 0; r < rows; r++) {
                    assertArrayEquals(reference.logits[to - rows + r], Arrays.copyOfRange(logits,
                            r * TinyModel.VOCABULARY, (r + 1) * TinyModel.VOCABULARY), what + ", chunks to " + most);
                }
                from = to;
            }
            assertEquals(reference.root, forward.boundaryRoot(), what + ", chunks to " + most);
        }
    }

    static Model load(Path file, Kernel kernel, Pool pool) throws Exception {
        Digest zero = Digest.of(new byte[Digest.BYTES]);
        return Model.load(file, new ModelId(zero), zero, kernel, pool);
    }

    /// The specification, position by position.
    private record Reference(long[][] logits, Digest root) {

        static Reference of(Model model, int[] ids) {
            LayerShape shape = model.description().shape();
            KeyValues[] rows = new KeyValues[model.layers()];
            List<List<Digest>> leaves = new ArrayList<>();
            for (int l = 0; l < rows.length; l++) {
                rows[l] = new KeyValues(shape.keyValueHeads(), shape.headSize(), ids.length);
                leaves.add(new ArrayList<>());
            }
            long[][] logits = new long[ids.length][];
            for (int p = 0; p < ids.length; p++) {
                long[] h = new long[shape.width()];
                Embedding.apply(model.weights().embedding(), ids[p], model.description().embeddingScale(),
                        new long[shape.width()], h, 0);
                for (int l = 0; l < rows.length; l++) {
                    Description.Layer layer = model.description().layers().get(l);
                    LayerStep.apply(layer.shape(), model.weights().layers().get(l),
                            model.description().angles().get(layer.angles()), p, h, rows[l]);
                    byte[] state = new byte[Boundary.bytes(shape.width(), shape.keyValueHeads(), shape.headSize())];
                    Boundary.encode(h, 0, shape.width(), rows[l], p, state, 0);
                    leaves.get(l).add(Digest.sha256(new byte[1], SALT.bytes(), Digest.sha256(state).bytes()));
                }
                logits[p] = head(model, shape, h);
            }
            return new Reference(logits, MerkleTree.root(leaves.stream()
                    .map(layer -> Digest.sha256(new byte[1], MerkleTree.root(layer).bytes())).toList()));
        }

        private static long[] head(Model model, LayerShape shape, long[] h) {
            Matrix head = model.weights().embedding(); // tied in these files
            long[] z = new long[h.length];
            short[] x = new short[h.length];
            int fraction = model.weights().outputNorm().apply(h, 0, shape.epsilon(), z, 0);
            int e = Activations.quantise(z, 0, z.length, fraction, x, 0);
            long[] logits = new long[head.rows()];
            Linear.apply(head, x, 0, e, logits);
            return logits;
        }
    }
}

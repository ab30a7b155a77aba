package plumbline.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.gguf.GgmlType;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.NativeBuild;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.verify.Digest;

/// Whole forward passes over the longest context that the widths are proved for (spec/arithmetic.md section 13), and
/// the refusal of a longer one.
final class LongContextTest {

    private static final int LONGEST = 32_768;

    @TempDir
    Path folder;

    /// What a pass commits to: the root over all states, and the last position's logits.
    private record Result(Digest root, long[] logits) {}

    @Test
    void theFastestKernelGivesTheSpecificationsBitsUpToTheLastPosition() throws Exception {
        Path file = write(new TinyModel.Sizes("llama", 1, 4, 1, 1, 2, 3, GgmlType.F32), 1);
        int[] ids = ids(1);
        Result scalar = run(file, Kernels.choose("scalar"), 2, ids);
        Result fastest = run(file, NativeBuild.fastest(), 2, ids);
        same(scalar, fastest, "native");
    }

    @Test
    @Tag("full")
    void everyKernelGivesOneSetOfBitsUpToTheLastPosition() throws Exception {
        List<TinyModel.Sizes> all = List.of(new TinyModel.Sizes("llama", 1, 32, 2, 1, 16, 32, GgmlType.Q4_1),
                new TinyModel.Sizes("gemma3", 6, 32, 1, 1, 32, 32, GgmlType.Q8_0));
        for (TinyModel.Sizes sizes : all) {
            for (double loudness : new double[] {1, 60}) {
                Path file = write(sizes, loudness);
                int[] ids = ids(2);
                Result scalar = run(file, Kernels.choose("scalar"), 2, ids);
                same(scalar, run(file, Kernels.choose("vector"), 1, ids), "vector, " + sizes + ", " + loudness);
                same(scalar, run(file, NativeBuild.fastest(), 2, ids), "native, " + sizes + ", " + loudness);
            }
        }
    }

    @Test
    void aLongerContextIsRefused() throws Exception {
        Path file = write(new TinyModel.Sizes("llama", 1, 4, 1, 1, 2, 3, GgmlType.F32), 1);
        Digest zero = Digest.of(new byte[Digest.BYTES]);
        try (Pool pool = new Pool(1); Model model = ForwardTest.load(file, Kernels.choose("scalar"), pool)) {
            assertEquals(LONGEST, model.contextLength(), "the file says " + 2 * LONGEST);
            PromptException refusal = assertThrows(PromptException.class,
                    () -> model.promptIds(new Input.Prompt("a".repeat(LONGEST))));
            assertTrue(refusal.getMessage().contains("the context holds 32768"), refusal.getMessage());
            assertEquals(LONGEST - 1, model.promptIds(new Input.Prompt("a".repeat(LONGEST - 1))).length);
            assertThrows(IllegalArgumentException.class, () -> new Forward(model, LONGEST + 1, zero));
            Memory memory = new Memory(model, LONGEST);
            assertThrows(IllegalArgumentException.class, () -> memory.reserve(LONGEST + 1));
            assertThrows(IllegalArgumentException.class, () -> memory.beginning(0, LONGEST + 1));
        }
    }

    private Path write(TinyModel.Sizes sizes, double loudness) throws Exception {
        return TinyModel.write(folder.resolve("long.gguf"), sizes, 7, loudness, 2 * LONGEST);
    }

    private static int[] ids(long seed) {
        return new Random(seed).ints(LONGEST, 0, TinyModel.VOCABULARY).toArray();
    }

    private static Result run(Path file, Kernel kernel, int threads, int[] ids) throws Exception {
        try (Pool pool = new Pool(threads); Model model = ForwardTest.load(file, kernel, pool)) {
            Forward forward = new Forward(model, ids.length, Digest.of(new byte[Digest.BYTES]));
            long[] logits = new long[TinyModel.VOCABULARY];
            forward.prefill(ids, ids.length, logits);
            assertEquals(LONGEST, forward.position());
            assertTrue(Arrays.stream(logits).distinct().count() > 1);
            return new Result(forward.boundaryRoot(), logits);
        }
    }

    private static void same(Result expected, Result result, String what) {
        assertEquals(expected.root(), result.root(), what);
        assertArrayEquals(expected.logits(), result.logits(), what);
    }
}

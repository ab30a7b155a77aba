package plumbline.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.gguf.GgmlType;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.KernelUnavailableException;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.Pool;
import plumbline.verify.Digest;
import plumbline.verify.Sampling;
import plumbline.verify.StopReason;
import plumbline.verify.TokenIds;

/// Answers that are computed together have the bits that each has alone: tokens, text, stop, boundary root
/// (spec/boundaries.md D2, D6; spec/arithmetic.md S10; spec/receipt.md S3).
final class DecoderTest {

    private static final TinyModel.Sizes LLAMA = new TinyModel.Sizes("llama", 2, 64, 4, 2, 16, 96, GgmlType.Q4_1);
    private static final TinyModel.Sizes GEMMA = new TinyModel.Sizes("gemma3", 7, 32, 4, 2, 16, 64, GgmlType.Q8_0);
    private static final long PLENTY = 1 << 30;

    @TempDir
    Path folder;

    /// Body of a test with a model.
    private interface Body {
        void run(Model model) throws Exception;
    }

    private void with(TinyModel.Sizes sizes, String kernel, int threads, Body body) throws Exception {
        Path file = TinyModel.write(folder.resolve(sizes.architecture() + ".gguf"), sizes, 11);
        try (Pool pool = new Pool(threads); Model model = ForwardTest.load(file, Kernels.choose(kernel), pool)) {
            body.run(model);
        }
    }

    private static List<String> kernels() {
        List<String> names = new ArrayList<>(List.of("scalar", "vector"));
        try {
            Kernel compiled = Kernels.choose("native");
            names.add(compiled == null ? "" : "native");
        } catch (KernelUnavailableException e) {
            // not built here
        }
        return names;
    }

    private static GenerationJob job(Random random, int[] beginning) {
        int[] own = random.ints(1 + random.nextInt(60), 0, TinyModel.VOCABULARY).toArray();
        int common = random.nextInt(beginning.length + 1);
        int[] prompt = Arrays.copyOf(beginning, common + own.length);
        System.arraycopy(own, 0, prompt, common, own.length);
        Sampling sampling = random.nextBoolean() ? Sampling.greedy()
                : new Sampling(random.nextInt(1, 200_000), 0, 60_000, 0, 70_000, 1000, 0, new java.util.TreeMap<>());
        return new GenerationJob(TokenIds.of(prompt), sampling, Digest.sha256(new byte[] {(byte) random.nextInt()}),
                1 + random.nextInt(24), List.of(), Digest.sha256(new byte[] {(byte) random.nextInt(), 1}));
    }

    private static void assertSame(Answer alone, Answer together, String what) {
        assertEquals(alone.output(), together.output(), what);
        assertEquals(alone.text(), together.text(), what);
        assertEquals(alone.stop(), together.stop(), what);
        assertEquals(alone.boundaryRoot(), together.boundaryRoot(), what);
    }

    @Test
    void answersAreTheSameAloneAndInAnyMixtureForEveryKernel() throws Exception {
        for (TinyModel.Sizes sizes : List.of(LLAMA, GEMMA)) {
            for (String kernel : kernels()) {
                long seed = 1 + kernel.length();
                with(sizes, kernel, 2, model -> mixtures(model, seed, sizes.architecture() + " " + kernel));
            }
        }
    }

    private static void mixtures(Model model, long seed, String what) throws Exception {
        Random random = new Random(seed);
        int[] beginning = random.ints(70, 0, TinyModel.VOCABULARY).toArray();
        List<GenerationJob> jobs = IntStream.range(0, 12).mapToObj(n -> job(random, beginning)).toList();
        List<Answer> alone = new ArrayList<>();
        for (GenerationJob job : jobs) {
            alone.add(Generator.generate(model, job, (id, text) -> true));
        }
        long perPosition = Memory.bytesPerPosition(model.description().shape(), model.layers());
        for (long positions : new long[] {1 << 20, 190}) {
            for (int rowsMax : positions == 190 ? new int[] {64, 7} : new int[] {64}) {
                Decoder decoder = new Decoder(model, positions * perPosition, rowsMax);
                List<Decoding> begun = new ArrayList<>();
                while (begun.size() < jobs.size() || decoder.count() > 0) {
                    if (begun.size() < jobs.size() && random.nextInt(3) == 0) {
                        begun.add(decoder.begin(jobs.get(begun.size()), (id, text) -> true));
                    }
                    decoder.step();
                    assertTrue(decoder.memoryBytes() <= positions * perPosition, "the budget holds");
                }
                for (int n = 0; n < jobs.size(); n++) {
                    assertSame(alone.get(n), Generator.answer(begun.get(n)), what + ", seed " + seed + ", job " + n
                            + ", memory for " + positions + " positions, " + rowsMax + " rows");
                }
            }
        }
    }

    @Test
    void aChatsNextTurnComputesOnlyWhatIsNewAndCommitsToAllUnderItsOwnSalt() throws Exception {
        with(LLAMA, "scalar", 1, model -> {
            Random random = new Random(3);
            GenerationJob first = job(random, random.ints(60, 0, TinyModel.VOCABULARY).toArray());
            Decoder decoder = new Decoder(model, PLENTY);
            Answer one = run(decoder, first);
            int[] all = IntStream.concat(Arrays.stream(first.prompt().toArray()),
                    Arrays.stream(one.output().toArray())).toArray();
            int[] next = Arrays.copyOf(all, all.length + 9);
            GenerationJob second = new GenerationJob(TokenIds.of(next), first.sampling(), first.seed(), 5, List.of(),
                    Digest.sha256(new byte[] {77}));
            Answer two = run(decoder, second);
            assertEquals(all.length - 1, two.timings().reusedTokens());
            assertSame(Generator.generate(model, second, (id, text) -> true), two, "reused");
            Answer again = run(decoder, first);
            assertEquals(first.prompt().size() - 1, again.timings().reusedTokens());
            assertSame(one, again, "the same request again");
            decoder.forget();
            assertEquals(0, decoder.memoryBytes());
            assertEquals(0, run(decoder, second).timings().reusedTokens());
        });
    }

    @Test
    void anotherAnswerToAPromptThatIsUnderWayDoesNotComputeItAgain() throws Exception {
        with(LLAMA, "vector", 2, model -> {
            Random random = new Random(9);
            GenerationJob job = job(random, random.ints(50, 0, TinyModel.VOCABULARY).toArray());
            GenerationJob other = new GenerationJob(job.prompt(), job.sampling(), Digest.sha256(new byte[] {5}),
                    job.maxTokens(), job.stops(), job.boundarySalt());
            Decoder decoder = new Decoder(model, PLENTY);
            List<Decoding> begun = new ArrayList<>();
            begun.add(decoder.begin(job, (_, _) -> begun.size() > 0));
            while (!begun.getFirst().decodes()) {
                decoder.step();
            }
            begun.add(decoder.begin(other, (_, _) -> true));
            while (decoder.step()) {
                // until both have ended
            }
            Answer late = Generator.answer(begun.get(1));
            assertEquals(job.prompt().size() - 1, late.timings().reusedTokens());
            assertSame(Generator.generate(model, other, (_, _) -> true), late, "begun beside the other");
            assertSame(Generator.generate(model, job, (_, _) -> true), Generator.answer(begun.getFirst()), "first");
        });
    }

    @Test
    void ofWhatIsKeptTheLeastRecentlyUsedGoesAndTheLastStaysHoweverLongItIs() throws Exception {
        with(LLAMA, "scalar", 1, model -> {
            long perPosition = Memory.bytesPerPosition(model.description().shape(), model.layers());
            KeptMemories kept = new KeptMemories(100 * perPosition);
            Random random = new Random(4);
            int[][] ids = new int[5][];
            Arrays.setAll(ids, _ -> random.ints(120, 0, TinyModel.VOCABULARY).toArray());
            kept.keep(memory(model, ids[0], 40));
            kept.keep(memory(model, ids[1], 40));
            assertTrue(kept.find(ids[0], 40).isPresent(), "used now");
            kept.keep(memory(model, ids[2], 40));
            assertTrue(kept.find(ids[1], 40).isEmpty());
            assertTrue(kept.find(ids[0], 40).isPresent());
            assertEquals(80 * perPosition, kept.bytes());
            kept.keep(memory(model, ids[3], 120));
            assertEquals(120 * perPosition, kept.bytes());
            assertTrue(kept.find(ids[3], 120).isPresent());
            kept.keep(memory(model, ids[4], 20));
            assertTrue(kept.find(ids[3], 120).isEmpty());
            assertEquals(20 * perPosition, kept.bytes());
        });
    }

    private static Memory memory(Model model, int[] ids, int count) {
        Memory memory = new Memory(model, count);
        memory.append(ids, 0, count);
        return memory;
    }

    private static Answer run(Decoder decoder, GenerationJob job) throws PromptException {
        Decoding decoding = decoder.begin(job, (id, text) -> true);
        while (decoder.step()) {
            // until it has ended
        }
        return Generator.answer(decoding);
    }

    @Test
    void anAnswerGoesOnAfterAnyOfItsPrefixesAndIsTheSame() throws Exception {
        with(LLAMA, "vector", 2, model -> {
            Random random = new Random(5);
            GenerationJob job = job(random, new int[80]);
            Answer whole = Generator.generate(model, job, (id, text) -> true);
            int[] output = whole.output().toArray();
            for (int n = 1; n <= output.length; n++) {
                List<Integer> heard = new ArrayList<>();
                Answer continued = Generator.generate(model, job.after(TokenIds.of(Arrays.copyOf(output, n))),
                        (id, text) -> heard.add(id));
                assertSame(whole, continued, n + " tokens handed over");
                assertEquals(Arrays.stream(output).boxed().toList(), heard, "told from token 0");
            }
        });
    }

    @Test
    void aPrefixThatTheModelWouldNotDrawIsRefusedAtItsFirstWrongToken() throws Exception {
        with(LLAMA, "scalar", 1, model -> {
            GenerationJob job = job(new Random(8), new int[3]);
            int[] output = Generator.generate(model, job, (id, text) -> true).output().toArray();
            assertTrue(output.length > 3);
            for (int wrong = 0; wrong < output.length; wrong++) {
                int[] prefix = output.clone();
                prefix[wrong] = (prefix[wrong] + 1) % TinyModel.END;
                assertEquals(wrong, refused(model, job.after(TokenIds.of(prefix))));
                prefix[wrong] = TinyModel.VOCABULARY + 5;
                assertEquals(wrong, refused(model, job.after(TokenIds.of(prefix))));
            }
        });
    }

    @Test
    void aPrefixThatGoesOnAfterTheAnswersEndIsRefused() throws Exception {
        with(LLAMA, "scalar", 1, model -> {
            GenerationJob any = job(new Random(8), new int[3]);
            Answer whole = Generator.generate(model, any, (id, text) -> true);
            String text = whole.text();
            GenerationJob stopping = new GenerationJob(any.prompt(), any.sampling(), any.seed(), any.maxTokens(),
                    List.of(text.substring(0, 1)), any.boundarySalt());
            Answer shorter = Generator.generate(model, stopping, (id, t) -> true);
            assertEquals(StopReason.STRING, shorter.stop());
            assertEquals(shorter.output().size(), refused(model, stopping.after(whole.output())));
        });
    }

    private static int refused(Model model, GenerationJob job) {
        return assertThrows(PrefixException.class, () -> Generator.generate(model, job, (id, text) -> true)).index();
    }

    @Test
    void onlyAllowedTokensAreDrawnAtAnyTemperatureAndTheListenerSeesTheExactLogits() throws Exception {
        with(LLAMA, "scalar", 1, model -> {
            for (int temperature : new int[] {0, 65_536, 1 << 21}) {
                GenerationJob job = new GenerationJob(TokenIds.of(1, 2, 3),
                        new Sampling(temperature, 0, 65_536, 0, 1, 0, 0, new java.util.TreeMap<>()),
                        Digest.sha256(new byte[1]), 12, List.of(), Digest.sha256(new byte[2]));
                Logits listener = new Logits();
                Answer answer = Generator.generate(model, job.under(new OddThenEven(0)), listener);
                for (int i = 0; i < answer.output().size(); i++) {
                    assertEquals(i % 2, answer.output().get(i) % 2, "token " + i + " of " + answer.output());
                }
                assertLogits(model, answer, listener);
                TokenIds prefix = TokenIds.of(Arrays.copyOf(answer.output().toArray(), 5));
                assertSame(answer, Generator.generate(model, job.under(new OddThenEven(0)).after(prefix),
                        (id, text) -> true), "continued");
            }
        });
    }

    /// Ids by turns even and odd.
    private record OddThenEven(int odd) implements TokenRestriction {

        @Override
        public BitSet allowed() {
            BitSet set = new BitSet();
            IntStream.range(0, 100).forEach(i -> set.set(2 * i + odd));
            return set;
        }

        @Override
        public TokenRestriction after(int id) {
            return new OddThenEven(1 - odd);
        }
    }

    private static final class Logits implements TokenListener {
        final List<long[]> heard = new ArrayList<>();

        @Override
        public boolean token(int id, String text) {
            return true;
        }

        @Override
        public boolean wantsLogits() {
            return true;
        }

        @Override
        public void logits(int id, long[] logits) {
            heard.add(logits);
        }
    }

    private static void assertLogits(Model model, Answer answer, Logits listener) {
        int[] ids = IntStream.concat(Arrays.stream(answer.prompt().toArray()),
                Arrays.stream(answer.output().toArray())).toArray();
        Forward forward = new Forward(model, ids.length, Digest.sha256(new byte[3]));
        forward.advance(ids, 0, ids.length - 1);
        int rows = answer.output().size();
        long[] all = new long[rows * TinyModel.VOCABULARY];
        forward.logits(ids.length - 1, rows, all);
        for (int i = 0; i < rows; i++) {
            assertArrayEquals(Arrays.copyOfRange(all, i * TinyModel.VOCABULARY, (i + 1) * TinyModel.VOCABULARY),
                    listener.heard.get(i));
        }
    }

    @Test
    void aCancelledAnswerEndsWithItsNextTokenAndOneThatHasNoneEndsWithout() throws Exception {
        with(LLAMA, "scalar", 1, model -> {
            GenerationJob job = new GenerationJob(TokenIds.of(new int[100]), Sampling.greedy(),
                    Digest.sha256(new byte[1]), 50, List.of(), Digest.sha256(new byte[2]));
            Decoder decoder = new Decoder(model, PLENTY);
            Decoding early = decoder.begin(job, (id, text) -> true);
            decoder.step();
            early.cancel();
            assertFalse(decoder.step());
            assertInstanceOf(CancellationException.class, assertThrows(
                    CancellationException.class, () -> early.answer().get()));
            List<Integer> heard = new ArrayList<>();
            Decoding late = decoder.begin(job, (id, text) -> heard.add(id));
            while (heard.size() < 3) {
                decoder.step();
            }
            late.cancel();
            decoder.step();
            assertEquals(0, decoder.count());
            Answer answer = Generator.answer(late);
            assertEquals(StopReason.CANCELLED, answer.stop());
            assertEquals(3, answer.output().size());
            Answer bySelf = Generator.generate(model, job, counting(3));
            assertSame(bySelf, answer, "cancelled by the listener");
        });
    }

    private static TokenListener counting(int count) {
        List<Integer> heard = new ArrayList<>();
        return (id, text) -> heard.add(id) && heard.size() < count;
    }

    @Test
    void whatCanNeverFitIsRefusedAndAFailingListenerEndsItsOwnAnswerAlone() throws Exception {
        with(LLAMA, "scalar", 1, model -> {
            GenerationJob job = job(new Random(8), new int[3]);
            long perPosition = Memory.bytesPerPosition(model.description().shape(), model.layers());
            Decoder small = new Decoder(model, 10 * perPosition);
            GenerationJob large = new GenerationJob(TokenIds.of(new int[8]), job.sampling(), job.seed(), 3, List.of(),
                    job.boundarySalt());
            assertTrue(assertThrows(PromptException.class, () -> small.begin(large, (id, text) -> true))
                    .getMessage().contains("MiB"));
            Decoder decoder = new Decoder(model, PLENTY);
            Decoding bad = decoder.begin(job, (id, text) -> {
                throw new IllegalStateException("listener");
            });
            Decoding good = decoder.begin(job, (id, text) -> true);
            while (decoder.step()) {
                // until both have ended
            }
            assertInstanceOf(IllegalStateException.class,
                    assertThrows(ExecutionException.class, () -> bad.answer().get()).getCause());
            assertSame(Generator.generate(model, job, (id, text) -> true), Generator.answer(good), "beside it");
            assertEquals(Optional.empty(), good.memory());
        });
    }
}

package plumbline.engine.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One set of bits (spec/arithmetic.md section 2, W8): every kernel, 1 and 2 threads, any chunking, and every way that
/// this JVM has to run them, on random odd shapes and extremes. [PlantedErrorTest] shows that a kernel with an error
/// is found, [RealModelBitsTest] that a real model gives one set of bits too.
final class SameBitsTest {

    private static final long SEED = Long.getLong("plumbline.seed", System.nanoTime());

    @TempDir
    Path folder;

    /// Of the vectors of levels 1 and 2 the seed picks one.
    @Test
    void everyKernelGivesOneSetOfBitsHoweverItIsRun() throws Exception {
        check(SEED, 3, List.of(0, (int) (1 + (SEED & 1)), 3));
    }

    @Test
    @Tag("full")
    void everyKernelGivesOneSetOfBitsHoweverItIsRunForManyShapes() throws Exception {
        for (int i = 0; i < 6; i++) {
            check(SEED + i, 20, List.of(0, 1, 2, 3));
        }
    }

    private void check(long seed, int models, List<Integer> levels) throws Exception {
        List<List<String>> ways = new ArrayList<>(List.of(List.of("-Xint"), List.of("-XX:TieredStopAtLevel=1")));
        levels.forEach(level -> ways.add(SameBitsRuns.c2(level)));
        SameBitsRuns runs = new SameBitsRuns(folder, "; ./plumb test --only SameBitsTest --seed " + seed);
        NativeBuild.library(); // skips where there is no compiler
        List<Callable<List<String>>> calls = new ArrayList<>();
        for (List<String> way : ways) {
            Path files = Files.createTempDirectory(folder, "models");
            calls.add(() -> runs.run(way, 5, "" + seed, files.toString(), "" + models,
                    way.contains("-Xint") ? "interpreted" : "compiled"));
        }
        try (ExecutorService two = Executors.newFixedThreadPool(2)) {
            List<Future<List<String>>> outputs = two.invokeAll(calls);
            for (int i = 0; i < outputs.size(); i++) {
                runs.collect(outputs.get(i).get(), ways.get(i).toString());
            }
        }
        assertTrue(runs.cases() > 50, runs.cases() + " cases");
        runs.assertSame();
    }
}

package plumbline.engine.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.TestModels;
import tools.jackson.databind.ObjectMapper;

/// The boundary root and all logits of models that people have, compiled by C2: one digest for every kernel, 1 and 2
/// threads and every chunking of the prompt (spec/arithmetic.md section 2, spec/boundaries.md). The prompts are the
/// beginnings of the texts in vectors/accuracy.
final class RealModelBitsTest {

    @TempDir
    Path folder;

    @Test
    void smolLm2GivesOneSetOfBitsHoweverItIsRun() throws Exception {
        check(TestModels.smolLm2(), "smollm2.jsonl", 3, "1,3");
    }

    /// More positions than are computed together.
    @Test
    @Tag("full")
    void smolLm2GivesOneSetOfBitsForALongerPromptToo() throws Exception {
        check(TestModels.smolLm2(), "smollm2.jsonl", 70, "1,7,64");
    }

    @Test
    @Tag("full")
    void gemma3GivesOneSetOfBitsHoweverItIsRun() throws Exception {
        check(TestModels.gemma3(), "gemma3.jsonl", 20, "1,3,16");
    }

    private void check(Path model, String vectors, int positions, String chunks) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        try (Stream<String> lines = Files.lines(TestModels.inRepository("vectors", "accuracy", vectors))) {
            String ids = lines.skip(1).limit(positions).map(line -> mapper.readTree(line).get("token").asString())
                    .collect(Collectors.joining(","));
            SameBitsRuns runs = new SameBitsRuns(folder, "");
            runs.collect(runs.run(SameBitsRuns.C2, 30, model.toString(), ids, chunks), "C2");
            assertEquals(1, runs.cases());
            runs.assertSame();
        }
    }
}

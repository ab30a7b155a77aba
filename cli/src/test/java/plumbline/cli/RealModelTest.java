package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// The main job with the real model: an answer, its receipt, and the check on another machine's empty data folder.
final class RealModelTest {

    private static final String QUESTION = "What is the capital of France?";

    /// The root over all committed states of this question's answer: the same on every machine, for ever.
    private static final String DRY_ROOT = "2fe516d37d82729b454affa654622822f58fa0679d84352885758737a27583a5";

    @TempDir
    Path folder;

    private Captured plumb(String... words) {
        return Captured.run(words);
    }

    private static JsonNode json(Captured run) {
        return new ObjectMapper().readTree(run.out());
    }

    @Test
    void aDryRunGivesTheGoldenBits() {
        Captured run = plumb("run", RealModel.file().toString(), "-p", QUESTION, "--dry", "--json", "--data",
                folder.resolve("none").toString());
        assertEquals(Exit.DONE, run.code(), run.err());
        assertEquals("The capital of France is Paris.", json(run).get("text").asString());
        assertEquals(DRY_ROOT, json(run).get("boundary_root").asString());
        assertTrue(json(run).get("receipt").isNull());
        assertTrue(Files.notExists(folder.resolve("none")), "a dry run stores nothing");
    }

    @Test
    void anAnswerIsCheckedElsewhereFromBundleAndModelAlone() throws Exception {
        String model = RealModel.file().toString();
        Path bundle = folder.resolve("answer.bundle");
        Captured run = plumb("run", model, "-p", QUESTION, "--temperature", "0.8", "--seed", "3", "--max-tokens", "24",
                "--min-p", "0.02", "--repetition-penalty", "1.1", "--presence-penalty", "0.5",
                "--frequency-penalty", "0.25", "--logit-bias", "2:-1.5,260:0.5",
                "--receipt", bundle.toString(), "--json", "--data", folder.resolve("node").toString());
        assertEquals(Exit.DONE, run.code(), run.err());
        String elsewhere = folder.resolve("elsewhere").toString();

        Captured unpinned = plumb("verify", bundle.toString(), "--data", elsewhere);
        assertEquals(Exit.REJECTED, unpinned.code());
        assertTrue(unpinned.out().contains("signer not pinned"), unpinned.out());

        Captured replayed = plumb("verify", bundle.toString(), "--replay", "--model", model, "--seed", "3", "--data",
                elsewhere);
        assertEquals(Exit.DONE, replayed.code(), replayed.out() + replayed.err());
        assertTrue(replayed.out().contains("replayed (by you)"), replayed.out());
        assertTrue(replayed.out().contains("(not pinned)"), replayed.out());

        assertEquals(Exit.REJECTED, plumb("verify", bundle.toString(), "--replay", "--model", model, "--seed", "4",
                "--data", elsewhere).code());
        lyingNodesAreFound(bundle, json(run));
    }

    /// Another answer under the same receipt: the parts no longer open its commitments.
    private void lyingNodesAreFound(Path bundle, JsonNode run) throws Exception {
        String text = Files.readString(bundle);
        String said = Base64.getEncoder().encodeToString(
                run.get("text").asString().getBytes(StandardCharsets.UTF_8));
        String other = Base64.getEncoder().encodeToString("London, of course.".getBytes(StandardCharsets.UTF_8));
        assertNotEquals(text, text.replace(said, other));
        Path changed = folder.resolve("changed.bundle");
        Files.writeString(changed, text.replace(said, other));
        Captured verdict = plumb("verify", changed.toString(), "--data", folder.resolve("node").toString(), "--json");
        assertEquals(Exit.REJECTED, verdict.code());
        assertEquals("commitment-mismatch-text", json(verdict).get("reason").asString(), verdict.out());
    }
}

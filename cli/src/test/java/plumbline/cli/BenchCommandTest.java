package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// `plumb bench` with the real model. It is a tool for people: no test asserts a time.
final class BenchCommandTest {

    private static JsonNode json(Captured run) {
        assertEquals(Exit.DONE, run.code(), run.err());
        return new ObjectMapper().readTree(run.out());
    }

    @Test
    void aRoundGivesRatesAndNamesTheKernelThatRan() {
        JsonNode page = json(Captured.run("bench", RealModel.file().toString(), "--prompt", "20", "--gen", "3",
                "--repeats", "2", "--threads", "1", "--kernel", "vector", "--replay", "--json"));
        assertTrue(page.get("kernel").asString().startsWith("vector"), page.toString());
        assertEquals(1, page.get("threads").asInt());
        for (String rate : new String[] {"prefill_tokens_per_second", "decode_tokens_per_second",
            "replay_tokens_per_second", "gigabytes_per_second", "load_seconds"}) {
            assertTrue(page.get(rate).asDouble() > 0, rate);
        }
        assertEquals(2, page.get("decode_seconds").size(), "every round's time is there");
        assertEquals(96_436_224, page.get("weight_bytes_per_token").asLong(), "the matrices of the file, each once");
    }

    @Test
    void whatCommitmentsCostIsMeasuredInPairs() {
        JsonNode page = json(Captured.run("bench", RealModel.file().toString(), "--prompt", "64", "--gen", "5",
                "--repeats", "2", "--threads", "1", "--commitments", "--json"));
        assertEquals("cpu", page.get("clock").asString());
        assertEquals(2, page.get("prefill").get("pairs").asInt());
        assertEquals(10, page.get("decode").get("pairs").asInt());
        assertTrue(page.get("decode").get("low").asDouble() <= page.get("decode").get("high").asDouble());
    }

    @Test
    void theMachineIsMeasuredWithoutAModel() {
        JsonNode page = json(Captured.run("bench", "--machine", "--repeats", "1", "--threads", "1", "--json"));
        assertTrue(page.get("read_gigabytes_per_second").asDouble() > 0);
    }

    @Test
    void aForcedKernelThatIsNotThereIsAFailure() {
        Captured run = Captured.run("bench", RealModel.file().toString(), "--kernel", "abacus");
        assertEquals(Exit.FAILED, run.code());
        assertTrue(run.err().contains("--kernel abacus"), run.err());
        assertEquals(Exit.FAILED, Captured.run("bench", "--floors", "--kernel", "abacus").code());
    }

    /// As a process of its own, because the library's place is looked up once.
    @Test
    void aForcedNativeKernelWithoutItsLibraryEndsTheProcessWithOne() throws Exception {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Dplumbline.native=nowhere/libplumbline.so", "-cp",
                EditedModelTest.classPath(), "plumbline.cli.Main", "bench", RealModel.file().toString(), "--kernel",
                "native", "--json").redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(Exit.FAILED, process.waitFor(), said);
        assertTrue(said.contains("--kernel native: kernel \"native\" needs the library libplumbline.so"), said);
    }

    @Test
    void aModelOrTheMachineIsNeededNotBoth() {
        assertEquals(Exit.USAGE, Captured.run("bench").code());
        assertEquals(Exit.USAGE, Captured.run("bench", "some", "--machine").code());
        assertEquals(Exit.USAGE, Captured.run("bench", "some", "--floors").code());
        assertEquals(Exit.USAGE, Captured.run("bench", "some", "--threads", "0").code());
    }

    @Test
    void aRoundBeyondTheContextIsRefusedWithTheLimit() {
        Captured run = Captured.run("bench", RealModel.file().toString(), "--prompt", "8192", "--gen", "1");
        assertEquals(Exit.FAILED, run.code());
        assertTrue(run.err().contains("8192"), run.err());
    }
}

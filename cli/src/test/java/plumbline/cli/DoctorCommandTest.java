package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.kernel.PlantedErrorTest;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class DoctorCommandTest {

    @TempDir
    Path folder;

    @Test
    void aRefusedKernelIsShownAndAnotherUsed() throws Exception {
        Path wrong = PlantedErrorTest.wrongLibrary(folder.resolve("wrong"));
        Captured doctor;
        Map<String, Optional<String>> before = set(Map.of("plumbline.native", wrong.toString(),
                "https.proxyHost", "127.0.0.1", "https.proxyPort", "9")); // no hub: nothing to wait for
        try {
            doctor = Captured.run("doctor", "--json", "--data", folder.resolve("home").toString());
        } finally {
            before.forEach(DoctorCommandTest::restore);
        }
        JsonNode page = new ObjectMapper().readTree(doctor.out());
        JsonNode refused = page.get("kernel_native");
        assertFalse(refused.get("ok").asBoolean());
        assertTrue(refused.get("text").asString().contains("is refused: "), doctor.out());
        assertTrue(refused.get("text").asString().contains(" instead of "), doctor.out());
        assertTrue(page.get("kernel").get("ok").asBoolean(), doctor.out());
        assertTrue(page.get("kernel").get("text").asString().matches("(vector-[0-9]+|scalar) is in use.*"),
                doctor.out());
        assertEquals(Exit.FAILED, doctor.code(), "something is wrong with this installation");
        for (String kernel : List.of("kernel_scalar", "kernel_vector")) {
            assertTrue(page.get(kernel).get("ok").asBoolean(), doctor.out());
        }
    }

    @Test
    void aVectorKernelThatIsWrongForOneFormatIsShown() throws Exception {
        Path wrong = PlantedErrorTest.wrongVector(folder.resolve("wrong"));
        Process doctor = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "--add-modules", "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED", "-Dhttps.proxyHost=127.0.0.1", "-Dhttps.proxyPort=9",
                "-cp", wrong + File.pathSeparator + EditedModelTest.classPath(), Main.class.getName(),
                "doctor", "--json", "--data", folder.resolve("home").toString())
                .redirectError(folder.resolve("stderr").toFile()).start();
        String out = new String(doctor.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(Exit.FAILED, doctor.waitFor(), out);
        JsonNode vector = new ObjectMapper().readTree(out).get("kernel_vector");
        assertFalse(vector.get("ok").asBoolean(), out);
        assertTrue(vector.get("text").asString().matches(
                "kernel .vector-[0-9]+. is refused for Q4_0 weights: .* instead of .*"), out);
    }

    /// Sets system properties; returns what they were.
    private static Map<String, Optional<String>> set(Map<String, String> properties) {
        Map<String, Optional<String>> before = new HashMap<>();
        properties.forEach((name, value) ->
                before.put(name, Optional.ofNullable(System.setProperty(name, value))));
        return before;
    }

    private static void restore(String name, Optional<String> value) {
        value.ifPresentOrElse(was -> System.setProperty(name, was), () -> System.clearProperty(name));
    }
}

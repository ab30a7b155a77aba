package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
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
        String before = System.getProperty("plumbline.native");
        System.setProperty("plumbline.native", wrong.toString());
        try {
            doctor = Captured.run("doctor", "--json", "--data", folder.resolve("home").toString());
        } finally {
            restore(before);
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

    private static void restore(String before) {
        if (before == null) {
            System.clearProperty("plumbline.native");
        } else {
            System.setProperty("plumbline.native", before);
        }
    }
}

package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.TinyModel;
import plumbline.engine.gguf.GgmlType;

class StartUpTest {

    private static final TinyModel.Sizes SIZES = new TinyModel.Sizes("llama", 2, 64, 2, 1, 32, 96, GgmlType.Q4_1);

    @TempDir
    Path folder;

    /// It lies among the resources because the program can't make one; it holds nothing but random numbers.
    @Test
    void theModelOfTheLaunchersRecordingIsTheOneThatTestsMake() throws Exception {
        byte[] made = Files.readAllBytes(TinyModel.write(folder.resolve("made.gguf"), SIZES, 1));
        Path source = Path.of(System.getProperty("plumbline.repository"),
                "cli/src/main/resources/plumbline/cli", StartUp.MODEL);
        if (Boolean.getBoolean("plumbline.write")) {
            Files.createDirectories(source.getParent());
            Files.write(source, made);
        }
        try (InputStream in = StartUp.class.getResourceAsStream(StartUp.MODEL)) {
            assertArrayEquals(made, in == null ? Files.readAllBytes(source) : in.readAllBytes());
        }
    }
}

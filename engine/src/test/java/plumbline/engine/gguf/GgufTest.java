package plumbline.engine.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.TestModels;
import plumbline.exact.BlockFormat;
import plumbline.verify.MalformedException;

/// Reading good files (spec/gguf.md), and what the typed getters refuse.
final class GgufTest {
    @TempDir
    Path folder;

    private static GgufMetadata sample() throws MalformedException {
        return new TinyGguf()
                .string("general.architecture", "llama")
                .uint32("count", 7)
                .uint32("large", -1)
                .raw("negative", GgufValueType.INT8.ordinal(), new byte[] {-3})
                .raw("u16", GgufValueType.UINT16.ordinal(), new byte[] {(byte) 0xff, (byte) 0xff})
                .raw("i64", GgufValueType.INT64.ordinal(), new byte[] {1, 0, 0, 0, 0, 0, 0, 1})
                .float32("epsilon", 1e-5f)
                .bool("flag", true)
                .strings("names", List.of("", "a", "Ġé", "🦙"))
                .int32s("types", 1, -2, Integer.MAX_VALUE)
                .float32s("scores", 0.5f, -0f)
                .metadata();
    }

    @Test
    void readsEveryTypeOfValue() throws MalformedException {
        GgufMetadata metadata = sample();
        assertEquals(Optional.of("llama"), metadata.string("general.architecture"));
        assertEquals(7, metadata.uint("count").getAsLong());
        assertEquals(0xffff_ffffL, metadata.uint("large").getAsLong());
        assertEquals(0xffff, metadata.uint("u16").getAsLong());
        assertEquals(0x0100_0000_0000_0001L, metadata.uint("i64").getAsLong());
        assertEquals(Float.floatToIntBits(1e-5f), metadata.float32Bits("epsilon").getAsInt());
        assertEquals(Optional.of(true), metadata.bool("flag"));
        assertEquals(List.of("", "a", "Ġé", "🦙"), metadata.strings("names").orElseThrow());
        assertArrayEquals(new int[] {1, -2, Integer.MAX_VALUE},
                metadata.ints("types").orElseThrow());
        assertArrayEquals(new int[] {0x3f000000, 0x80000000},
                metadata.float32ArrayBits("scores").orElseThrow());
    }

    @Test
    void keepsTheOrderOfKeysAndShowsThem() throws MalformedException {
        GgufMetadata metadata = sample();
        assertEquals("general.architecture", metadata.keys().getFirst());
        assertEquals("scores", metadata.keys().getLast());
        assertEquals("\"llama\"", metadata.shown("general.architecture"));
        assertEquals("-3", metadata.shown("negative"));
        assertEquals("true", metadata.shown("flag"));
        assertEquals("[\"\", \"a\", \"Ġé\", \"🦙\"]", metadata.shown("names"));
        assertEquals("[1, -2, 2147483647]", metadata.shown("types"));
        assertEquals(Optional.of(GgufValueType.BOOL), metadata.type("flag"));
    }

    @Test
    void cutsLongValuesAndHidesControlCharactersWhenShown() throws MalformedException {
        GgufMetadata metadata = new TinyGguf()
                .string("long", "x".repeat(1000))
                .string("hostile", "a\u001b[2J\u0085\n\"")
                .int32s("many", 1, 2, 3, 4, 5)
                .metadata();
        assertEquals("\"" + "x".repeat(80) + "...\"", metadata.shown("long"));
        assertEquals("\"a\ufffd[2J\ufffd\\n\\\"\"", metadata.shown("hostile"));
        assertEquals("[1, 2, 3, 4, ... 5 elements]", metadata.shown("many"));
    }

    @Test
    void answersEmptyWhereAKeyIsAbsent() throws MalformedException {
        GgufMetadata metadata = sample();
        assertTrue(metadata.string("absent").isEmpty());
        assertTrue(metadata.uint("absent").isEmpty());
        assertTrue(metadata.float32Bits("absent").isEmpty());
        assertTrue(metadata.bool("absent").isEmpty());
        assertTrue(metadata.strings("absent").isEmpty());
        assertTrue(metadata.ints("absent").isEmpty());
        assertTrue(metadata.float32ArrayBits("absent").isEmpty());
        assertEquals("", metadata.shown("absent"));
        assertFalse(metadata.has("absent"));
    }

    /// G14: a value of another type is no missing value.
    @Test
    void refusesAValueOfAnotherType() throws MalformedException {
        GgufMetadata metadata = sample();
        assertThrows(MalformedException.class, () -> metadata.string("count"));
        assertThrows(MalformedException.class, () -> metadata.string("names"));
        assertThrows(MalformedException.class, () -> metadata.uint("general.architecture"));
        assertThrows(MalformedException.class, () -> metadata.uint("epsilon"));
        assertThrows(MalformedException.class, () -> metadata.uint("flag"));
        assertThrows(MalformedException.class, () -> metadata.float32Bits("count"));
        assertThrows(MalformedException.class, () -> metadata.bool("count"));
        assertThrows(MalformedException.class, () -> metadata.strings("types"));
        assertThrows(MalformedException.class, () -> metadata.strings("general.architecture"));
        assertThrows(MalformedException.class, () -> metadata.ints("names"));
        assertThrows(MalformedException.class, () -> metadata.ints("scores"));
        assertThrows(MalformedException.class, () -> metadata.float32ArrayBits("types"));
    }

    @Test
    void refusesANegativeNumberWhereACountIsAsked() throws MalformedException {
        GgufMetadata metadata = sample();
        MalformedException e =
                assertThrows(MalformedException.class, () -> metadata.uint("negative"));
        assertTrue(e.getMessage().contains("negative is -3"), e.getMessage());
    }

    @Test
    void readsTensorsWhereTheyLie() throws Exception {
        byte[] row = new byte[64];
        row[0] = 42;
        Path path = new TinyGguf().alignment(64)
                .tensor("first", GgmlType.Q8_0, new byte[34], 32)
                .tensor("second", GgmlType.F32, row, 4, 2, 2)
                .write(folder.resolve("tiny.gguf"));
        try (Gguf gguf = Gguf.open(path)) {
            assertEquals(3, gguf.version());
            assertEquals(2, gguf.tensors().size());
            GgufTensor second = gguf.tensor("second").orElseThrow();
            assertEquals(List.of(4L, 2L, 2L), second.dimensions());
            assertEquals(4, second.columns());
            assertEquals(4, second.rows());
            assertEquals(16, second.weights());
            assertEquals(64, second.data().byteSize());
            assertEquals(42, second.data().get(ValueLayout.JAVA_BYTE, 0));
            assertTrue(second.data().isReadOnly());
            assertEquals(Optional.of(BlockFormat.Q8_0),
                    gguf.tensor("first").orElseThrow().type().exact());
            assertTrue(gguf.tensor("third").isEmpty());
        }
    }

    /// The example of spec/gguf.md.
    @Test
    void readsTheExampleOfTheSpecification() throws Exception {
        byte[] file = HexFormat.of().parseHex(
                "47475546030000000100000000000000" + "01000000000000000c00000000000000"
                        + "67656e6572616c2e6e616d6508000000" + "040000000000000074696e7901000000"
                        + "00000000740100000002000000000000" + "00010000000000000000000000000000"
                        + "003c00c0");
        assertArrayEquals(file, new TinyGguf().string("general.name", "tiny")
                .tensor("t", GgmlType.F16, new byte[] {0, 0x3c, 0, (byte) 0xc0}, 2).bytes());
        try (Gguf gguf = Gguf.open(Files.write(folder.resolve("example.gguf"), file))) {
            assertEquals(Optional.of("tiny"), gguf.metadata().string("general.name"));
            assertEquals(2, gguf.tensor("t").orElseThrow().weights());
        }
    }

    @Test
    void readsVersion2AndFilesWithoutTensors() throws Exception {
        Path path = new TinyGguf().version(2).string("a", "b").write(folder.resolve("v2.gguf"));
        try (Gguf gguf = Gguf.open(path)) {
            assertEquals(2, gguf.version());
            assertTrue(gguf.tensors().isEmpty());
        }
    }

    @Test
    void refusesAMissingFileAFolderAndAnEmptyFile() throws IOException {
        assertThrows(IOException.class, () -> Gguf.open(folder.resolve("missing")));
        assertThrows(IOException.class, () -> Gguf.open(folder));
        Path empty = Files.createFile(folder.resolve("empty"));
        assertThrows(MalformedException.class, () -> Gguf.open(empty));
    }

    @Test
    void opensSmolLm2() throws Exception {
        try (Gguf gguf = Gguf.open(TestModels.smolLm2())) {
            assertEquals(272, gguf.tensors().size());
            assertEquals(30, gguf.metadata().uint("llama.block_count").getAsLong());
            assertEquals(49_152,
                    gguf.metadata().strings("tokenizer.ggml.tokens").orElseThrow().size());
            GgufTensor embedding = gguf.tensor("token_embd.weight").orElseThrow();
            assertEquals(List.of(576L, 49_152L), embedding.dimensions());
            for (String key : gguf.metadata().keys()) {
                assertFalse(gguf.metadata().shown(key).isEmpty());
            }
        }
    }
}

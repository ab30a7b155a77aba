package plumbline.engine.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import plumbline.verify.MalformedException;

/// Files that lie: each is refused with the checked exception, and nothing large is allocated.
final class HostileGgufTest {
    private static final int STRING = GgufValueType.STRING.ordinal();
    private static final int ARRAY = GgufValueType.ARRAY.ordinal();
    private static final long EXABYTE = 1L << 60;

    private static TinyGguf small() {
        return new TinyGguf()
                .string("general.architecture", "llama")
                .uint32("count", 7)
                .bool("flag", true)
                .strings("names", List.of("one", "two"))
                .int32s("types", 1, 2, 3)
                .tensor("a", GgmlType.F32, new byte[16], 4)
                .tensor("b", GgmlType.Q4_0, new byte[36], 32, 2);
    }

    private static void refused(byte[] file, String... words) {
        MalformedException e = assertThrows(MalformedException.class,
                () -> GgufReader.read(MemorySegment.ofArray(file)));
        for (String word : words) {
            assertTrue(e.getMessage().contains(word), e.getMessage());
        }
    }

    private static void refused(TinyGguf file, String... words) {
        refused(file.bytes(), words);
    }

    private static byte[] u64(long value) {
        byte[] bytes = Arrays.copyOf(TinyGguf.u32((int) value), 8);
        System.arraycopy(TinyGguf.u32((int) (value >> 32)), 0, bytes, 4, 4);
        return bytes;
    }

    private static byte[] arrayHead(GgufValueType element, long count) {
        byte[] head = Arrays.copyOf(TinyGguf.u32(element.ordinal()), 12);
        System.arraycopy(u64(count), 0, head, 4, 8);
        return head;
    }

    @Test
    void refusesTheFileCutAtEveryByte() throws MalformedException {
        byte[] file = small().bytes();
        assertEquals(2, GgufReader.read(MemorySegment.ofArray(file)).tensors().size());
        for (int length = 0; length < file.length; length++) {
            refused(Arrays.copyOf(file, length));
        }
    }

    /// G1, G2
    @Test
    void refusesOtherMagicVersionsAndByteOrder() {
        refused("GGML0000000000000000000000000000".getBytes(), "no GGUF file");
        refused(new TinyGguf().version(0), "version 0");
        refused(new TinyGguf().version(1), "version 1");
        refused(new TinyGguf().version(4), "version 4");
        refused(new TinyGguf().version(3 << 24), "big-endian");
        refused(new TinyGguf().version(-1), "4294967295");
    }

    /// G3
    @Test
    void refusesCountsThatTheFileCannotHold() {
        refused(small().counts(EXABYTE, 5), "the tensor count");
        refused(small().counts(2, EXABYTE), "the key count");
        refused(small().counts(-1, 5), "18446744073709551615");
        refused(small().counts(60_000, 5), "promises 60000 tensors");
        refused(small().counts(2, 60_000), "promises 60000 metadata keys");
        refused(small().counts(3, 5));
        refused(small().counts(2, 6));
    }

    /// G5, G9
    @Test
    void refusesStringsThatAreTooLongForTheFileOrTheLimit() {
        refused(new TinyGguf().raw("text", STRING, u64(EXABYTE)), "the length of text");
        refused(new TinyGguf().raw("text", STRING, u64(-1)), "the length of text");
        refused(new TinyGguf().raw("text", STRING, u64((16L << 20) + 1)), "at most 16777216");
        refused(new TinyGguf().raw("text", STRING, u64(100)), "the file ends in the text of text");
    }

    /// G4, G6
    @Test
    void refusesBadKeys() {
        refused(new TinyGguf().uint32("", 1), "empty or holds control");
        refused(new TinyGguf().uint32("a\nb", 1), "control characters");
        refused(new TinyGguf().uint32("k".repeat(257), 1), "at most 256");
        refused(new TinyGguf().uint32("twice", 1).string("twice", "x"), "twice occurs twice");
        byte[] file = new TinyGguf().uint32("abc", 1).bytes();
        file[32] = (byte) 0xff;
        refused(file, "is not UTF-8");
    }

    /// G7, G8, G10
    @Test
    void refusesBadTypesAndBooleans() {
        refused(new TinyGguf().raw("key", 13, new byte[8]), "type of key is 13");
        refused(new TinyGguf().raw("key", -1, new byte[8]), "4294967295");
        refused(new TinyGguf().raw("key", GgufValueType.BOOL.ordinal(), new byte[] {2}), "not 0");
        byte[] bools = Arrays.copyOf(arrayHead(GgufValueType.BOOL, 2), 14);
        bools[13] = 7;
        refused(new TinyGguf().raw("key", ARRAY, bools), "value 7");
        refused(new TinyGguf().raw("key", STRING, new byte[] {2, 0, 0, 0, 0, 0, 0, 0,
                (byte) 0xc0, (byte) 0x80}), "text of key is not UTF-8");
    }

    /// G11, G12
    @Test
    void refusesArraysOfArraysAndExabyteArrays() {
        refused(new TinyGguf().raw("key", ARRAY, arrayHead(GgufValueType.ARRAY, 1)),
                "array of arrays");
        for (GgufValueType element : GgufValueType.values()) {
            if (element != GgufValueType.ARRAY) {
                refused(new TinyGguf().raw("key", ARRAY, arrayHead(element, EXABYTE)));
                refused(new TinyGguf().raw("key", ARRAY, arrayHead(element, -1)));
                refused(new TinyGguf().raw("key", ARRAY, arrayHead(element, 1)));
            }
        }
        byte[] lying = Arrays.copyOf(arrayHead(GgufValueType.STRING, 2), 12 + 8 + 8);
        lying[12] = 120;
        refused(new TinyGguf().raw("key", ARRAY, lying), "the file ends in a string of key");
    }

    /// G13: checked when the array is asked for.
    @Test
    void refusesArrayElementsThatAreNotUtf8OrTooLargeForAnInt() throws MalformedException {
        byte[] broken = Arrays.copyOf(arrayHead(GgufValueType.STRING, 1), 12 + 8 + 1);
        broken[12] = 1;
        broken[20] = (byte) 0x80;
        byte[] large = Arrays.copyOf(arrayHead(GgufValueType.UINT32, 1), 12 + 4);
        large[15] = (byte) 0x80;
        GgufMetadata metadata = new TinyGguf()
                .raw("broken", ARRAY, broken).raw("large", ARRAY, large).metadata();
        assertThrows(MalformedException.class, () -> metadata.strings("broken"));
        assertThrows(MalformedException.class, () -> metadata.shown("broken"));
        assertThrows(MalformedException.class, () -> metadata.ints("large"));
    }

    /// G15
    @Test
    void refusesBadAlignment() {
        for (int alignment : new int[] {0, 1, 4, 24, 33, 1 << 21, -1}) {
            refused(new TinyGguf().uint32("general.alignment", alignment), "general.alignment");
        }
        refused(new TinyGguf().string("general.alignment", "32"), "expected an integer");
    }

    /// G16, G17, G18
    @Test
    void refusesBadNamesAndShapes() {
        refused(small().info("", 0, 96, 4), "empty");
        refused(new TinyGguf().info("n".repeat(257), 0, 0, 4), "at most 256");
        refused(small().info("a", 0, 96, 4), "a occurs twice");
        refused(small().info("t", 0, 96), "0 dimensions");
        refused(new TinyGguf().info("t", 0, 0, 1, 1, 1, 1, 1), "5 dimensions");
        refused(new TinyGguf().info("t", 0, 0, 4, 0), "shape");
        refused(new TinyGguf().info("t", 0, 0, 4, -1), "shape");
        refused(new TinyGguf().info("t", 0, 0, 1L << 32, 1L << 32), "shape");
        refused(new TinyGguf().info("t", 0, 0, 1L << 62, 4), "shape");
        refused(new TinyGguf().info("t", 0, 0, 1L << 16, 1L << 16, 1L << 16, 1L << 16), "shape");
        refused(new TinyGguf().info("t", 2, 0, 33), "no multiple of the block");
    }

    /// G19
    @Test
    void refusesUnknownAndWithdrawnTypesByNameAndCode() {
        for (int code : new int[] {4, 5, 31, 33, 36, 38, 42, 1000, -1}) {
            refused(new TinyGguf().info("blk.0.weird", code, 0, 32),
                    "blk.0.weird", Integer.toUnsignedString(code));
        }
    }

    /// G20, G21, G22
    @Test
    void refusesTensorsThatLieAboutTheirPlace() {
        refused(small().info("c", 0, 1, 4), "no multiple of the alignment");
        refused(small().info("c", 0, EXABYTE, 4), "cut short or lies");
        refused(small().info("c", 0, -32, 4), "no multiple of the alignment");
        refused(small().info("c", 0, Long.MAX_VALUE - 31, 4), "cut short or lies");
        refused(small().info("c", 0, 96, 4), "cut short or lies");
        refused(small().info("c", 0, 0, 4), "overlaps");
        refused(small().info("c", 0, 32, 4), "overlaps");
        refused(small().info("c", 0, 0, 16), "overlaps");
        refused(small().info("c", 0, 0, 4_096), "blocks of 4 bytes");
    }

    @Test
    void neverThrowsAnythingUncheckedOnMutatedFiles() {
        byte[] good = small().bytes();
        long seed = 20_250_101;
        Random random = new Random(seed);
        int accepted = 0;
        for (int round = 0; round < 30_000; round++) {
            byte[] file = mutated(good, random);
            try {
                readAll(file);
                accepted++;
            } catch (MalformedException expected) {
                // A refusal is the normal end.
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", round " + round, e);
            }
        }
        int count = accepted;
        assertTrue(count > 100 && count < 29_000, () -> count + " accepted");
    }

    private static byte[] mutated(byte[] good, Random random) {
        byte[] file = good.clone();
        for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
            int at = random.nextInt(file.length);
            switch (random.nextInt(4)) {
                case 0 -> file[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> file[at] = (byte) random.nextInt(256);
                case 2 -> file[at] = (byte) (random.nextBoolean() ? 0xff : 0x7f);
                default -> Arrays.fill(
                        file, at, Math.min(file.length, at + 8), (byte) random.nextInt(256));
            }
        }
        return random.nextInt(4) == 0 ? Arrays.copyOf(file, random.nextInt(300)) : file;
    }

    /// Reads the head and everything the getters can reach.
    private static void readAll(byte[] file) throws MalformedException {
        GgufReader.Contents contents = GgufReader.read(MemorySegment.ofArray(file));
        for (GgufTensor tensor : contents.tensors()) {
            assertTrue(tensor.rows() * tensor.columns() == tensor.weights());
        }
        GgufMetadata metadata = contents.metadata();
        for (String key : metadata.keys()) {
            metadata.shown(key);
            if (metadata.type(key).orElseThrow() == GgufValueType.ARRAY) {
                try {
                    metadata.ints(key);
                } catch (MalformedException notInts) {
                    metadata.strings(key);
                }
            }
        }
    }
}

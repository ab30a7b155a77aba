package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The head of a model's file and its proof (H1 to H5).
final class ModelHeadTest {

    private static final int PIECE = ModelHead.PIECE_BYTES;

    private static ModelHead head(byte[] file, int headBytes) {
        List<Digest> leaves = new ArrayList<>();
        for (int at = 0; at < file.length; at += PIECE) {
            leaves.add(MerkleTree.leafHash(Arrays.copyOfRange(file, at, Math.min(file.length, at + PIECE))));
        }
        return ModelHead.of(new ModelId(Digest.sha256(file)), leaves, file.length, Arrays.copyOf(file, headBytes));
    }

    private static byte[] file(int bytes, long seed) {
        byte[] file = new byte[bytes];
        new Random(seed).nextBytes(file);
        return file;
    }

    @Test
    void everyHeadOfEveryFileIsProvedUnderTheFilesRoot() throws Exception {
        for (int pieces = 1; pieces <= 9; pieces++) {
            for (int short_ : new int[] {0, 1, PIECE - 1}) {
                byte[] file = file(pieces * PIECE - short_, pieces);
                for (int headPieces = 1; headPieces <= pieces; headPieces++) {
                    int headBytes = Math.min(file.length, headPieces * PIECE);
                    byte[] encoded = head(file, headBytes).encode();
                    ModelHead read = ModelHead.parse(encoded);
                    assertArrayEquals(Arrays.copyOf(file, headBytes), read.head());
                    assertEquals(file.length, read.fileBytes());
                    assertArrayEquals(encoded, read.encode());
                }
            }
        }
    }

    @Test
    void nothingChangedIsTaken() {
        byte[] encoded = head(file(5 * PIECE - 7, 1), 3 * PIECE).encode();
        long seed = 20260101;
        Random random = new Random(seed);
        int lines = new String(encoded, StandardCharsets.ISO_8859_1).indexOf("\n\n") + 2;
        int model = new String(encoded, StandardCharsets.ISO_8859_1).indexOf("\nweights-root");
        // How much of its last piece a file has is not shown, only how many pieces it has.
        int fileBytes = new String(encoded, StandardCharsets.ISO_8859_1).indexOf("\nfile-bytes");
        int pieces = new String(encoded, StandardCharsets.ISO_8859_1).indexOf("\npieces");
        for (int i = 0; i < 400; i++) {
            byte[] changed = encoded.clone();
            int at = i < 300 ? model + random.nextInt(lines - model) : random.nextInt(encoded.length - lines) + lines;
            changed[at] ^= (byte) (1 << random.nextInt(8));
            // The model's id alone isn't under the proof (H7): who knows it compares.
            if (at >= fileBytes && at < pieces) {
                continue;
            }
            assertThrows(MalformedException.class, () -> ModelHead.parse(changed), "seed " + seed + ", byte " + at);
        }
        for (int cut : new int[] {0, 1, lines - 1, lines, lines + PIECE, encoded.length - 1}) {
            assertThrows(MalformedException.class, () -> ModelHead.parse(Arrays.copyOf(encoded, cut)));
        }
        assertThrows(MalformedException.class, () -> ModelHead.parse(Arrays.copyOf(encoded, encoded.length + 1)));
    }

    private static void refusedAs(String why, byte[] bytes) {
        MalformedException e = assertThrows(MalformedException.class, () -> ModelHead.parse(bytes));
        assertTrue(e.getMessage().contains(why), e.getMessage());
    }

    @Test
    void saysWhatIsWrong() {
        refusedAs("are read", new byte[ModelHead.BYTES_MAX + 1]);
        byte[] encoded = head(file(3 * PIECE, 1), 2 * PIECE).encode();
        String text = new String(encoded, StandardCharsets.ISO_8859_1);
        for (String wrong : List.of("\n", "a\n\n", text.substring(0, text.indexOf("\nfile-bytes")) + "\n\n",
                text.replace("head v1", "head v2"))) {
            refusedAs("four lines", wrong.getBytes(StandardCharsets.ISO_8859_1));
        }
        for (String wrong : List.of("a", "a".repeat(10_000) + "\n\n", "a\n".repeat(10_000) + "\n")) {
            refusedAs("no empty line", wrong.getBytes(StandardCharsets.ISO_8859_1));
        }
        for (String wrong : List.of(text + "x", text.substring(0, text.length() - 1),
                text.replace("\npieces 2", "\npieces 1"), text.replace("\npieces 2", "\npieces 02"),
                text.replace("\nfile-bytes ", "\nfile-bytes 1"), text.replace("\nfile-bytes ", "\nfile-bytes 0"),
                text.replace("\nfile-bytes ", "\nfile-bytes +"))) {
            assertThrows(MalformedException.class, () -> ModelHead.parse(wrong.getBytes(StandardCharsets.ISO_8859_1)));
        }
        refusedAs("bytes follow", (text + "x").getBytes(StandardCharsets.ISO_8859_1));
    }
}

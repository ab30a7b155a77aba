package plumbline.engine.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.text.Normalizer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Normalisation form C against the JDK's, on code points that Unicode 16 assigns (T5).
/// Unicode's stability policy keeps their normal forms in later versions.
final class NfcTest {
    private static int[] interesting() {
        IntList points = new IntList(8_000);
        PinnedTable.read("nfc", (tag, fields, count) -> {
            for (int i = tag == 'C' ? 1 : 0; i < count; i++) {
                points.add(fields[i]);
            }
        });
        for (int c : new int[] {'a', 'q', 0x1100, 0x1112, 0x1161, 0x1175, 0x11a7, 0x11a8, 0x11c2,
            0xac00, 0xac01, 0xac1c, 0xd7a3, 0x1f600}) {
            points.add(c);
        }
        return points.toArray();
    }

    private static String normalise(String text) {
        int[] points = CodePoints.of(text);
        int[] normal = Nfc.normalise(points, 0, points.length);
        return new String(normal, 0, normal.length);
    }

    @Test
    void agreesWithTheJdkOnEveryCodePointOfTheTable() {
        for (int c : interesting()) {
            String text = Character.toString(c);
            assertEquals(Normalizer.normalize(text, Normalizer.Form.NFC), normalise(text),
                    () -> Integer.toHexString(c));
        }
    }

    @Test
    void agreesWithTheJdkOnRandomSequences() {
        int[] points = interesting();
        long seed = 3;
        Random random = new Random(seed);
        for (int round = 0; round < 40_000; round++) {
            int[] text = new int[1 + random.nextInt(6)];
            for (int i = 0; i < text.length; i++) {
                text[i] = points[random.nextInt(random.nextBoolean() ? points.length : 900)];
            }
            String string = new String(text, 0, text.length);
            assertEquals(Normalizer.normalize(string, Normalizer.Form.NFC), normalise(string),
                    () -> "seed " + seed + ": " + Arrays.toString(text));
        }
    }

    @Test
    void leavesNormalTextAlone() {
        int[] text = CodePoints.of("Crème brûlée, 한국어, Ω");
        assertArrayEquals(text, Nfc.normalise(text, 0, text.length));
    }

    @Test
    void sortsALongRunOfMarksWithoutQuadraticWork() {
        int[] marks = new int[1_000_000];
        for (int i = 0; i < marks.length; i++) {
            marks[i] = i % 2 == 0 ? 0x301 : 0x323;
        }
        marks[0] = 'a';
        int[] normal = assertTimeoutPreemptively(
                Duration.ofSeconds(20), () -> Nfc.normalise(marks, 0, marks.length));
        assertEquals(0x1ea1, normal[0]);
    }
}

package plumbline.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;
import plumbline.exact.Boundary;
import plumbline.exact.KeyValues;

/// States are encoded as the specification says (spec/boundaries.md D1-D4), only faster.
class StatesTest {

    private static final int[][] SHAPES = {{1, 1, 1}, {1, 0, 2}, {7, 1, 2}, {20, 5, 6}, {64, 2, 16}, {576, 3, 64}};

    @Test
    void encodesWhatTheSpecificationEncodes() {
        Random random = new Random(1);
        for (int[] shape : SHAPES) {
            int width = shape[0];
            KeyValues rows = new KeyValues(shape[1], shape[2], 3);
            for (int head = 0; head < shape[1]; head++) {
                for (int p = 0; p < 3; p++) {
                    rows.keyExponents(head)[p] = (short) (random.nextInt(33) - 20);
                    rows.valueExponents(head)[p] = (short) (random.nextInt(33) - 20);
                }
                for (int i = 0; i < 3 * shape[2]; i++) {
                    rows.keys(head)[i] = (short) random.nextInt();
                    rows.values(head)[i] = (short) random.nextInt();
                }
            }
            long[] h = random.longs(2L * width, -(1L << 47) + 1, 1L << 47).toArray();
            for (int p = 0; p < 3; p++) {
                byte[] expected = new byte[Boundary.bytes(width, shape[1], shape[2])];
                byte[] actual = new byte[expected.length];
                random.nextBytes(actual);
                Boundary.encode(h, width, width, rows, p, expected, 0);
                States.encode(h, width, width, rows, p, actual);
                assertArrayEquals(expected, actual, "width " + width + ", heads " + shape[1] + ", position " + p);
            }
        }
    }
}

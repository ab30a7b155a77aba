package plumbline.exact;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import plumbline.exact.Vectors.Line;

/// The bytes of a state (spec/boundaries.md D3, D4) against vectors/boundaries/states.txt.
final class BoundaryTest {

    @Test
    void statesHaveTheGoldenBytes() {
        int states = 0;
        for (Line line : Vectors.read("../boundaries/states.txt")) {
            if (line.op().equals("state")) {
                assertEquals(line.result().getFirst(), encode(line), line.text());
                states++;
            }
        }
        assertEquals(6, states);
    }

    private static String encode(Line line) {
        long[] h = line.numbers(1);
        KeyValues rows = new KeyValues(2, 2, 2);
        for (int i = 0; i < 4; i++) {
            String[] row = line.arguments().get(2 + i).split(":");
            short[] values = Vectors.shorts(Vectors.numbers(row[0]));
            boolean key = i % 2 == 0;
            System.arraycopy(values, 0, key ? rows.keys(i / 2) : rows.values(i / 2), 2, 2);
            (key ? rows.keyExponents(i / 2) : rows.valueExponents(i / 2))[1] = Short.parseShort(row[1]);
        }
        byte[] out = new byte[Boundary.bytes(4, 2, 2)];
        Boundary.encode(h, 0, 4, rows, 1, out, 0);
        return HexFormat.of().formatHex(out);
    }
}

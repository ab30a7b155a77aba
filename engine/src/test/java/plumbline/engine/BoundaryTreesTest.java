package plumbline.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.PairDigest;
import plumbline.engine.kernel.Pool;
import plumbline.verify.BoundarySalt;
import plumbline.verify.Digest;

/// The trees over the states (spec/boundaries.md D5-D7) against vectors/boundaries/states.txt.
final class BoundaryTreesTest {

    @Test
    void treesHaveTheGoldenRoot() throws Exception {
        List<String> lines = Files.readAllLines(
                Path.of(System.getProperty("plumbline.repository"), "vectors", "boundaries", "states.txt"));
        String[] salt = lines.get(1).split(" ");
        Digest salted = BoundarySalt.of(HexFormat.of().parseHex(salt[1]), Digest.parseHex(salt[2]));
        assertEquals(salt[4], salted.hex());
        String root = lines.getLast().split(" = ")[1];
        assertEquals(root, root(lines, salted).hex());
        assertNotEquals(root, root(lines, Digest.parseHex(salt[2])).hex(), "the salt counts");
    }

    private static Digest root(List<String> lines, Digest salt) throws Exception {
        Kernel scalar = Kernels.choose("scalar");
        byte[][] states = new byte[2][3 * Digest.BYTES];
        for (String line : lines) {
            String[] words = line.split(" ");
            if (words[0].equals("leaf")) {
                byte[] state = HexFormat.of().parseHex(words[3]);
                new PairDigest(scalar, state.length).digest(
                        state, states[Integer.parseInt(words[1])], Integer.parseInt(words[2]) * Digest.BYTES);
            }
        }
        try (Pool pool = new Pool(1)) {
            return BoundaryTrees.root(salt, states, 3, pool);
        }
    }
}

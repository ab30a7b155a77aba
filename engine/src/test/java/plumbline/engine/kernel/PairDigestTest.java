package plumbline.engine.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// States are hashed two at a time (spec/boundaries.md D4), with the digests of the JDK's SHA-256.
class PairDigestTest {

    /// All lengths around two borders of a block, and a state of a model with 2,048 columns.
    @Test
    void givesTheDigestsOfSha256() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        NativeKernel compiled = NativeKernel.open(NativeBuild.library());
        for (int bytes = 0; bytes <= 13_320; bytes = bytes == 140 ? 13_320 : bytes + 1) {
            byte[] first = message(bytes, random);
            byte[] second = message(bytes, random);
            byte[] expected = new byte[70];
            sha256(first, bytes, expected, 3);
            sha256(second, bytes, expected, 35);
            for (Kernel kernel : new Kernel[] {new ScalarKernel(), compiled}) {
                PairDigest digest = new PairDigest(kernel, bytes);
                byte[] together = new byte[70];
                digest.digest(first, together, 3, second, together, 35);
                byte[] alone = new byte[70];
                digest.digest(first, alone, 3);
                digest.digest(second, alone, 35);
                assertArrayEquals(expected, together, kernel.name() + ", " + bytes + " bytes, seed " + seed);
                assertArrayEquals(expected, alone, kernel.name() + ", " + bytes + " bytes, seed " + seed);
            }
        }
    }

    @Test
    void refusesMessagesOfTwoLengths() throws Exception {
        NativeKernel compiled = NativeKernel.open(NativeBuild.library());
        int[] state = new int[16];
        assertThrows(IllegalArgumentException.class, () -> compiled.compress(new byte[64], new byte[128], state));
        assertThrows(IllegalArgumentException.class, () -> compiled.compress(new byte[64], new byte[64], new int[15]));
    }

    private static byte[] message(int bytes, Random random) {
        byte[] room = PairDigest.room(bytes);
        byte[] some = new byte[bytes];
        random.nextBytes(some);
        System.arraycopy(some, 0, room, 0, bytes);
        return room;
    }

    private static void sha256(byte[] message, int bytes, byte[] out, int at) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(Arrays.copyOf(message, bytes));
        System.arraycopy(digest, 0, out, at, digest.length);
    }
}

package plumbline.engine.kernel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// SHA-256 of messages of one length, two at a time where the kernel's native code can do that: side by side two take
/// little longer than one. Else one after the other, by the JDK. Owned by one thread at a time.
public final class PairDigest {

    private static final int BLOCK_BYTES = 64;
    private static final int DIGEST_BYTES = 32;
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    /// Where word i of a digest lies in a state as native code has it: f e b a h g d c.
    private static final int[] PLACE = {3, 2, 7, 6, 1, 0, 5, 4};

    /// FIPS 180-4 section 5.3.3, the words a to h.
    private static final int[] FIRST = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
        0x1f83d9ab, 0x5be0cd19};

    /// FIPS 180-4 section 4.2.2.
    static final int[] CONSTANTS = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    };

    private final Kernel kernel;
    private final int bytes;
    private final int[] state = new int[2 * PLACE.length];
    private final MessageDigest sha256;

    /// For messages of `bytes` bytes.
    public PairDigest(Kernel kernel, int bytes) {
        this.kernel = kernel;
        this.bytes = bytes;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /// An array for a message of `bytes` bytes, behind which SHA-256's padding lies already.
    public static byte[] room(int bytes) {
        byte[] room = new byte[(bytes + 1 + Long.BYTES + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES];
        room[bytes] = (byte) 0x80;
        LONG.set(room, room.length - Long.BYTES, 8L * bytes);
        return room;
    }

    /// Writes the digests of two messages, which lie in [#room(int)]s, to `firstOut[firstAt ..]` and
    /// `secondOut[secondAt ..]`.
    public void digest(byte[] first, byte[] firstOut, int firstAt, byte[] second, byte[] secondOut, int secondAt) {
        for (int i = 0; i < state.length; i++) {
            state[i / 8 * 8 + PLACE[i % 8]] = FIRST[i % 8];
        }
        if (kernel.compress(first, second, state)) {
            for (int i = 0; i < PLACE.length; i++) {
                INT.set(firstOut, firstAt + Integer.BYTES * i, state[PLACE[i]]);
                INT.set(secondOut, secondAt + Integer.BYTES * i, state[8 + PLACE[i]]);
            }
        } else {
            digest(first, firstOut, firstAt);
            digest(second, secondOut, secondAt);
        }
    }

    /// Writes the digest of one message to `out[at ..]`.
    public void digest(byte[] message, byte[] out, int at) {
        try {
            sha256.update(message, 0, bytes);
            sha256.digest(out, at, DIGEST_BYTES); // which resets it
        } catch (DigestException e) {
            throw new AssertionError("a digest has 32 bytes", e);
        }
    }
}

package plumbline.exact;

/// The ChaCha20 block function as a counter-based source of random words. Source: RFC 8439 section 2.3.
final class ChaCha20 {

    private ChaCha20() {}

    /// Writes the eight little-endian 64-bit words of block `counter` under `key` (8 words of 32 bits) and a nonce
    /// of the three words `nonce`, 0, 0.
    static void block(int[] key, int counter, int nonce, long[] words) {
        int[] start = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, key[0], key[1], key[2], key[3],
            key[4], key[5], key[6], key[7], counter, nonce, 0, 0};
        int[] x = start.clone();
        for (int round = 0; round < 10; round++) {
            quarter(x, 0, 4, 8, 12);
            quarter(x, 1, 5, 9, 13);
            quarter(x, 2, 6, 10, 14);
            quarter(x, 3, 7, 11, 15);
            quarter(x, 0, 5, 10, 15);
            quarter(x, 1, 6, 11, 12);
            quarter(x, 2, 7, 8, 13);
            quarter(x, 3, 4, 9, 14);
        }
        for (int i = 0; i < 8; i++) {
            words[i] = x[2 * i] + start[2 * i] & 0xffffffffL | (long) (x[2 * i + 1] + start[2 * i + 1]) << 32;
        }
    }

    private static void quarter(int[] x, int a, int b, int c, int d) {
        x[a] += x[b];
        x[d] = Integer.rotateLeft(x[d] ^ x[a], 16);
        x[c] += x[d];
        x[b] = Integer.rotateLeft(x[b] ^ x[c], 12);
        x[a] += x[b];
        x[d] = Integer.rotateLeft(x[d] ^ x[a], 8);
        x[c] += x[d];
        x[b] = Integer.rotateLeft(x[b] ^ x[c], 7);
    }
}

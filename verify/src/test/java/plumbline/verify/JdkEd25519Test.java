package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// spec/log.md, L30 to L33.
class JdkEd25519Test {
    private static final Ed25519 ED25519 = new JdkEd25519();
    private static final BigInteger ORDER = BigInteger.ONE.shiftLeft(252)
            .add(new BigInteger("27742317777372353535851937790883648493"));

    /// RFC 8032 section 7.1: secret key, public key, message, signature.
    @ParameterizedTest
    @CsvSource({
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60,"
            + "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a,'',"
            + "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb,"
            + "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c,72,"
            + "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7,"
            + "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025,af82,"
            + "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42,"
            + "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf,"
            + "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f,"
            + "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            + "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    })
    void acceptsVectorsOfRfc8032(String secret, String key, String message, String signature) {
        byte[] publicKey = hex(key);
        assertTrue(ED25519.verify(publicKey, hex(message), hex(signature)));
        assertArrayEquals(publicKey, InsecureTestKeys.raw(InsecureTestKeys.pair(hex(secret))));
    }

    @Test
    void rejectsEveryFlippedBit() {
        InsecureTestKeys.Signer signer = InsecureTestKeys.log("example.com/bits");
        byte[] message = {1, 2, 3};
        byte[] signature = signer.sign(message);
        byte[] key = signer.key().publicKey();
        for (int bit = 0; bit < 512; bit++) {
            assertFalse(ED25519.verify(key, message, flipped(signature, bit)), "signature " + bit);
        }
        for (int bit = 0; bit < 256; bit++) {
            assertFalse(ED25519.verify(flipped(key, bit), message, signature), "key " + bit);
        }
        for (int bit = 0; bit < 24; bit++) {
            assertFalse(ED25519.verify(key, flipped(message, bit), signature), "message " + bit);
        }
    }

    /// L31: S and S + L give the same point, so S must be below L.
    @Test
    void rejectsScalarThatIsNotBelowTheGroupOrder() {
        InsecureTestKeys.Signer signer = InsecureTestKeys.log("example.com/malleable");
        byte[] message = {7};
        byte[] signature = signer.sign(message);
        byte[] more = signature.clone();
        putLittleEndian(more, 32, littleEndian(signature, 32).add(ORDER));
        assertTrue(ED25519.verify(signer.key().publicKey(), message, signature));
        assertFalse(ED25519.verify(signer.key().publicKey(), message, more));
        putLittleEndian(more, 32, ORDER);
        assertFalse(ED25519.verify(signer.key().publicKey(), message, more));
    }

    /// L32: with the key 1 (the neutral element), R = 1 and S = 0 would sign every message.
    @ParameterizedTest
    @ValueSource(strings = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    })
    void rejectsKeysOfSmallOrder(String key) {
        byte[] neutralAndZero = new byte[64];
        neutralAndZero[0] = 1;
        for (int message = 0; message < 16; message++) {
            assertFalse(ED25519.verify(hex(key), new byte[] {(byte) message}, neutralAndZero));
        }
    }

    /// L32: y of 2^255 - 19 and more, in the key and in R.
    @ParameterizedTest
    @ValueSource(strings = {
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    })
    void rejectsPointsThatAreNotInTheirOneEncoding(String point) {
        InsecureTestKeys.Signer signer = InsecureTestKeys.log("example.com/canonical");
        byte[] signature = signer.sign(new byte[] {1});
        assertFalse(ED25519.verify(hex(point), new byte[] {1}, signature));
        System.arraycopy(hex(point), 0, signature, 0, 32);
        assertFalse(ED25519.verify(signer.key().publicKey(), new byte[] {1}, signature));
    }

    /// L33: R with a part of small order passes the equation with the cofactor, not the one
    /// without. The first is the same signature with R as it should be.
    @ParameterizedTest
    @CsvSource({
        "3e54c441927f9f0ee5e13e34f0b0404c5043651a8f4b7ef087a1c42262a85d0a"
            + "68038da5f2873d0ad5e10b4a34100e46909818fd5c6aecd016fbc14e17940a05,true",
        "afab3bbe6d8060f11a1ec1cb0f4fbfb3afbc9ae570b4810f785e3bdd9d57a2f5"
            + "0bc87c6d1aa8e7616ad12397a6c401b838a2067bfe2ad6eca0c22901880fa20f,false",
        "607055ca3d4aa8af26961afb12b1e60a75fac88f9c260ff25806631dbb269159"
            + "67b8def27e7e2831368d1b6278d42e6ce861876191737b91c8bc3acc3aca7d0a,false",
    })
    void verifiesTheEquationWithoutTheCofactor(String signature, boolean valid) {
        byte[] key = hex("dde4c46f10de00772096e419ce4f25d5088216d46337480bf8fa0b8c89a776fd");
        assertEquals(valid, ED25519.verify(key, hex("746f7273696f6e"), hex(signature)));
    }

    @Test
    void rejectsPointsThatAreNotOnTheCurve() {
        byte[] key = new byte[32];
        key[0] = 2;
        assertFalse(ED25519.verify(key, new byte[0], new byte[64]));
        byte[] signature = new byte[64];
        signature[0] = 2;
        byte[] good = InsecureTestKeys.log("x").key().publicKey();
        assertFalse(ED25519.verify(good, new byte[0], signature));
    }

    /// L30: other lengths are a plain no.
    @Test
    void rejectsKeysAndSignaturesOfOtherLengths() {
        InsecureTestKeys.Signer signer = InsecureTestKeys.log("example.com/lengths");
        byte[] key = signer.key().publicKey();
        byte[] signature = signer.sign(new byte[] {1});
        for (int length : new int[] {0, 1, 31, 33, 63, 65, 4096}) {
            byte[] cut = java.util.Arrays.copyOf(signature, length);
            assertFalse(ED25519.verify(key, new byte[] {1}, cut), "signature of " + length);
            byte[] otherKey = java.util.Arrays.copyOf(key, length);
            assertFalse(ED25519.verify(otherKey, new byte[] {1}, signature), "key of " + length);
        }
    }

    @Test
    void answersRandomBytesWithoutAnException() {
        long seed = 20260301;
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            byte[] key = new byte[32];
            byte[] signature = new byte[64];
            random.nextBytes(key);
            random.nextBytes(signature);
            signature[63] &= 0x0f;
            assertFalse(ED25519.verify(key, new byte[i], signature),
                    "seed " + seed + ", case " + i);
        }
    }

    private static byte[] flipped(byte[] bytes, int bit) {
        byte[] copy = bytes.clone();
        copy[bit / 8] ^= (byte) (1 << bit % 8);
        return copy;
    }

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static BigInteger littleEndian(byte[] bytes, int at) {
        BigInteger value = BigInteger.ZERO;
        for (int i = 31; i >= 0; i--) {
            value = value.shiftLeft(8).or(BigInteger.valueOf(bytes[at + i] & 0xff));
        }
        return value;
    }

    private static void putLittleEndian(byte[] bytes, int at, BigInteger value) {
        for (int i = 0; i < 32; i++) {
            bytes[at + i] = value.shiftRight(8 * i).byteValue();
        }
    }
}

package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// spec/log.md, L10 to L13.
class VerifierKeyTest {
    /// The example of C2SP signed-note.
    private static final String EXAMPLE =
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    private static final String BASE64 = "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    @Test
    void readsTheExampleOfC2sp() throws MalformedException {
        VerifierKey key = VerifierKey.parse(EXAMPLE);
        assertEquals("example.com/foo", key.name());
        assertEquals(0x530d903a, key.keyId());
        assertEquals(VerifierKey.Type.ED25519, key.type());
        assertEquals(EXAMPLE, key.encode());
        assertEquals(key, VerifierKey.ed25519("example.com/foo", key.publicKey()));
        assertEquals(key.hashCode(), VerifierKey.parse(EXAMPLE).hashCode());
    }

    @Test
    void nameTypeAndKeyAllEnterTheKeyId() throws MalformedException {
        byte[] key = VerifierKey.parse(EXAMPLE).publicKey();
        VerifierKey log = VerifierKey.ed25519("example.com/foo", key);
        VerifierKey witness = VerifierKey.of(
                "example.com/foo", VerifierKey.Type.COSIGNATURE_V1, key);
        VerifierKey renamed = VerifierKey.ed25519("example.com/bar", key);
        assertNotEquals(log.keyId(), witness.keyId());
        assertNotEquals(log.keyId(), renamed.keyId());
        assertNotEquals(log, witness);
        assertNotEquals(log, renamed);
        assertTrue(log.hasSamePublicKey(witness));
        assertEquals(witness, VerifierKey.parse(witness.encode()));
        key[0] ^= 1;
        assertFalse(log.hasSamePublicKey(VerifierKey.ed25519("example.com/foo", key)));
    }

    @Test
    void handsOutCopies() throws MalformedException {
        VerifierKey key = VerifierKey.parse(EXAMPLE);
        key.publicKey()[0] ^= 1;
        assertEquals(EXAMPLE, key.encode());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "",
        "+",
        "++",
        "example.com/foo",
        "example.com/foo+530d903a",
        "example.com/foo+530d903a+",
        "+530d903a+" + BASE64,
        "example.com/fop+530d903a+" + BASE64,
        "example.com/foo+530d903b+" + BASE64,
        "example.com/foo+530D903A+" + BASE64,
        "example.com/foo+30d903a+" + BASE64,
        "example.com/foo+0530d903a+" + BASE64,
        "example.com/foo+530d903a+" + BASE64 + "\n",
        "example.com/foo+530d903a+" + BASE64 + "=",
        "example.com/foo+530d903a+ " + BASE64,
        "example.com/foo +530d903a+" + BASE64,
        " example.com/foo+530d903a+" + BASE64,
        "example.com/f oo+530d903a+" + BASE64,
        "example.com/f\u00a0oo+530d903a+" + BASE64,
        "example+com/foo+530d903a+" + BASE64,
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Q==",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2kAA==",
        "example.com/foo+530d903a+AA==",
        "example.com/foo+530d903a+AQ==",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+/+kyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2l",
    })
    void rejectsEveryOtherText(String vkey) {
        assertThrows(MalformedException.class, () -> VerifierKey.parse(vkey));
    }

    /// The text of a key with an id that fits, whatever the name and however long the key.
    private static String withItsId(String name, byte[] key) {
        Digest digest = Digest.sha256(name.getBytes(StandardCharsets.UTF_8), new byte[] {'\n', 1}, key);
        byte[] typed = new byte[1 + key.length];
        typed[0] = 1;
        System.arraycopy(key, 0, typed, 1, key.length);
        return name + "+" + digest.hex().substring(0, 8) + "+" + Base64.encode(typed);
    }

    @Test
    void rejectsNamesAndKeysThatAreNoneThoughTheIdFits() throws MalformedException {
        assertEquals("n", VerifierKey.parse(withItsId("n", new byte[32])).name());
        for (String name : new String[] {"", "a b", "a\u0001", "n".repeat(256), "\u00e9".repeat(128)}) {
            assertThrows(MalformedException.class, () -> VerifierKey.parse(withItsId(name, new byte[32])), name);
        }
        for (int length : new int[] {0, 1, 31}) {
            assertThrows(MalformedException.class, () -> VerifierKey.parse(withItsId("n", new byte[length])));
        }
        assertFalse(VerifierKey.parse(EXAMPLE).equals(new Object()));
    }

    @Test
    void rejectsNamesBeyondTheirBound() {
        String vkey = VerifierKey.ed25519("n".repeat(255), new byte[32]).encode();
        assertThrows(MalformedException.class, () -> VerifierKey.parse("n" + vkey));
        assertThrows(MalformedException.class, () -> VerifierKey.parse("+".repeat(1 << 16)));
    }

    @Test
    void refusesToMakeKeysThatCannotBeWritten() {
        byte[] key = new byte[32];
        assertThrows(IllegalArgumentException.class, () -> VerifierKey.ed25519("", key));
        assertThrows(IllegalArgumentException.class, () -> VerifierKey.ed25519("a b", key));
        assertThrows(IllegalArgumentException.class, () -> VerifierKey.ed25519("a+b", key));
        assertThrows(IllegalArgumentException.class, () -> VerifierKey.ed25519("a", new byte[31]));
    }
}

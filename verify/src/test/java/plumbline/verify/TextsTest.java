package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The encodings that all formats share (spec/log.md, L1 to L5).
class TextsTest {
    @Test
    void readsWhatItWrites() throws MalformedException {
        byte[] bytes = {0, 1, -1, 127, -128};
        for (int length = 0; length <= 5; length++) {
            byte[] part = java.util.Arrays.copyOf(bytes, length);
            assertArrayEquals(part, Base64.decode("test", Base64.encode(part), 5));
            assertArrayEquals(part, Hex.decode("test", Hex.encode(part), length));
        }
    }

    /// L1: missing or extra padding, stray bits, the URL alphabet, white space, line breaks.
    @ParameterizedTest
    @ValueSource(strings = {"AA", "AA=", "AB==", "AA===", "A", "AAA", "AAB=", "A===", "AA==AA==",
        "-_-_", " AA==", "AA== ", "AA\n==", "AAAA\n", "AA=A", "====", "\u00e4AAA", "AAA\u0000"})
    void rejectsBase64ThatIsNotCanonical(String text) {
        assertThrows(MalformedException.class, () -> Base64.decode("test", text, 100));
    }

    @Test
    void rejectsBase64BeyondItsBound() throws MalformedException {
        String text = Base64.encode(new byte[32]);
        assertEquals(32, Base64.decode("test", text, 32).length);
        assertThrows(MalformedException.class, () -> Base64.decode("test", text, 31));
        assertThrows(MalformedException.class,
                () -> Base64.decode("test", "A".repeat(1 << 20), 31));
        assertThrows(MalformedException.class,
                () -> Base64.decodeDigest("test", Base64.encode(new byte[31])));
    }

    /// L2.
    @ParameterizedTest
    @ValueSource(strings = {"", "0", "000", "00000", "0G00", "00AA", "0x00", " 000", "00 0",
        "\uff10000"})
    void rejectsHexOfAnotherLengthOrCase(String text) {
        assertThrows(MalformedException.class, () -> Hex.decode("test", text, 2));
    }

    @Test
    void rejectsDigestsOfAnotherLength() {
        assertThrows(IllegalArgumentException.class, () -> Digest.of(new byte[31]));
        assertThrows(IllegalArgumentException.class, () -> Digest.of(new byte[33]));
        assertThrows(MalformedException.class, () -> Digest.parseHex("00"));
        assertThrows(MalformedException.class, () -> Digest.parseHex("A".repeat(64)));
    }

    @Test
    void digestsAreValues() throws MalformedException {
        byte[] bytes = new byte[32];
        Digest digest = Digest.of(bytes);
        bytes[0] = 1;
        digest.bytes()[1] = 1;
        assertEquals("0".repeat(64), digest.hex());
        assertEquals(digest, Digest.parseHex(digest.toString()));
        assertEquals(digest.hashCode(), Digest.parseHex(digest.toString()).hashCode());
        assertFalse(digest.equals(Digest.of(bytes)));
        assertEquals(Digest.sha256(new byte[] {1, 2}),
                Digest.sha256(new byte[] {1}, new byte[] {2}));
    }

    /// L3: overlong forms, surrogates, cut sequences, values beyond Unicode.
    @Test
    void rejectsBytesThatAreNotUtf8() {
        int[][] cases = {{0xc0, 0x80}, {0xe0, 0x80, 0x80}, {0xed, 0xa0, 0x80}, {0xc3}, {0x80},
            {0xf4, 0x90, 0x80, 0x80}, {0xff}, {0x41, 0xe2, 0x80}};
        for (int[] units : cases) {
            byte[] bytes = new byte[units.length];
            for (int i = 0; i < units.length; i++) {
                bytes[i] = (byte) units[i];
            }
            assertThrows(MalformedException.class, () -> Texts.utf8("test", bytes));
        }
    }

    @Test
    void readsDecimalNumbersToTheirBounds() throws MalformedException {
        assertEquals(0, Texts.decimal("test", "n", "0"));
        assertEquals(7, Texts.decimal("test", "n", "7"));
        assertEquals(Long.MAX_VALUE, Texts.decimal("test", "n", "9223372036854775807"));
    }

    /// L4.
    @ParameterizedTest
    @ValueSource(strings = {"", "00", "01", "-0", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "a",
        "9223372036854775808", "9999999999999999999", "18446744073709551615",
        "10000000000000000000", "99999999999999999999", "\u0661", "\uff11"})
    void rejectsNumbersThatAreNotPlainDecimal(String text) {
        assertThrows(MalformedException.class, () -> Texts.decimal("test", "n", text));
    }

    /// L5.
    @Test
    void knowsKeyNames() {
        for (String name : new String[] {"a", "example.com/foo", "plumbline/0123456789ab", "\u00e9",
            "\ud83d\ude00", "\u200b", "—"}) {
            assertTrue(Texts.isKeyName(name), name);
        }
        for (String name : new String[] {"", " ", "a b", "a+b", "+", "a\n", "\t", "\u0000",
            "\u00a0", "\u0085", "\u1680", "\u2000", "\u200a", "\u2028", "\u2029", "\u202f",
            "\u205f", "\u3000", "\u001f", "\ud83d"}) {
            assertFalse(Texts.isKeyName(name), Texts.show(name));
        }
        assertTrue(VerifierKey.isName("n".repeat(255)));
        assertFalse(VerifierKey.isName("n".repeat(256)));
        assertFalse(VerifierKey.isName("\u00e9".repeat(128)));
    }

    @Test
    void showsOutsideTextWithoutControlCharactersAndCut() {
        assertEquals("\"a\\u001b[31m\"", Texts.show("a\u001b[31m"));
        assertEquals(60 + "\"\"...".length(), Texts.show("x".repeat(1000)).length());
        byte[] message = new MalformedException("test", "found " + Texts.show("\u2014"))
                .getMessage().getBytes(StandardCharsets.US_ASCII);
        assertEquals("malformed test: found \"\\u2014\"",
                new String(message, StandardCharsets.US_ASCII));
    }
}

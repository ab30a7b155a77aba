package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Token ids, secret, salts and commitments: spec/receipt.md C1 to C5 and S1.
final class PrivatePartsTest {
    private static final Secret SECRET = Secret.of(new byte[32]);

    @Test
    void writesIdsAsLittleEndianU32_C4() throws MalformedException {
        TokenIds ids = TokenIds.of(0, 1, 258, Integer.MAX_VALUE);
        byte[] bytes = HexFormat.of().parseHex("0000000001000000" + "02010000ffffff7f");
        assertArrayEquals(bytes, ids.bytes());
        assertEquals(ids, TokenIds.parse(bytes));
        assertEquals(0, TokenIds.parse(new byte[0]).size());
    }

    @Test
    void rejectsIdsThatAreCutOrTooHigh_C4() {
        for (int cut = 1; cut < 4; cut++) {
            byte[] bytes = new byte[4 + cut];
            assertThrows(MalformedException.class, () -> TokenIds.parse(bytes));
        }
        assertThrows(MalformedException.class,
                () -> TokenIds.parse(HexFormat.of().parseHex("00000080")));
        assertThrows(MalformedException.class,
                () -> TokenIds.parse(HexFormat.of().parseHex("ffffffff")));
        assertThrows(MalformedException.class,
                () -> TokenIds.parse(new byte[4 * TokenIds.COUNT_MAX + 4]));
        assertThrows(IllegalArgumentException.class, () -> TokenIds.of(1, -1));
    }

    @Test
    void keepsItsOwnCopyOfIds() {
        int[] ids = {1, 2, 3};
        TokenIds list = TokenIds.of(ids);
        ids[0] = 9;
        list.toArray()[1] = 9;
        assertEquals(TokenIds.of(1, 2, 3), list);
    }

    @Test
    void knowsWhatItStartsWith_R21() {
        TokenIds list = TokenIds.of(1, 2, 3);
        assertTrue(list.startsWith(TokenIds.of()));
        assertTrue(list.startsWith(TokenIds.of(1, 2)));
        assertTrue(list.startsWith(list));
        assertFalse(list.startsWith(TokenIds.of(2)));
        assertFalse(list.startsWith(TokenIds.of(1, 2, 4)));
        assertFalse(list.startsWith(TokenIds.of(1, 2, 3, 4)));
        assertEquals(2, list.mismatch(TokenIds.of(1, 2, 4)));
    }

    /// The values were computed with another SHA-256, from the formulae of the page.
    @Test
    void givesTheDigestsOfThePage_C1_C2_S1() {
        byte[] content = "wall".getBytes(StandardCharsets.UTF_8);
        Digest salt = SECRET.salt(Part.TEXT);
        assertEquals(PageValues.SALT_TEXT, salt.hex());
        assertEquals(PageValues.COMMITMENT_TEXT, Commitment.digest(Part.TEXT, salt, content).hex());
        Digest zero = Digest.of(new byte[32]);
        assertEquals(PageValues.BOUNDARY_SALT_DRY, BoundarySalt.of(new byte[32], zero).hex());
        assertThrows(IllegalArgumentException.class, () -> BoundarySalt.of(new byte[31], zero));
    }

    @Test
    void givesEachPartAnotherSaltAndCommitment_C1_C2() {
        Set<Digest> digests = new HashSet<>();
        for (Part part : Part.values()) {
            digests.add(SECRET.salt(part));
            digests.add(Commitment.digest(part, SECRET.salt(part), new byte[0]));
            digests.add(Commitment.digest(part, Digest.of(new byte[32]), new byte[0]));
        }
        assertEquals(15, digests.size());
    }

    @Test
    void doesNotShowTheSecretByAccident_C2() throws MalformedException {
        Secret secret = ExampleBundle.secret(0);
        assertFalse(secret.toString().contains(secret.hex().substring(0, 6)));
        assertEquals(secret, Secret.parseHex(secret.hex()));
        assertNotEquals(secret, ExampleBundle.secret(1));
        assertThrows(MalformedException.class, () -> Secret.parseHex("00"));
    }

    @Test
    void countsWhatItCommitsTo_C3() {
        Exchange exchange = ExampleBundle.continued();
        assertEquals(16, exchange.commitment(Part.PROMPT, SECRET).count());
        assertEquals(10, exchange.commitment(Part.OUTPUT, SECRET).count());
        assertEquals(40, exchange.commitment(Part.TEXT, SECRET).count());
        assertEquals(3, exchange.commitment(Part.PREFIX, SECRET).count());
    }

    @Test
    void keepsItsOwnCopyOfTheRequestAndRefusesBrokenText_C5() {
        byte[] request = {1, 2};
        Exchange exchange = new Exchange(
                request, TokenIds.of(1), TokenIds.of(), "", Optional.empty());
        request[0] = 9;
        exchange.request()[1] = 9;
        assertArrayEquals(new byte[] {1, 2}, exchange.request());
        assertThrows(IllegalArgumentException.class, () -> new Exchange(
                request, TokenIds.of(1), TokenIds.of(), "\ud800", Optional.empty()));
    }
}

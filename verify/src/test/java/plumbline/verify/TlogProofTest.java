package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// spec/log.md, L60 to L65.
class TlogProofTest {
    private static final String HASH = "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n";
    private static final String NOTE = "example.com/fancylog\n109482\n"
            + "sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n"
            + "\u2014 example.com/fancylog Uw2QOkn8srU=\n";
    private static final String HEADER = "c2sp.org/tlog-proof@v1\n";

    private final InsecureTestKeys.Signer log = InsecureTestKeys.log("example.com/log");

    @Test
    void readsProofsWithAndWithoutExtraAndHashes() throws MalformedException {
        for (String head : new String[] {"index 0\n", "index 73894\n" + HASH + HASH,
            "extra YWdl\nindex 73894\n" + HASH, "index 5\n" + HASH.repeat(63)}) {
            byte[] bytes = bytes(HEADER + head + "\n" + NOTE);
            assertArrayEquals(bytes, TlogProof.parse(bytes).encode());
        }
        TlogProof proof = parse("extra YWdl\nindex 73894\n" + HASH + "\n" + NOTE);
        assertEquals(Optional.of("YWdl"), proof.extra());
        assertEquals(73_894, proof.index());
        assertEquals(1, proof.hashes().size());
        assertEquals(109_482, proof.checkpoint().size());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "",
        "\n",
        "index 0\n",
        "index 0\n" + NOTE,
        "index 0\n\n",
        "\n" + NOTE,
        "index\n\n" + NOTE,
        "index \n\n" + NOTE,
        "index  0\n\n" + NOTE,
        "index 0 \n\n" + NOTE,
        "index 00\n\n" + NOTE,
        "index 01\n\n" + NOTE,
        "index -1\n\n" + NOTE,
        "index +1\n\n" + NOTE,
        "index 9223372036854775808\n\n" + NOTE,
        "Index 0\n\n" + NOTE,
        "index 0\nindex 0\n\n" + NOTE,
        "index 0\nextra YWdl\n\n" + NOTE,
        "extra YWdl\n\n" + NOTE,
        "extra \nindex 0\n\n" + NOTE,
        "extra\nindex 0\n\n" + NOTE,
        "extra YWdl=\nindex 0\n\n" + NOTE,
        "extra YWd\nindex 0\n\n" + NOTE,
        "extra YWdl\nextra YWdl\nindex 0\n\n" + NOTE,
        "index 0\nAAAA\n\n" + NOTE,
        "index 0\n" + HASH + " \n" + NOTE,
        "index 0\n " + HASH + "\n" + NOTE,
        "index 0\n" + HASH + "\n\n" + NOTE,
        "index 0\r\n\r\n" + NOTE,
        "index 0\n\n" + NOTE + "\n",
        "index 0\n\n" + NOTE + "x",
        "index 0\n\nx" + NOTE + "\n",
        "index 0\n\nexample.com/fancylog\n1\n\n\u2014 example.com/fancylog Uw2QOkn8srU=\n",
        "index 0\n\nexample.com/fancylog\n1\n" + HASH,
        "index 0\n\nexample.com/fancylog\n01\n" + HASH + "\n\u2014 a Uw2QOkn8srU=\n",
    })
    void rejectsWhatIsNotAProof(String rest) {
        assertThrows(MalformedException.class, () -> parse(rest));
    }

    @Test
    void rejectsOtherHeaders() {
        for (String header : new String[] {"c2sp.org/tlog-proof@v2\n", "c2sp.org/tlog-proof@v1 \n",
            " c2sp.org/tlog-proof@v1\n", "C2SP.org/tlog-proof@v1\n", "\n", "",
            "c2sp.org/tlog-proof@v1\r\n", "\ufeffc2sp.org/tlog-proof@v1\n"}) {
            byte[] bytes = bytes(header + "index 0\n\n" + NOTE);
            assertThrows(MalformedException.class, () -> TlogProof.parse(bytes), header);
        }
    }

    @Test
    void rejectsMoreHashesExtraAndBytesThanBounded() {
        assertThrows(MalformedException.class,
                () -> parse("index 0\n" + HASH.repeat(64) + "\n" + NOTE));
        assertThrows(MalformedException.class,
                () -> parse("index 0\n" + HASH.repeat(5000) + "\n" + NOTE));
        String extra = Base64.encode(new byte[TlogProof.EXTRA_BYTES_MAX + 1]);
        assertThrows(MalformedException.class,
                () -> parse("extra " + extra + "\nindex 0\n\n" + NOTE));
        byte[] tooLong = new byte[TlogProof.BYTES_MAX + 1];
        assertThrows(MalformedException.class, () -> TlogProof.parse(tooLong));
    }

    @Test
    void includesExactlyTheLeafThatItProves() {
        MerkleFrontier tree = new MerkleFrontier();
        Digest first = MerkleTree.leafHash(new byte[] {1});
        Digest second = MerkleTree.leafHash(new byte[] {2});
        tree.append(first);
        tree.append(second);
        SignedNote note = log.note(new Checkpoint("example.com/log", 2, tree.root()).body());
        TlogProof proof = new TlogProof(1, List.of(first), note);
        assertTrue(proof.includes(second));
        assertFalse(proof.includes(first));
        assertFalse(new TlogProof(0, List.of(first), note).includes(second));
        assertFalse(new TlogProof(2, List.of(first), note).includes(second));
        assertFalse(new TlogProof(1, List.of(), note).includes(second));
        assertFalse(new TlogProof(1, List.of(first, first), note).includes(second));
    }

    @Test
    void refusesToMakeProofsThatCannotBeWritten() {
        SignedNote note = log.note(new Checkpoint("o", 0, MerkleTree.emptyRoot()).body());
        SignedNote noCheckpoint = log.note("text\n");
        Digest hash = MerkleTree.emptyRoot();
        assertThrows(IllegalArgumentException.class, () -> new TlogProof(-1, List.of(), note));
        assertThrows(IllegalArgumentException.class,
                () -> new TlogProof(0, Collections.nCopies(64, hash), note));
        assertThrows(IllegalArgumentException.class,
                () -> new TlogProof(0, List.of(), noCheckpoint));
        assertThrows(IllegalArgumentException.class,
                () -> new TlogProof(Optional.of("?"), 0, List.of(), note));
    }

    private static TlogProof parse(String rest) throws MalformedException {
        return TlogProof.parse(bytes(HEADER + rest));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

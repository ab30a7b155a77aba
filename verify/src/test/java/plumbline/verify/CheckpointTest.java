package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// spec/log.md, L21 to L25.
class CheckpointTest {
    private static final String ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    private static final String EXAMPLE = "example.com/behind-the-sofa\n20852163\n" + ROOT + "\n";

    @Test
    void readsTheExampleOfC2sp() throws MalformedException {
        Checkpoint checkpoint = Checkpoint.parse(EXAMPLE);
        assertEquals("example.com/behind-the-sofa", checkpoint.origin());
        assertEquals(20_852_163, checkpoint.size());
        assertEquals(List.of(), checkpoint.extensions());
        assertEquals(EXAMPLE, checkpoint.body());
        assertEquals(checkpoint, new Checkpoint("example.com/behind-the-sofa", 20_852_163,
                checkpoint.root()));
    }

    @Test
    void acceptsEmptyLogAndLargestLog() throws MalformedException {
        assertEquals(0, Checkpoint.parse("o\n0\n" + ROOT + "\n").size());
        assertEquals(Long.MAX_VALUE,
                Checkpoint.parse("o\n9223372036854775807\n" + ROOT + "\n").size());
    }

    @Test
    void keepsExtensionLines() throws MalformedException {
        String body = EXAMPLE + "one\n two \n";
        assertEquals(List.of("one", " two "), Checkpoint.parse(body).extensions());
        assertEquals(body, Checkpoint.parse(body).body());
        String most = EXAMPLE + "x\n".repeat(Checkpoint.EXTENSIONS_MAX);
        assertEquals(most, Checkpoint.parse(most).body());
        assertThrows(MalformedException.class, () -> Checkpoint.parse(most + "x\n"));
        assertThrows(MalformedException.class, () -> Checkpoint.parse(most + "x\n".repeat(1000)));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "",
        "\n",
        "\n\n\n",
        "o\n1\n",
        "o\n1\n\n",
        "o\n1\n" + ROOT,
        "o\n1\n" + ROOT + "\n\n",
        "o\n1\n" + ROOT + "\n\nx\n",
        "\n1\n" + ROOT + "\n",
        "o\n\n" + ROOT + "\n",
        "o\n01\n" + ROOT + "\n",
        "o\n00\n" + ROOT + "\n",
        "o\n-1\n" + ROOT + "\n",
        "o\n+1\n" + ROOT + "\n",
        "o\n1 \n" + ROOT + "\n",
        "o\n 1\n" + ROOT + "\n",
        "o\n1.0\n" + ROOT + "\n",
        "o\n0x1\n" + ROOT + "\n",
        "o\n9223372036854775808\n" + ROOT + "\n",
        "o\n99999999999999999999999999\n" + ROOT + "\n",
        "o\n\u0661\n" + ROOT + "\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2IA\n",
        "o\n1\n" + ROOT + " \n",
        "o\n1\n0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62\n",
        "o\r\n1\r\n" + ROOT + "\r\n",
        "o\u0000\n1\n" + ROOT + "\n",
        "\ud800\n1\n" + ROOT + "\n",
    })
    void rejectsWhatIsNotACheckpoint(String text) {
        assertThrows(MalformedException.class, () -> Checkpoint.parse(text));
    }

    @Test
    void refusesToMakeCheckpointsThatCannotBeWritten() {
        Digest root = MerkleTree.emptyRoot();
        assertThrows(IllegalArgumentException.class, () -> new Checkpoint("", 0, root));
        assertThrows(IllegalArgumentException.class, () -> new Checkpoint("a\nb", 0, root));
        assertThrows(IllegalArgumentException.class, () -> new Checkpoint("a", -1, root));
        assertThrows(IllegalArgumentException.class,
                () -> new Checkpoint("a", 0, root, List.of("")));
        assertThrows(IllegalArgumentException.class,
                () -> new Checkpoint("a", 0, root, Collections.nCopies(17, "x")));
    }
}

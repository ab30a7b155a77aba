package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Any bytes as what a node says of itself, hand-overs or a model's head, are malformed or read in their one encoding
/// (spec/key.md K10, K12; spec/head.md H1 to H6).
public final class SayingsFuzzTest {

    private static final Ed25519 ED25519 = new JdkEd25519();

    /// What a fuzzer calls.
    public static void fuzzerTestOneInput(byte[] data) {
        try {
            List<HandOver> chain = HandOver.parseChain(data, ED25519);
            int bytes = 0;
            for (HandOver one : chain) {
                assertEquals(one, HandOver.parse(one.encode(), ED25519));
                bytes += one.encode().length;
            }
            assertEquals(data.length, bytes);
        } catch (MalformedException e) {
            // What happens to nearly all of them.
        }
        try {
            assertArrayEquals(data, ModelHead.parse(data).encode());
        } catch (MalformedException e) {
            // As above.
        }
    }

    @Test
    void keptInputsAreMalformedOrReadInTheirOneEncoding() throws IOException, MalformedException {
        FuzzSeeds.replay("sayings", SayingsFuzzTest::fuzzerTestOneInput);
        byte[] head = new byte[100];
        fuzzerTestOneInput(ModelHead.of(ModelId.parse("sha256:" + "ab".repeat(32)),
                List.of(MerkleTree.leafHash(head)), head.length, head).encode());
    }
}

package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Any bytes as a bundle lead to a verdict, and what parses is written again as it was (spec/bundle.md B1, V1).
public final class BundleFuzzTest {

    /// What a fuzzer calls.
    public static void fuzzerTestOneInput(byte[] data) {
        Verdict verdict = Verifier.verify(data, Expectations.none(), Trust.none(), Optional.empty());
        // Without a pinned key and without a replay nothing is accepted.
        assertInstanceOf(Verdict.Rejected.class, verdict);
        try {
            assertArrayEquals(data, Bundle.parse(data).encode());
        } catch (MalformedException e) {
            // What happens to nearly all of them.
        }
    }

    @Test
    void keptInputsLeadToAVerdict() throws IOException {
        FuzzSeeds.replay("bundle", BundleFuzzTest::fuzzerTestOneInput);
    }
}

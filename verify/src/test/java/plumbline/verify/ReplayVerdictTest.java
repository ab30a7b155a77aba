package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/// spec/bundle.md V14: what a replay adds, and what it can't mend.
final class ReplayVerdictTest {
    private static final byte[] PLAIN = ExampleBundle.plain().encode();

    /// A replay by a model that says these ids.
    private static Function<OpenedBundle, ReplayOutcome> model(int... says) {
        return opened -> {
            int at = opened.output().mismatch(TokenIds.of(says));
            return at < 0
                    ? new ReplayOutcome.Same("you", opened.prompt().size() + says.length - 1)
                    : new ReplayOutcome.Differs("output token " + at, "the receipt has "
                            + opened.output().get(at) + ", the model says " + says[at]);
        };
    }

    private static Verdict unpinned(Function<OpenedBundle, ReplayOutcome> replay) {
        return Verifier.verify(PLAIN, Expectations.none(), Trust.none(), Optional.of(replay));
    }

    @Test
    void acceptsAnUnpinnedSignerThatWasReplayed_V9_V14() {
        Verdict.Accepted accepted = assertInstanceOf(Verdict.Accepted.class,
                unpinned(model(ExampleBundle.OUTPUT.toArray())));
        assertEquals("signed by " + ExampleBundle.NODE.key().encode() + " (not pinned)",
                accepted.facts().getFirst().text());
        assertEquals(new Fact("replayed", true, "you", "replayed (by you)"),
                accepted.facts().getLast());
        assertEquals(false, accepted.receipt().isPinned());
    }

    @Test
    void rejectsAReplayThatDiffersAtTheFirstAMiddleOrTheLastToken_V14() {
        for (int at = 0; at < ExampleBundle.OUTPUT.size(); at++) {
            int[] says = ExampleBundle.OUTPUT.toArray();
            says[at] ^= 1;
            for (Verdict verdict : new Verdict[] {unpinned(model(says)),
                    Verifier.verify(PLAIN, Expectations.none(),
                            Trust.pinned(ExampleBundle.NODE.key()), Optional.of(model(says)))}) {
                Verdict.Rejected rejected = assertInstanceOf(Verdict.Rejected.class, verdict);
                assertEquals(Reason.REPLAY_DIFFERS, rejected.reason());
                assertTrue(rejected.detail().startsWith("output token " + at + " differs"),
                        rejected.detail());
            }
        }
    }

    @Test
    void rejectsAReplayThatCouldNotBeDone_V14() {
        assertEquals(Reason.REPLAY_IMPOSSIBLE, assertInstanceOf(Verdict.Rejected.class, unpinned(
                opened -> new ReplayOutcome.Impossible("no model file"))).reason());
        assertEquals(Reason.REPLAY_IMPOSSIBLE, assertInstanceOf(Verdict.Rejected.class, unpinned(
                opened -> null)).reason());
    }

    private static byte[] upstream() throws MalformedException {
        String text = ReceiptText.of(ExampleBundle.receipt())
                .replace("arithmetic plumbline-exact-1", "arithmetic upstream")
                .replaceFirst("boundaries [0-9a-f]+", "boundaries " + "0".repeat(64));
        Receipt receipt = Receipt.parse(Ascii.bytes(text));
        return ExampleBundle.of(receipt, ExampleBundle.exchange(), ExampleBundle.NODE).encode();
    }

    @Test
    void replaysNothingThatAnotherServerAnsweredAndSaysThatItDid_V14() throws Exception {
        Verdict.Rejected rejected = assertInstanceOf(Verdict.Rejected.class, Verifier.verify(upstream(),
                Expectations.none(), Trust.pinned(ExampleBundle.NODE.key()), Optional.of(opened -> {
                    throw new AssertionError("it was re-run");
                })));
        assertEquals(Reason.REPLAY_IMPOSSIBLE, rejected.reason());
        Verdict.Accepted accepted = assertInstanceOf(Verdict.Accepted.class, ExampleBundle.verify(upstream()));
        assertTrue(accepted.facts().stream().anyMatch(fact -> fact.name().equals("upstream")));
        assertTrue(assertInstanceOf(Verdict.Accepted.class, ExampleBundle.verify(PLAIN)).facts().stream()
                .noneMatch(fact -> fact.name().equals("upstream")));
    }

    @Test
    void replaysOnlyWhatPassedEverythingElse_V14() {
        int[] calls = new int[1];
        Function<OpenedBundle, ReplayOutcome> counting = opened -> {
            calls[0]++;
            return new ReplayOutcome.Same("you", 25);
        };
        byte[] wrong = PLAIN.clone();
        wrong[wrong.length - 10] ^= 1;
        Verifier.verify(wrong, Expectations.none(), Trust.none(), Optional.of(counting));
        Verifier.verify(
                PLAIN, Expectations.none().withSeed(8), Trust.none(), Optional.of(counting));
        Verifier.verify(PLAIN, Expectations.none().withKey(ExampleBundle.OTHER_NODE.key()),
                Trust.none(), Optional.of(counting));
        assertEquals(0, calls[0]);
        unpinned(counting);
        assertEquals(1, calls[0]);
    }
}

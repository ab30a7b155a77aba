package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// spec/bundle.md V11 and V15: what a reader remembers of a log.
final class TrustTest {
    private static final VerifierKey KEY = ExampleBundle.NODE.key();
    private static final Receipt RECEIPT = ExampleBundle.receipt();
    private static final List<Digest> LEAVES =
            ExampleBundle.leaves(RECEIPT, ExampleBundle.LARGER);
    private static final Trust PINNED = Trust.pinned(KEY);

    private static Checkpoint checkpoint(int size) {
        return new Checkpoint(KEY.name(), size, MerkleTree.root(LEAVES.subList(0, size)));
    }

    private static List<Digest> proof(int small, int large) {
        return ExampleBundle.consistency(LEAVES.subList(0, large), small, true);
    }

    private static Verdict verify(Bundle bundle, Trust trust) {
        return Verifier.verify(bundle.encode(), Expectations.none(), trust, Optional.empty());
    }

    private static Check consistency(Verdict verdict) {
        return verdict.checks().stream().filter(check -> check.name().equals("consistency"))
                .findFirst().orElseThrow();
    }

    @Test
    void acceptsALogThatGrew_V11() {
        for (int size = 0; size < ExampleBundle.LARGER; size++) {
            Trust trust = PINNED.withRemembered(KEY, checkpoint(size))
                    .withConsistency(size == 0 ? List.of() : proof(size, ExampleBundle.LARGER));
            Verdict.Accepted accepted = assertInstanceOf(Verdict.Accepted.class,
                    verify(ExampleBundle.larger(), trust));
            assertEquals(Check.Result.PASSED, consistency(accepted).result());
            assertEquals("consistency: checked against the remembered checkpoint of " + size
                    + " entries", accepted.facts().get(3).text());
        }
    }

    @Test
    void acceptsAnOlderCheckpointThanTheRememberedOne_V11() {
        Trust trust = PINNED.withRemembered(KEY, checkpoint(8)).withConsistency(proof(5, 8));
        assertEquals(Check.Result.PASSED,
                consistency(verify(ExampleBundle.plain(), trust)).result());
    }

    @Test
    void acceptsTheRememberedCheckpointItself_V11() {
        Trust trust = PINNED.withRemembered(KEY, checkpoint(5));
        assertEquals(Check.Result.PASSED,
                consistency(verify(ExampleBundle.plain(), trust)).result());
    }

    @Test
    void saysThatItDidNotCheckWithoutAProof_V11() {
        Verdict verdict = verify(ExampleBundle.larger(), PINNED.withRemembered(KEY, checkpoint(5)));
        assertInstanceOf(Verdict.Accepted.class, verdict);
        assertEquals(Check.Result.NOT_CHECKED, consistency(verdict).result());
        assertEquals(Check.Result.NOT_CHECKED,
                consistency(verify(ExampleBundle.larger(), PINNED)).result());
    }

    @Test
    void rejectsAnotherRootForTheSameSize_V11() {
        Checkpoint fork = new Checkpoint(KEY.name(), 5, Digest.sha256());
        Verdict.Rejected rejected = assertInstanceOf(Verdict.Rejected.class,
                verify(ExampleBundle.plain(), PINNED.withRemembered(KEY, fork)));
        assertEquals(Reason.FORK, rejected.reason());
        // A proof doesn't mend it.
        assertEquals(Reason.FORK, assertInstanceOf(Verdict.Rejected.class, verify(
                ExampleBundle.plain(), PINNED.withRemembered(KEY, fork).withConsistency(List.of())))
                .reason());
    }

    @Test
    void rejectsALogThatWasRewritten_V11() {
        List<Digest> good = proof(5, 8);
        List<Digest> longer = new ArrayList<>(good);
        longer.add(Digest.sha256());
        for (List<Digest> wrong : List.of(good.reversed(), good.subList(1, good.size()),
                good.subList(0, good.size() - 1), longer, List.<Digest>of(), proof(4, 8))) {
            assertInconsistent(PINNED.withRemembered(KEY, checkpoint(5)).withConsistency(wrong));
        }
        Checkpoint other = new Checkpoint(KEY.name(), 5, Digest.sha256());
        assertInconsistent(PINNED.withRemembered(KEY, other).withConsistency(good));
        Checkpoint notEmpty = new Checkpoint(KEY.name(), 0, Digest.sha256(new byte[1]));
        assertInconsistent(PINNED.withRemembered(KEY, notEmpty));
    }

    @Test
    void rejectsALargerRememberedLogThatThisOneIsNotTheBeginningOf_V11() {
        Checkpoint other = new Checkpoint(KEY.name(), 9, Digest.sha256());
        assertInconsistent(PINNED.withRemembered(KEY, other).withConsistency(proof(5, 8)));
    }

    @Test
    void doesNotApplyWhatAnotherKeyOrOriginShowed_V11() {
        VerifierKey impostor = ExampleBundle.impostor(ExampleBundle.NODE).key();
        Checkpoint fork = new Checkpoint(KEY.name(), 5, Digest.sha256());
        assertEquals(Check.Result.NOT_CHECKED, consistency(verify(ExampleBundle.plain(),
                PINNED.withRemembered(impostor, fork))).result());
        Checkpoint elsewhere = new Checkpoint("elsewhere", 5, Digest.sha256());
        assertEquals(Check.Result.NOT_CHECKED, consistency(verify(ExampleBundle.plain(),
                PINNED.withRemembered(KEY, elsewhere))).result());
    }

    @Test
    void remembersTheFirstCheckpointOfAPinnedSigner_V15() {
        assertEquals(Optional.of(new Trust.Remembered(KEY, checkpoint(5))),
                PINNED.after(receipt(ExampleBundle.plain(), PINNED)));
    }

    @Test
    void remembersNothingOfAnUnpinnedSigner_V15() {
        Verdict verdict = Verifier.verify(ExampleBundle.plain().encode(), Expectations.none(),
                Trust.none(), Optional.of(opened -> new ReplayOutcome.Same("you", 25)));
        VerifiedReceipt receipt = assertInstanceOf(Verdict.Accepted.class, verdict).receipt();
        assertEquals(Optional.empty(), Trust.none().after(receipt));
    }

    @Test
    void replacesARememberedCheckpointOnlyByALargerConsistentOne_V15() {
        Trust five = PINNED.withRemembered(KEY, checkpoint(5));
        assertEquals(five.remembered(), five.after(receipt(ExampleBundle.larger(), five)));
        Trust proved = five.withConsistency(proof(5, 8));
        assertEquals(Optional.of(new Trust.Remembered(KEY, checkpoint(8))),
                proved.after(receipt(ExampleBundle.larger(), proved)));
        Trust eight = PINNED.withRemembered(KEY, checkpoint(8)).withConsistency(proof(5, 8));
        assertEquals(eight.remembered(), eight.after(receipt(ExampleBundle.plain(), eight)));
    }

    @Test
    void whatAnotherKeyHadShownGivesWayToAPinnedSigners_V15() {
        VerifierKey impostor = ExampleBundle.impostor(ExampleBundle.NODE).key();
        Trust other = PINNED.withRemembered(impostor, checkpoint(8));
        assertEquals(Optional.of(new Trust.Remembered(KEY, checkpoint(5))),
                other.after(receipt(ExampleBundle.plain(), other)));
    }

    private static VerifiedReceipt receipt(Bundle bundle, Trust trust) {
        return assertInstanceOf(Verdict.Accepted.class, verify(bundle, trust)).receipt();
    }

    private static void assertInconsistent(Trust trust) {
        Verdict.Rejected rejected = assertInstanceOf(Verdict.Rejected.class,
                verify(trust.remembered().orElseThrow().checkpoint().size() == 9
                        ? ExampleBundle.plain() : ExampleBundle.larger(), trust));
        assertEquals(Reason.INCONSISTENT, rejected.reason());
    }
}

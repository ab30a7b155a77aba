package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// spec/bundle.md V1 to V13: what is accepted, and each way to be rejected.
final class VerifierTest {
    private static final byte[] PLAIN = ExampleBundle.plain().encode();
    private static final String KEY = ExampleBundle.NODE.key().encode();

    @Test
    void acceptsAPinnedSignerAndListsWhatWasNotShown_V9() {
        Verdict.Accepted accepted = accepted(ExampleBundle.verify(PLAIN));
        assertEquals(List.of(
                "signed by " + KEY + " (pinned)",
                "in the log: entry 2 of plumbline/ed0e5043e36e, under a checkpoint of 5 entries",
                "not witnessed",
                "consistency: not checked",
                "not replayed"), accepted.facts().stream().map(Fact::text).toList());
        assertEquals(List.of(true, true, false, false, false),
                accepted.facts().stream().map(Fact::shown).toList());
        assertEquals(ExampleBundle.receipt(), accepted.receipt().receipt());
        assertTrue(accepted.receipt().isPinned());
    }

    @Test
    void listsEveryCheckWithItsResult() {
        Map<String, Check.Result> results = accepted(ExampleBundle.verify(PLAIN)).checks().stream()
                .collect(Collectors.toMap(Check::name, Check::result));
        for (String passed : List.of("format", "commitments", "origin", "signature", "cosignatures",
                "inclusion", "key")) {
            assertEquals(Check.Result.PASSED, results.remove(passed), passed);
        }
        assertEquals(8, results.size());
        results.forEach((name, result) -> assertEquals(Check.Result.NOT_CHECKED, result, name));
    }

    @Test
    void acceptsTheExpectedKeyWithoutAPin_V9() {
        Verdict verdict = Verifier.verify(PLAIN,
                Expectations.none().withKey(ExampleBundle.NODE.key()), Trust.none(),
                Optional.empty());
        assertEquals("signed by " + KEY + " (expected by you)",
                accepted(verdict).facts().getFirst().text());
    }

    @Test
    void acceptsEverythingExpectedAtOnce_V13() {
        Expectations all = Expectations.none().withKey(ExampleBundle.NODE.key())
                .withModel(ExampleBundle.receipt().model())
                .withRequest(ExampleBundle.REQUEST.getBytes(StandardCharsets.UTF_8))
                .withAnswer(ExampleBundle.TEXT.getBytes(StandardCharsets.UTF_8))
                .withSeed(7)
                .withNonce(ExampleBundle.receipt().nonce().value());
        Verdict.Accepted accepted = accepted(ExampleBundle.verify(PLAIN, all));
        assertEquals(3, accepted.checks().stream()
                .filter(check -> check.result() == Check.Result.NOT_CHECKED).count());
    }

    @Test
    void acceptsAContinuedAnswer_V4() {
        accepted(ExampleBundle.verify(ExampleBundle.withPrefix().encode()));
    }

    @Test
    void acceptsWitnessesOfThePolicy_V7_V12() {
        Expectations policy = Expectations.none()
                .withPolicy(ExampleBundle.policy(ExampleBundle.witnessPolicy("both")));
        Fact fact = accepted(ExampleBundle.verify(ExampleBundle.witnessed().encode(), policy))
                .facts().get(2);
        assertEquals(new Fact("witnessed", true, "A, B", "witnessed by 2 of 2"), fact);
    }

    @Test
    void acceptsALogThatThePolicyNamesAsPinned_V9_V10() {
        Expectations policy = Expectations.none()
                .withPolicy(ExampleBundle.policy("log " + KEY + "\nquorum none\n"));
        Verdict verdict = Verifier.verify(PLAIN, policy, Trust.none(), Optional.empty());
        assertTrue(accepted(verdict).receipt().isPinned());
        assertEquals("not witnessed", accepted(verdict).facts().get(2).text());
    }

    @Test
    void rejectsAnUnpinnedSignerWithTheCure_V9() {
        Verdict.Rejected rejected = rejected(Reason.SIGNER_NOT_PINNED,
                Verifier.verify(PLAIN, Expectations.none(), Trust.none(), Optional.empty()));
        assertTrue(rejected.detail().contains("--key KEY"));
        assertTrue(rejected.detail().contains("--remember"));
        assertTrue(rejected.detail().contains("--replay"));
    }

    @Test
    void doesNotApplyAPinOfAnotherOrigin_V9() {
        rejected(Reason.SIGNER_NOT_PINNED, Verifier.verify(PLAIN, Expectations.none(),
                Trust.pinned(ExampleBundle.OTHER_NODE.key()), Optional.empty()));
    }

    @Test
    void rejectsAnotherKeyThanThePinnedOrTheExpectedOne_V9() {
        VerifierKey impostor = ExampleBundle.impostor(ExampleBundle.NODE).key();
        rejected(Reason.KEY_NOT_PINNED_ONE, Verifier.verify(PLAIN, Expectations.none(),
                Trust.pinned(impostor), Optional.empty()));
        rejected(Reason.KEY_NOT_EXPECTED, ExampleBundle.verify(PLAIN,
                Expectations.none().withKey(impostor)));
        rejected(Reason.KEY_NOT_EXPECTED, ExampleBundle.verify(PLAIN,
                Expectations.none().withKey(ExampleBundle.OTHER_NODE.key())));
    }

    @Test
    void rejectsAnotherPinnedKeyEvenWithAReplay_V9() {
        rejected(Reason.KEY_NOT_PINNED_ONE, Verifier.verify(PLAIN, Expectations.none(),
                Trust.pinned(ExampleBundle.impostor(ExampleBundle.NODE).key()),
                Optional.of(opened -> new ReplayOutcome.Same("you", 25))));
    }

    @Test
    void rejectsWhatAnotherKeySigned_V6() {
        byte[] bytes = ExampleBundle.of(ExampleBundle.receipt(), ExampleBundle.exchange(),
                ExampleBundle.impostor(ExampleBundle.NODE)).encode();
        rejected(Reason.SIGNED_BY_ANOTHER_KEY, ExampleBundle.verify(bytes));
        byte[] other = ExampleBundle.of(ExampleBundle.receipt(), ExampleBundle.exchange(),
                ExampleBundle.OTHER_NODE).encode();
        rejected(Reason.SIGNED_BY_ANOTHER_KEY, ExampleBundle.verify(other));
    }

    @Test
    void rejectsASignatureOfAnotherCheckpoint_V6() {
        TlogProof proof = ExampleBundle.proof(
                ExampleBundle.receipt(), ExampleBundle.NODE, ExampleBundle.SIZE);
        TlogProof larger = ExampleBundle.proof(
                ExampleBundle.receipt(), ExampleBundle.NODE, ExampleBundle.LARGER);
        SignedNote mixed = new SignedNote(proof.note().text(), larger.note().signatures());
        rejected(Reason.SIGNATURE_INVALID, ExampleBundle.verify(
                with(new TlogProof(proof.index(), proof.hashes(), mixed))));
    }

    @Test
    void rejectsASignatureWithTheKeyIdOfTheNodeByAnother_V6() {
        TlogProof proof = ExampleBundle.proof(
                ExampleBundle.receipt(), ExampleBundle.NODE, ExampleBundle.SIZE);
        String text = proof.note().text();
        NoteSignature forged = NoteSignature.of(ExampleBundle.NODE.key(),
                ExampleBundle.OTHER_NODE.sign(text.getBytes(StandardCharsets.UTF_8)));
        rejected(Reason.SIGNATURE_INVALID, ExampleBundle.verify(with(new TlogProof(
                proof.index(), proof.hashes(), new SignedNote(text, List.of(forged))))));
        NoteSignature empty = NoteSignature.of(ExampleBundle.NODE.key(), new byte[1]);
        rejected(Reason.SIGNATURE_INVALID, ExampleBundle.verify(with(new TlogProof(
                proof.index(), proof.hashes(), new SignedNote(text, List.of(empty))))));
    }

    @Test
    void rejectsAnotherLogAndAnotherOriginUnderTheSameKey_V5() {
        Receipt other = ExampleBundle.receipt(
                ExampleBundle.OTHER_NODE.key(), ExampleBundle.INDEX, ExampleBundle.exchange());
        rejected(Reason.ORIGIN_MISMATCH, ExampleBundle.verify(with(ExampleBundle.proof(
                other, ExampleBundle.OTHER_NODE, ExampleBundle.SIZE))));
        Checkpoint renamed = new Checkpoint("plumbline/000000000000", ExampleBundle.SIZE,
                ExampleBundle.checkpoint(ExampleBundle.receipt(), ExampleBundle.SIZE).root());
        rejected(Reason.ORIGIN_MISMATCH, ExampleBundle.verify(with(new TlogProof(2, List.of(),
                ExampleBundle.NODE.note(renamed.body())))));
    }

    @Test
    void rejectsTheProofOfAnotherReceipt_V8() {
        List<Digest> leaves = ExampleBundle.leaves(ExampleBundle.receipt(), ExampleBundle.SIZE);
        SignedNote note = ExampleBundle.proof(
                ExampleBundle.receipt(), ExampleBundle.NODE, ExampleBundle.SIZE).note();
        for (int index = 0; index < ExampleBundle.SIZE; index++) {
            TlogProof proof = new TlogProof(index, ExampleBundle.inclusion(leaves, index), note);
            Verdict verdict = ExampleBundle.verify(with(proof));
            if (index == ExampleBundle.INDEX) {
                accepted(verdict);
            } else {
                rejected(Reason.NOT_IN_LOG, verdict);
            }
        }
    }

    @Test
    void rejectsALogTruncatedBeforeTheReceiptAndProofsOfAnotherLength_V8() {
        Receipt receipt = ExampleBundle.receipt();
        List<Digest> leaves = ExampleBundle.leaves(receipt, ExampleBundle.SIZE);
        List<Digest> hashes = ExampleBundle.inclusion(leaves, ExampleBundle.INDEX);
        SignedNote truncated = ExampleBundle.NODE.note(
                ExampleBundle.checkpoint(receipt, ExampleBundle.INDEX).body());
        rejected(Reason.NOT_IN_LOG, ExampleBundle.verify(with(
                new TlogProof(ExampleBundle.INDEX, hashes, truncated))));
        SignedNote note = ExampleBundle.NODE.note(
                ExampleBundle.checkpoint(receipt, ExampleBundle.SIZE).body());
        List<Digest> more = new java.util.ArrayList<>(hashes);
        more.add(hashes.getFirst());
        for (List<Digest> wrong : List.of(hashes.subList(1, 3), hashes.subList(0, 2), more,
                List.<Digest>of(), hashes.reversed())) {
            rejected(Reason.NOT_IN_LOG, ExampleBundle.verify(with(
                    new TlogProof(ExampleBundle.INDEX, wrong, note))));
        }
    }

    @Test
    void rejectsALogThatHoldsAnotherReceipt_V8() {
        Receipt other = ExampleBundle.withPrefix().receipt();
        rejected(Reason.NOT_IN_LOG, ExampleBundle.verify(with(
                ExampleBundle.proof(other, ExampleBundle.NODE, ExampleBundle.SIZE))));
    }

    @Test
    void rejectsUnknownAndInvalidCosignatures_V7() {
        byte[] witnessed = ExampleBundle.witnessed().encode();
        rejected(Reason.SIGNATURE_UNKNOWN, ExampleBundle.verify(witnessed));
        String onlyA = "witness A " + ExampleBundle.WITNESS_A.key().encode() + "\nquorum A\n";
        rejected(Reason.SIGNATURE_UNKNOWN, ExampleBundle.verify(witnessed,
                Expectations.none().withPolicy(ExampleBundle.policy(onlyA))));
        TlogProof proof = ExampleBundle.plain().proof();
        String text = proof.note().text();
        String other = text.replace("\n5\n", "\n6\n");
        SignedNote wrong = proof.note().with(ExampleBundle.WITNESS_A.cosign(1_795_246_800L, other));
        rejected(Reason.COSIGNATURE_INVALID, ExampleBundle.verify(
                with(new TlogProof(proof.index(), proof.hashes(), wrong)),
                Expectations.none().withPolicy(ExampleBundle.policy(onlyA))));
    }

    @Test
    void rejectsTooFewWitnessesAndLogsOutsideThePolicy_V10_V12() {
        Expectations both = Expectations.none()
                .withPolicy(ExampleBundle.policy(ExampleBundle.witnessPolicy("both")));
        rejected(Reason.QUORUM_NOT_MET, ExampleBundle.verify(PLAIN, both));
        rejected(Reason.LOG_NOT_IN_POLICY, ExampleBundle.verify(PLAIN, Expectations.none()
                .withPolicy(ExampleBundle.policy("log " + ExampleBundle.OTHER_NODE.key().encode()
                        + "\nquorum none\n"))));
    }

    @Test
    void rejectsPartsOfAnotherExchange_V3() {
        Exchange e = ExampleBundle.exchange();
        byte[] otherRequest = ExampleBundle.REQUEST.replace("plumb", "power")
                .getBytes(StandardCharsets.UTF_8);
        rejected(Reason.COMMITMENT_MISMATCH_REQUEST, opening(new Exchange(
                otherRequest, e.prompt(), e.output(), e.text(), e.prefix())));
        rejected(Reason.COMMITMENT_MISMATCH_PROMPT, opening(new Exchange(
                e.request(), TokenIds.of(1), e.output(), e.text(), e.prefix())));
        rejected(Reason.COMMITMENT_MISMATCH_OUTPUT, opening(new Exchange(
                e.request(), e.prompt(), TokenIds.of(1, 2), e.text(), e.prefix())));
        rejected(Reason.COMMITMENT_MISMATCH_TEXT, opening(new Exchange(
                e.request(), e.prompt(), e.output(), "Another answer.", e.prefix())));
        Exchange c = ExampleBundle.continued();
        Bundle prefixed = Bundle.of(ExampleBundle.withPrefix().receipt(), new Exchange(c.request(),
                c.prompt(), c.output(), c.text(), Optional.of(TokenIds.of(1, 2, 3))),
                ExampleBundle.secret(2), ExampleBundle.withPrefix().proof());
        rejected(Reason.COMMITMENT_MISMATCH_PREFIX, ExampleBundle.verify(prefixed.encode()));
    }

    @Test
    void rejectsTheSaltsOfAnotherSecret_V3() {
        Bundle bundle = Bundle.of(ExampleBundle.receipt(), ExampleBundle.exchange(),
                ExampleBundle.secret(3), ExampleBundle.plain().proof());
        rejected(Reason.COMMITMENT_MISMATCH_REQUEST, ExampleBundle.verify(bundle.encode()));
    }

    @Test
    void rejectsWrongCountsAndAPrefixThatIsNotInTheOutput_V4() {
        rejected(Reason.COUNT_MISMATCH_PROMPT, relogged("prompt", " 16\n", " 17\n"));
        rejected(Reason.COUNT_MISMATCH_OUTPUT, relogged("output", " 10\n", " 11\n"));
        rejected(Reason.COUNT_MISMATCH_TEXT, relogged("text", " 40\n", " 41\n"));
        Exchange c = ExampleBundle.continued();
        Exchange wrong = new Exchange(c.request(), c.prompt(), c.output(), c.text(),
                Optional.of(TokenIds.of(15291, 253, 3873)));
        Receipt receipt = ExampleBundle.receipt(ExampleBundle.NODE.key(), 2, wrong);
        rejected(Reason.PREFIX_NOT_IN_OUTPUT, ExampleBundle.verify(
                ExampleBundle.of(receipt, wrong, ExampleBundle.NODE).encode()));
    }

    @Test
    void rejectsAWrongPrefixCount_V4() throws MalformedException {
        Receipt right = ExampleBundle.withPrefix().receipt();
        String text = ReceiptText.of(right);
        Receipt wrong = Receipt.parse(
                Ascii.bytes(text.replaceFirst("(?m)^(prefix \\S+) 3$", "$1 4")));
        rejected(Reason.COUNT_MISMATCH_PREFIX, ExampleBundle.verify(ExampleBundle.of(
                wrong, ExampleBundle.continued(), ExampleBundle.NODE).encode()));
    }

    @Test
    void rejectsTheRightReceiptForSomethingElse_V13() {
        Expectations none = Expectations.none();
        byte[] request = ExampleBundle.REQUEST.getBytes(StandardCharsets.UTF_8);
        byte[] longer = (ExampleBundle.REQUEST + "\n").getBytes(StandardCharsets.UTF_8);
        rejected(Reason.MODEL_NOT_EXPECTED, ExampleBundle.verify(PLAIN,
                none.withModel(new ModelId(Digest.sha256()))));
        rejected(Reason.REQUEST_NOT_EXPECTED,
                ExampleBundle.verify(PLAIN, none.withRequest(longer)));
        rejected(Reason.REQUEST_NOT_EXPECTED,
                ExampleBundle.verify(PLAIN, none.withRequest(new byte[0])));
        rejected(Reason.ANSWER_NOT_EXPECTED, ExampleBundle.verify(PLAIN, none.withAnswer(request)));
        rejected(Reason.ANSWER_NOT_EXPECTED, ExampleBundle.verify(PLAIN,
                none.withAnswer((ExampleBundle.TEXT + "\n").getBytes(StandardCharsets.UTF_8))));
        rejected(Reason.SEED_NOT_EXPECTED, ExampleBundle.verify(PLAIN, none.withSeed(8)));
        rejected(Reason.NONCE_NOT_EXPECTED,
                ExampleBundle.verify(PLAIN, none.withNonce(Digest.sha256())));
    }

    @Test
    void rejectsANonceThatTheNodeChoseAndASeedThatCameFromIt_V13() {
        Verdict verdict = relogged("nonce", " client\n", " node\n",
                Expectations.none().withNonce(ExampleBundle.receipt().nonce().value()));
        rejected(Reason.NONCE_NOT_EXPECTED, verdict);
        rejected(Reason.SEED_NOT_EXPECTED, relogged("seed", " given 7\n", " nonce\n",
                Expectations.none().withSeed(7)));
    }

    @Test
    void keepsItsOwnCopyOfWhatIsExpected() {
        byte[] request = ExampleBundle.REQUEST.getBytes(StandardCharsets.UTF_8);
        Expectations expectations = Expectations.none().withRequest(request);
        request[0] = 0;
        expectations.request().orElseThrow()[0] = 0;
        accepted(ExampleBundle.verify(PLAIN, expectations));
    }

    @Test
    void givesEachReasonAStableCode() {
        assertEquals("commitment-mismatch-prompt", Reason.COMMITMENT_MISMATCH_PROMPT.code());
        assertEquals("fork", Reason.FORK.code());
        for (Reason reason : Reason.values()) {
            assertTrue(reason.code().matches("[a-z]+(-[a-z]+)*"), reason.code());
        }
    }

    @Test
    void stopsAtTheFirstFailedCheck() {
        Verdict.Rejected rejected = rejected(Reason.SIGNED_BY_ANOTHER_KEY, ExampleBundle.verify(
                ExampleBundle.of(ExampleBundle.receipt(), ExampleBundle.exchange(),
                        ExampleBundle.impostor(ExampleBundle.NODE)).encode()));
        assertEquals("signature", rejected.checks().getLast().name());
        assertEquals(Check.Result.FAILED, rejected.checks().getLast().result());
        assertFalse(rejected.detail().isEmpty());
    }

    private static byte[] with(TlogProof proof) {
        return Bundle.of(ExampleBundle.receipt(), ExampleBundle.exchange(),
                ExampleBundle.secret(ExampleBundle.INDEX), proof).encode();
    }

    private static Verdict opening(Exchange exchange) {
        return ExampleBundle.verify(Bundle.of(ExampleBundle.receipt(), exchange,
                ExampleBundle.secret(ExampleBundle.INDEX), ExampleBundle.plain().proof()).encode());
    }

    /// A node that states something else and logs it properly.
    private static Verdict relogged(String key, String from, String to) {
        return relogged(key, from, to, Expectations.none());
    }

    private static Verdict relogged(String key, String from, String to, Expectations expectations) {
        String text = ReceiptText.of(ExampleBundle.receipt());
        int line = text.indexOf("\n" + key + " ");
        String changed = text.substring(0, line) + text.substring(line).replaceFirst(from, to);
        try {
            Receipt receipt = Receipt.parse(Ascii.bytes(changed));
            return ExampleBundle.verify(ExampleBundle.of(
                    receipt, ExampleBundle.exchange(), ExampleBundle.NODE).encode(), expectations);
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    private static Verdict.Accepted accepted(Verdict verdict) {
        return assertInstanceOf(Verdict.Accepted.class, verdict, verdict::toString);
    }

    private static Verdict.Rejected rejected(Reason reason, Verdict verdict) {
        Verdict.Rejected rejected =
                assertInstanceOf(Verdict.Rejected.class, verdict, verdict::toString);
        assertEquals(reason, rejected.reason(), rejected.detail());
        return rejected;
    }
}

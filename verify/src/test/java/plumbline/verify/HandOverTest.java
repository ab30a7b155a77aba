package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// spec/key.md K10 to K14; spec/bundle.md V16.
final class HandOverTest {
    private static final InsecureTestKeys.Signer OLD = ExampleBundle.NODE;
    private static final InsecureTestKeys.Signer NEW = ExampleBundle.OTHER_NODE;
    private static final InsecureTestKeys.Signer THIRD = ExampleBundle.node("a third insecure test node");
    private static final Ed25519 ED25519 = new JdkEd25519();

    private static Checkpoint last(InsecureTestKeys.Signer from, int size) {
        List<Digest> leaves = ExampleBundle.leaves(ExampleBundle.receipt(), ExampleBundle.LARGER);
        return new Checkpoint(from.key().name(), size, MerkleTree.root(leaves.subList(0, size)));
    }

    private static byte[] signed(String text, InsecureTestKeys.Signer... signers) {
        SignedNote note = signers[0].note(text);
        for (int i = 1; i < signers.length; i++) {
            note = note.with(signers[i].signText(text));
        }
        return note.encode();
    }

    private static byte[] bytes(InsecureTestKeys.Signer from, InsecureTestKeys.Signer to, int size) {
        return signed(HandOver.text(from.key(), to.key(), last(from, size)), from, to);
    }

    private static HandOver handOver(InsecureTestKeys.Signer from, InsecureTestKeys.Signer to, int size)
            throws MalformedException {
        return HandOver.parse(bytes(from, to, size), ED25519);
    }

    private static void refused(byte[] bytes) {
        assertThrows(MalformedException.class, () -> HandOver.parse(bytes, ED25519),
                new String(bytes, StandardCharsets.UTF_8));
    }

    @Test
    void readsWhatBothKeysSigned_K10_K11() throws Exception {
        HandOver read = handOver(OLD, NEW, 5);
        assertEquals(OLD.key(), read.from());
        assertEquals(NEW.key(), read.to());
        assertEquals(last(OLD, 5), read.last());
        assertArrayEquals(bytes(OLD, NEW, 5), read.encode());
        assertEquals(read, HandOver.parse(read.encode(), ED25519));
        assertEquals(read.hashCode(), HandOver.parse(read.encode(), ED25519).hashCode());
    }

    @Test
    void refusesOneThatIsForged_K10() {
        String text = HandOver.text(OLD.key(), NEW.key(), last(OLD, 5));
        // By the new key alone, by a stranger, in the wrong order, with one too many.
        refused(signed(text, NEW));
        refused(signed(text, OLD));
        refused(signed(text, NEW, OLD));
        refused(signed(text, THIRD, NEW));
        refused(signed(text, OLD, THIRD));
        refused(signed(text, OLD, NEW, THIRD));
        // The old key's name over another's signature.
        InsecureTestKeys.Signer impostor = ExampleBundle.impostor(OLD);
        refused(signed(text, impostor, NEW));
        byte[] whole = signed(text, OLD, NEW);
        for (int i = 0; i < whole.length; i++) {
            byte[] changed = whole.clone();
            changed[i] ^= 1;
            refused(changed);
        }
    }

    @Test
    void refusesOtherForms_K10() {
        Checkpoint last = last(OLD, 5);
        String text = HandOver.text(OLD.key(), NEW.key(), last);
        refused(signed(text.replace("size 5", "size 05"), OLD, NEW));
        refused(signed(text.replace("hand-over v1", "hand-over v2"), OLD, NEW));
        refused(signed(text + "more\n", OLD, NEW));
        refused(signed(text.replace("from ", "From "), OLD, NEW));
        refused(signed(text.replace("\nsize 5", ""), OLD, NEW));
        refused(signed(text.replace("root ", "root  "), OLD, NEW));
        refused(signed(HandOver.text(OLD.key(), OLD.key(), last), OLD, OLD));
        InsecureTestKeys.Signer renamed = new InsecureTestKeys.Signer(
                VerifierKey.ed25519("plumbline/other", OLD.key().publicKey()), OLD.privateKey());
        refused(signed(HandOver.text(OLD.key(), renamed.key(), last), OLD, renamed));
        InsecureTestKeys.Signer witness = ExampleBundle.WITNESS_A;
        refused(signed(HandOver.text(OLD.key(), witness.key(), last), OLD, witness));
        InsecureTestKeys.Signer sameName = ExampleBundle.impostor(OLD);
        refused(signed(HandOver.text(OLD.key(), sameName.key(), last), OLD, sameName));
    }

    private static void refusedAs(String why, byte[] bytes) {
        MalformedException e = assertThrows(MalformedException.class, () -> HandOver.parse(bytes, ED25519));
        assertTrue(e.getMessage().contains(why), e.getMessage());
    }

    @Test
    void saysWhatIsWrong_K10() throws Exception {
        String text = HandOver.text(OLD.key(), NEW.key(), last(OLD, 5));
        refusedAs("the five lines", signed("plumbline hand-over v1\n", OLD, NEW));
        refusedAs("the five lines", signed("plumbline hand-over v1\na\nb\nc\nd\n\ne\n", OLD, NEW));
        refusedAs("expected `from `", signed(text.replace("from ", "From "), OLD, NEW));
        refusedAs("two logs' keys", signed(HandOver.text(OLD.key(), ExampleBundle.WITNESS_A.key(), last(OLD, 5)),
                OLD, ExampleBundle.WITNESS_A));
        refusedAs("two logs' keys", signed(HandOver.text(ExampleBundle.WITNESS_A.key(), NEW.key(),
                last(ExampleBundle.WITNESS_A, 5)), ExampleBundle.WITNESS_A, NEW));
        for (byte[] wrong : List.of(signed(text, OLD), signed(text, NEW, OLD), signed(text, OLD, THIRD),
                signed(text, OLD, NEW, THIRD))) {
            refusedAs("the signatures of both keys", wrong);
        }
        assertEquals(false, handOver(OLD, NEW, 5).equals(handOver(OLD, NEW, 4)));
        assertEquals(false, handOver(OLD, NEW, 5).equals(new Object()));
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    @Test
    void readsChains_K12() throws Exception {
        byte[] first = bytes(OLD, NEW, 5);
        byte[] second = bytes(NEW, THIRD, 0);
        assertEquals(List.of(), HandOver.parseChain(new byte[0], ED25519));
        assertEquals(List.of(handOver(OLD, NEW, 5), handOver(NEW, THIRD, 0)),
                HandOver.parseChain(joined(first, second), ED25519));
        for (byte[] bad : List.of(joined(second, first), joined(first, first), joined(first, new byte[] {'\n'}),
                joined(first, java.util.Arrays.copyOf(second, second.length - 1)))) {
            assertThrows(MalformedException.class, () -> HandOver.parseChain(bad, ED25519));
        }
    }

    @Test
    void refusesALongerChainThanTheLimit_K12() throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        InsecureTestKeys.Signer from = OLD;
        for (int i = 0; i <= HandOver.CHAIN_MAX; i++) {
            InsecureTestKeys.Signer to = ExampleBundle.node("insecure test node number " + i);
            all.writeBytes(bytes(from, to, 0));
            from = to;
            if (i == HandOver.CHAIN_MAX - 1) {
                assertEquals(HandOver.CHAIN_MAX, HandOver.parseChain(all.toByteArray(), ED25519).size());
            }
        }
        byte[] tooMany = all.toByteArray();
        assertThrows(MalformedException.class, () -> HandOver.parseChain(tooMany, ED25519));
    }

    private static Verdict verify(Bundle bundle, Optional<VerifierKey> pinned, HandOver... chain) {
        Trust trust = Trust.none().withHandOvers(pinned, List.of(chain));
        return Verifier.verify(bundle.encode(), Expectations.none(), trust, Optional.empty());
    }

    private static void rejected(Reason reason, Verdict verdict) {
        assertEquals(reason, assertInstanceOf(Verdict.Rejected.class, verdict).reason());
    }

    @Test
    void acceptsAnOldReceiptFromWhoKnowsTheNewKeyOrAnyOther_K13_V16() throws Exception {
        HandOver one = handOver(OLD, NEW, 5);
        HandOver two = handOver(NEW, THIRD, 0);
        Bundle bundle = ExampleBundle.plain();
        for (InsecureTestKeys.Signer known : List.of(OLD, NEW, THIRD)) {
            Verdict.Accepted accepted = assertInstanceOf(Verdict.Accepted.class,
                    verify(bundle, Optional.of(known.key()), one, two));
            assertTrue(accepted.receipt().isPinned());
        }
        assertTrue(assertInstanceOf(Verdict.Accepted.class, verify(bundle, Optional.of(THIRD.key()), one, two))
                .facts().getFirst().text().contains("handed over from or to " + THIRD.key().encode()));
        Verdict expected = Verifier.verify(bundle.encode(), Expectations.none().withKey(NEW.key()),
                Trust.none().withHandOvers(Optional.empty(), List.of(one)), Optional.empty());
        assertInstanceOf(Verdict.Accepted.class, expected);
    }

    @Test
    void acceptsANewReceiptFromWhoKnowsTheOldKey_K13_V16() throws Exception {
        // Here the example's node is the successor.
        HandOver before = handOver(THIRD, OLD, 0);
        assertInstanceOf(Verdict.Accepted.class,
                verify(ExampleBundle.plain(), Optional.of(THIRD.key()), before));
    }

    @Test
    void takesNobodysWordWhoIsNotInTheChain_K13_V16() throws Exception {
        HandOver one = handOver(OLD, NEW, 5);
        rejected(Reason.SIGNER_NOT_PINNED, verify(ExampleBundle.plain(), Optional.of(THIRD.key()), one));
        // A chain that leads to the signer, from somebody who isn't pinned.
        rejected(Reason.SIGNER_NOT_PINNED, verify(
                ExampleBundle.plain(), Optional.of(THIRD.key()), handOver(NEW, OLD, 0)));
        rejected(Reason.SIGNER_NOT_PINNED, verify(ExampleBundle.plain(), Optional.empty(), one));
        rejected(Reason.SIGNER_NOT_PINNED, verify(ExampleBundle.plain(), Optional.of(NEW.key())));
        rejected(Reason.KEY_NOT_EXPECTED, Verifier.verify(ExampleBundle.plain().encode(),
                Expectations.none().withKey(THIRD.key()),
                Trust.none().withHandOvers(Optional.of(NEW.key()), List.of(one)), Optional.empty()));
    }

    @Test
    void rejectsWhatTheOldKeySignedAfterItsLastCheckpoint_K14_V16() throws Exception {
        // The bundle's checkpoint has five entries.
        for (InsecureTestKeys.Signer known : List.of(OLD, NEW)) {
            rejected(Reason.KEY_RETIRED, verify(ExampleBundle.plain(), Optional.of(known.key()),
                    handOver(OLD, NEW, 4)));
            assertInstanceOf(Verdict.Accepted.class, verify(ExampleBundle.plain(), Optional.of(known.key()),
                    handOver(OLD, NEW, 8)));
        }
        Checkpoint fork = new Checkpoint(OLD.key().name(), 5, Digest.sha256(new byte[1]));
        HandOver other = HandOver.parse(
                signed(HandOver.text(OLD.key(), NEW.key(), fork), OLD, NEW), ED25519);
        rejected(Reason.KEY_RETIRED, verify(ExampleBundle.plain(), Optional.of(OLD.key()), other));
        assertTrue(other.toString().contains(Base64.getEncoder().encodeToString(fork.root().bytes())));
    }
}

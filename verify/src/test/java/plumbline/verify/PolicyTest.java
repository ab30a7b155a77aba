package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// spec/log.md, L80 to L92.
class PolicyTest {
    private static final Ed25519 ED25519 = new JdkEd25519();
    private static final InsecureTestKeys.Signer LOG = InsecureTestKeys.log("log.example");
    private static final List<InsecureTestKeys.Signer> W = List.of(
            InsecureTestKeys.witness("w0.example"), InsecureTestKeys.witness("w1.example"),
            InsecureTestKeys.witness("w2.example"), InsecureTestKeys.witness("w3.example"),
            InsecureTestKeys.witness("w4.example"), InsecureTestKeys.witness("w5.example"));
    private static final String BODY =
            new Checkpoint("log.example", 0, MerkleTree.emptyRoot()).body();
    /// A log and six witnesses A to F. In a policy, L stands for the log's key and 0 to 5 for keys.
    private static final String KEYS = "log $L\nwitness A $0\nwitness B $1\nwitness C $2\n"
            + "witness D $3\nwitness E $4\nwitness F $5\n";

    @Test
    void readsTheExampleOfC2sp() throws MalformedException {
        Policy policy = parse("""
                log $L

                witness X1 $0
                witness X2 $1
                witness X3 $2
                group X-witnesses 2 X1 X2 X3

                witness Y1 $3
                witness Y2 $4
                witness Y3 $5
                group Y-witnesses any Y1 Y2 Y3

                group X-and-Y all X-witnesses Y-witnesses
                quorum X-and-Y
                """);
        assertEquals(LOG.key(), policy.logs().getFirst().key());
        assertEquals(6, policy.witnesses().size());
        assertTrue(policy.requiresWitnesses());
        assertMet(policy, "013");
        assertMet(policy, "124");
        assertMet(policy, "012345");
        assertNotMet(policy, "");
        assertNotMet(policy, "01");
        assertNotMet(policy, "012");
        assertNotMet(policy, "0345");
        assertNotMet(policy, "345");
    }

    @ParameterizedTest
    @CsvSource({
        "quorum A, 0, 1",
        "quorum A, 01, 1",
        "group g any A B; quorum g, 0, 2",
        "group g any A B; quorum g, 1, 23",
        "group g all A B; quorum g, 01, 0",
        "group g all A B; quorum g, 012, 1",
        "group g 1 A; quorum g, 0, ''",
        "group g 3 A B C D; quorum g, 013, 01",
        "group g 2 A B C D; quorum g, 03, 345",
        "group g all A B; group h any g C; quorum h, 2, 0",
        "group g all A B; group h any g C; quorum h, 01, 1",
        "group g all A B; group h any g C; quorum g, 01, 2",
        "group g all A B; group h 2 g C D; quorum h, 23, 02",
        "group g all A B; group h 2 g C D; quorum h, 013, 014",
    })
    void evaluatesQuorums(String lines, String met, String notMet) throws MalformedException {
        Policy policy = parse(KEYS + lines.replace("; ", "\n") + "\n");
        assertMet(policy, met);
        assertNotMet(policy, notMet);
    }

    @Test
    void needsNoWitnessIfTheQuorumIsNone() throws MalformedException {
        Policy policy = parse(KEYS + "quorum none\n");
        assertFalse(policy.requiresWitnesses());
        assertMet(policy, "");
        assertMet(policy, "5");
    }

    @Test
    void readsCommentsBlanksTabsUrlsAndOtherOctets() throws MalformedException {
        Policy policy = parse("# comment \u00e9\n\n \t \n  # indented\n"
                + "\tlog \t $L  https://log.example/x \n"
                + "witness \u00e9\u2603 $0 https://w.example/\nquorum \u00e9\u2603\t\n#last\n");
        assertEquals(Optional.of("https://log.example/x"), policy.logs().getFirst().url());
        assertEquals(Optional.of("https://w.example/"), policy.witnesses().getFirst().url());
        assertMet(policy, "0");
        assertNotMet(policy, "");
    }

    /// L89: names are octets, so "K" and the Kelvin sign differ, and no bytes are too strange.
    @Test
    void namesAreOctets() throws MalformedException {
        parse("witness K $0\nwitness \u212a $1\nquorum none\n");
        byte[] strange = fill("witness ? $0\nquorum ?\n").getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < strange.length; i++) {
            strange[i] = strange[i] == '?' ? (byte) 0xff : strange[i];
        }
        assertEquals(1, Policy.parse(strange).witnesses().size());
    }

    @Test
    void acceptsOneKeyInBothRoles() throws MalformedException {
        VerifierKey log = VerifierKey.ed25519("both", W.getFirst().key().publicKey());
        assertEquals(1, parse("log " + log.encode() + "\nwitness A $0\nquorum A\n").logs().size());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "",
        "\n",
        "# quorum none\n",
        "log $L\n",
        "quorum none",
        "quorum\n",
        "quorum none none\n",
        "quorum none\nquorum none\n",
        "quorum A\n",
        "quorum A\nwitness A $0\n",
        "QUORUM none\n",
        "quorum None\n",
        "quorum none # comment\n",
        "quorum none\u0000\n",
        "quorum none\r\n",
        "quorum none\u007f\n",
        "quorum\u00a0none\n",
        "#\u007f\nquorum none\n",
        "#\u0000\nquorum none\n",
        "quorum none\nfoo\n",
        "quorum none\nlog\n",
        "quorum none\nlog $L url more\n",
        "quorum none\nlog $0\n",
        "quorum none\nlog $L\nlog $L\n",
        "quorum none\nlog nonsense\n",
        "quorum none\nwitness A\n",
        "quorum none\nwitness $0\n",
        "quorum none\nwitness A $L\n",
        "quorum none\nwitness A $0 url more\n",
        "quorum none\nwitness A $0\nwitness A $1\n",
        "quorum none\nwitness A $0\nwitness B $0\n",
        "quorum none\nwitness none $0\n",
        "quorum none\nwitness A example.com+00000000+AA==\n",
        "quorum none\nwitness A $0\ngroup\n",
        "quorum none\nwitness A $0\ngroup g\n",
        "quorum none\nwitness A $0\ngroup g any\n",
        "quorum none\nwitness A $0\ngroup g all\n",
        "quorum none\nwitness A $0\ngroup g 0 A\n",
        "quorum none\nwitness A $0\ngroup g 2 A\n",
        "quorum none\nwitness A $0\ngroup g 01 A\n",
        "quorum none\nwitness A $0\ngroup g -1 A\n",
        "quorum none\nwitness A $0\ngroup g +1 A\n",
        "quorum none\nwitness A $0\ngroup g one A\n",
        "quorum none\nwitness A $0\ngroup g ANY A\n",
        "quorum none\nwitness A $0\ngroup g 4294967297 A\n",
        "quorum none\nwitness A $0\ngroup g 99999999999999999999 A\n",
        "quorum none\nwitness A $0\ngroup A any A\n",
        "quorum none\nwitness A $0\ngroup none any A\n",
        "quorum none\nwitness A $0\ngroup g any none\n",
        "quorum none\nwitness A $0\ngroup g any g\n",
        "quorum none\nwitness A $0\ngroup g any B\n",
        "quorum none\ngroup g any A\nwitness A $0\n",
        "quorum none\nwitness A $0\ngroup g any A A\n",
        "quorum none\nwitness A $0\ngroup g any A\ngroup h any A\n",
        "quorum none\nwitness A $0\nwitness B $1\ngroup g any A\ngroup g any B\n",
        "quorum g\nwitness A $0\ngroup g any A\n",
    })
    void rejectsWhatIsNotAPolicy(String file) {
        assertThrows(MalformedException.class, () -> parse(file));
    }

    @Test
    void rejectsDuplicateKeysUnderOtherNames() {
        byte[] publicKey = LOG.key().publicKey();
        String renamed = VerifierKey.ed25519("renamed", publicKey).encode();
        assertThrows(MalformedException.class,
                () -> parse("log $L\nlog " + renamed + "\nquorum none\n"));
    }

    @Test
    void rejectsKeysThatAreNotUtf8AndFilesBeyondTheirBound() {
        byte[] bytes = fill("log ?$L\nquorum none\n").getBytes(StandardCharsets.ISO_8859_1);
        bytes["log ".length()] = (byte) 0xff;
        assertThrows(MalformedException.class, () -> Policy.parse(bytes));
        assertThrows(MalformedException.class,
                () -> parse("#\n".repeat(Policy.BYTES_MAX / 2) + "quorum none\n"));
    }

    @Test
    void takesThirtyTwoOfEachAndBoundsThem() throws MalformedException {
        StringBuilder file = new StringBuilder();
        for (int i = 0; i < Policy.DEFINITIONS_MAX; i++) {
            byte[] key = new byte[32];
            key[0] = (byte) i;
            key[1] = 1;
            file.append("log ").append(VerifierKey.ed25519("l" + i, key).encode()).append('\n');
            file.append("witness w").append(i).append(' ').append(VerifierKey.of(
                    "w" + i, VerifierKey.Type.COSIGNATURE_V1, key).encode()).append('\n');
            file.append("group g").append(i).append(" any w").append(i)
                    .append(i == 0 ? "\n" : " g" + (i - 1) + "\n");
        }
        String full = file.toString();
        Policy policy = parse(full + "quorum g255\n");
        assertEquals(256, policy.witnesses().size());
        assertThrows(MalformedException.class, () -> parse(full + "log $L\nquorum none\n"));
        assertThrows(MalformedException.class, () -> parse(full + "witness A $0\nquorum none\n"));
        assertThrows(MalformedException.class,
                () -> parse(full + "group g any g255\nquorum none\n"));
    }

    @Test
    void namesTheLineThatIsWrong() {
        MalformedException e = assertThrows(MalformedException.class,
                () -> parse("log $L\n\nwitness A\nquorum none\n"));
        assertTrue(e.getMessage().startsWith("malformed policy, line 3: "), e.getMessage());
    }

    @Test
    void rejectsCheckpointsThatNoListedLogSigned() throws MalformedException {
        Policy policy = parse("log $L\nquorum none\n");
        InsecureTestKeys.Signer stranger = InsecureTestKeys.log("stranger.example");
        assertNotMet(policy, stranger.note(BODY));
        assertNotMet(policy, W.getFirst().note(BODY));
        assertNotMet(parse("quorum none\n"), LOG.note(BODY));
        assertMet(policy, stranger.note(BODY).with(LOG.signText(BODY)));
    }

    /// L91: the key of one log does not speak for another origin.
    @Test
    void rejectsCheckpointsOfAnotherOrigin() throws MalformedException {
        Policy policy = parse("log $L\nquorum none\n");
        String other = new Checkpoint("other.example", 0, MerkleTree.emptyRoot()).body();
        assertNotMet(policy, LOG.note(other));
        assertNotMet(policy, LOG.note("not a checkpoint\n"));
    }

    @Test
    void acceptsAnyOfSeveralKeysOfOneLog() throws MalformedException {
        InsecureTestKeys.Signer old = InsecureTestKeys.log("old.example");
        VerifierKey oldKey = VerifierKey.ed25519("log.example", old.key().publicKey());
        Policy policy = parse("log $L\nlog " + oldKey.encode() + "\nquorum none\n");
        NoteSignature byOld = NoteSignature.of(oldKey,
                old.signText(BODY).signature());
        assertMet(policy, new SignedNote(BODY, List.of(byOld)));
        assertMet(policy, LOG.note(BODY));
        SignedNote both = LOG.note(BODY).with(byOld);
        assertEquals(2, assertInstanceOf(
                Policy.Outcome.Met.class, policy.evaluate(both, ED25519)).logs().size());
    }

    /// L92: one wrong signature of a known key spoils the note, whatever else it carries.
    @Test
    void rejectsNotesWithOneWrongSignatureOfAKnownKey() throws MalformedException {
        Policy policy = parse(KEYS + "group g any A B\nquorum g\n");
        SignedNote good = LOG.note(BODY).with(W.get(0).cosign(7, BODY));
        assertMet(policy, good);
        assertNotMet(policy, good.with(LOG.signText("other\n")));
        assertNotMet(policy, good.with(W.get(1).cosign(7, "other\n")));
        assertNotMet(policy, good.with(W.get(0).cosign(7, "other\n")));
        assertNotMet(policy, good.with(W.get(1).signText(BODY)));
        assertMet(policy, good.with(InsecureTestKeys.witness("stranger").cosign(7, "other\n")));
    }

    @Test
    void countsAWitnessOnce() throws MalformedException {
        Policy policy = parse(KEYS + "group g 2 A B C\nquorum g\n");
        SignedNote twice = LOG.note(BODY)
                .with(W.get(0).cosign(7, BODY)).with(W.get(0).cosign(8, BODY));
        assertNotMet(policy, twice);
        assertMet(policy, twice.with(W.get(2).cosign(9, BODY)));
    }

    @Test
    void saysWhoCosignedAndWhen() throws MalformedException {
        Policy policy = parse(KEYS + "quorum A\n");
        SignedNote note = LOG.note(BODY)
                .with(W.get(2).cosign(9, BODY)).with(W.get(0).cosign(7, BODY));
        var met = assertInstanceOf(Policy.Outcome.Met.class, policy.evaluate(note, ED25519));
        assertEquals(List.of(LOG.key()), met.logs());
        assertEquals(List.of("A 7", "C 9"), met.cosigned().stream()
                .map(one -> one.witness().name() + " " + one.timestampSeconds()).toList());
        var witnessed = assertInstanceOf(
                Policy.Outcome.Met.class, policy.evaluateWitnesses(note, ED25519));
        assertEquals(met.cosigned(), witnessed.cosigned());
        assertEquals(List.of(), witnessed.logs());
    }

    @Test
    void judgesWitnessesWithoutALog() throws MalformedException {
        Policy policy = parse("witness A $0\nquorum A\n");
        SignedNote note = LOG.note(BODY).with(W.get(0).cosign(7, BODY));
        assertInstanceOf(Policy.Outcome.Met.class, policy.evaluateWitnesses(note, ED25519));
        assertInstanceOf(Policy.Outcome.NotMet.class,
                policy.evaluateWitnesses(LOG.note(BODY), ED25519));
        assertInstanceOf(Policy.Outcome.NotMet.class,
                policy.evaluateWitnesses(LOG.note("no checkpoint\n"), ED25519));
        assertNotMet(policy, note);
    }

    @Test
    void knowsTheLinesOfItsKeysOnly() throws MalformedException {
        Policy policy = parse("log $L\nwitness A $0\nquorum none\n");
        assertFalse(policy.requiresWitnesses());
        assertTrue(policy.knows(LOG.signText(BODY)));
        assertTrue(policy.knows(W.get(0).cosign(1, BODY)));
        assertFalse(policy.knows(W.get(1).cosign(1, BODY)));
        assertFalse(policy.knows(new NoteSignature("log.example", 1, new byte[64])));
    }

    private static void assertMet(Policy policy, String witnesses) {
        assertMet(policy, cosigned(witnesses));
    }

    private static void assertNotMet(Policy policy, String witnesses) {
        assertNotMet(policy, cosigned(witnesses));
    }

    private static void assertMet(Policy policy, SignedNote note) {
        assertInstanceOf(Policy.Outcome.Met.class, policy.evaluate(note, ED25519));
    }

    private static void assertNotMet(Policy policy, SignedNote note) {
        assertInstanceOf(Policy.Outcome.NotMet.class, policy.evaluate(note, ED25519));
    }

    private static SignedNote cosigned(String witnesses) {
        List<NoteSignature> lines = new ArrayList<>(List.of(LOG.signText(BODY)));
        witnesses.chars().forEach(c -> lines.add(W.get(c - '0').cosign(1_700_000_000, BODY)));
        return new SignedNote(BODY, lines);
    }

    private static Policy parse(String file) throws MalformedException {
        return Policy.parse(fill(file).getBytes(StandardCharsets.UTF_8));
    }

    private static String fill(String file) {
        String filled = file.replace("$L", LOG.key().encode());
        for (int i = 0; i < W.size(); i++) {
            filled = filled.replace("$" + i, W.get(i).key().encode());
        }
        return filled;
    }
}

package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// spec/log.md, L14 to L20.
class SignedNoteTest {
    private static final Ed25519 ED25519 = new JdkEd25519();
    private static final String LINE = "\u2014 example.com/foo "
            + "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ON"
            + "ncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    private static final String EXAMPLE = "This is an example message.\n\n" + LINE;
    private static final String KEY =
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    private final InsecureTestKeys.Signer signer = InsecureTestKeys.log("example.com/signer");
    private final InsecureTestKeys.Signer other = InsecureTestKeys.log("example.com/other");

    @Test
    void verifiesTheExampleOfC2sp() throws MalformedException {
        SignedNote note = parse(EXAMPLE);
        assertEquals("This is an example message.\n", note.text());
        assertEquals(1, note.signatures().size());
        assertTrue(note.isSignedBy(VerifierKey.parse(KEY), ED25519));
        assertArrayEquals(bytes(EXAMPLE), note.encode());
    }

    /// The note with which C2SP signed-note opens: empty lines and other languages in the text.
    @Test
    void splitsAtTheLastEmptyLine() throws MalformedException {
        String quasimodo = "Ognuno sta solo sul cuor della terra\n"
                + "trafitto da un raggio di sole:\n\ned \u00e8 subito sera.\n\n"
                + "\u2014 quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/"
                + "5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
        SignedNote note = parse(quasimodo);
        assertTrue(note.text().endsWith("sole:\n\ned \u00e8 subito sera.\n"));
        assertArrayEquals(bytes(quasimodo), note.encode());
    }

    @Test
    void readsNotesWithSixteenAndMoreSignatures() throws MalformedException {
        SignedNote note = parse("text\n\n" + LINE.repeat(SignedNote.SIGNATURES_MAX));
        assertEquals(64, note.signatures().size());
        assertThrows(MalformedException.class,
                () -> parse("text\n\n" + LINE.repeat(SignedNote.SIGNATURES_MAX + 1)));
    }

    @Test
    void readsSignaturesAsLongAsPostQuantumOnes() throws MalformedException {
        NoteSignature longest = new NoteSignature("a", 1, new byte[8188]);
        SignedNote note = new SignedNote("text\n", List.of(longest));
        assertEquals(note, parse(new String(note.encode(), StandardCharsets.UTF_8)));
        String line = "\u2014 a " + Base64.encode(new byte[8193]) + "\n";
        assertThrows(MalformedException.class, () -> parse("text\n\n" + line));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "",
        "\n",
        "\n\n",
        "text",
        "text\n",
        "text\n\n",
        "text\n\n\n",
        "text\n" + LINE,
        "\n" + LINE,
        LINE,
        "text\n\n" + LINE + "\n",
        "text\n\n" + LINE + " ",
        "text\n\n " + LINE,
        "text\n\n" + LINE + "text\n",
        "text\r\n\r\n" + LINE,
        "te\u0000xt\n\n" + LINE,
        "te\txt\n\n" + LINE,
        "te\u001bxt\n\n" + LINE,
        "text\n\n\u2014 example.com/foo\n",
        "text\n\n\u2014 example.com/foo \n",
        "text\n\n\u2014  Uw2QOkn8srU=\n",
        "text\n\n\u2014 example.com/foo  Uw2QOkn8srU=\n",
        "text\n\n\u2014 example.com/foo Uw2QOkn8srU= \n",
        "text\n\n\u2014 example.com/foo Uw2QOkn8srU\n",
        "text\n\n\u2014 example.com/foo Uw2QOkn8srV=\n",
        "text\n\n\u2014 example.com/foo Uw2QOg==\n",
        "text\n\n\u2014 example.com/foo Uw2Q\n",
        "text\n\n\u2014 example+foo Uw2QOkn8srU=\n",
        "text\n\n\u2014 example\u00a0foo Uw2QOkn8srU=\n",
        "text\n\n\u2014 example\tfoo Uw2QOkn8srU=\n",
        "text\n\n\u2014example.com/foo Uw2QOkn8srU=\n",
        "text\n\n- example.com/foo Uw2QOkn8srU=\n",
        "text\n\n\u2013 example.com/foo Uw2QOkn8srU=\n",
        "text\n\n\u2014\u00a0example.com/foo Uw2QOkn8srU=\n",
        "\ufefftext\n\n" + LINE + "\ufeff",
    })
    void rejectsWhatIsNotANote(String note) {
        assertThrows(MalformedException.class, () -> parse(note));
    }

    @Test
    void rejectsBytesThatAreNotUtf8AndNotesBeyondTheirBound() {
        byte[] latin1 = "caf\u00e9\n\n".concat("x").getBytes(StandardCharsets.ISO_8859_1);
        assertThrows(MalformedException.class, () -> SignedNote.parse(latin1));
        byte[] tooLong = bytes("x".repeat(SignedNote.BYTES_MAX) + "\n\n" + LINE);
        assertThrows(MalformedException.class, () -> SignedNote.parse(tooLong));
    }

    @Test
    void verifiesOnlyLinesOfTheKeyThatIsAskedFor() throws MalformedException {
        SignedNote note = signer.note("text\n");
        assertTrue(note.isSignedBy(signer.key(), ED25519));
        assertFalse(note.isSignedBy(other.key(), ED25519));
        assertTrue(note.with(other.sign(note)).isSignedBy(other.key(), ED25519));
        assertTrue(parse(EXAMPLE).with(signer.signText("This is an example message.\n"))
                .isSignedBy(signer.key(), ED25519));
    }

    @Test
    void rejectsSignaturesOfOtherTexts() {
        SignedNote moved = new SignedNote("text!\n", signer.note("text\n").signatures());
        assertFalse(moved.isSignedBy(signer.key(), ED25519));
    }

    /// L19: one line that verifies does not excuse another that does not.
    @Test
    void rejectsNotesWithOneWrongSignatureOfTheKey() {
        SignedNote note = signer.note("text\n");
        SignedNote spoilt = note.with(signer.signText("other\n"));
        assertFalse(spoilt.isSignedBy(signer.key(), ED25519));
        SignedNote twice = note.with(signer.sign(note));
        assertTrue(twice.isSignedBy(signer.key(), ED25519));
    }

    /// L18: a line under another name or with another id is of another key.
    @Test
    void ignoresLinesThatShareOnlyNameOrId() {
        SignedNote note = signer.note("text\n");
        byte[] wrong = new byte[64];
        NoteSignature sameName = new NoteSignature(signer.key().name(), 12345, wrong);
        NoteSignature sameId = new NoteSignature("example.com/x", signer.key().keyId(), wrong);
        assertTrue(note.with(sameName).with(sameId).isSignedBy(signer.key(), ED25519));
        SignedNote borrowed = new SignedNote("text\n", List.of(new NoteSignature(
                "example.com/x", signer.key().keyId(), note.signatures().getFirst().signature())));
        assertFalse(borrowed.isSignedBy(signer.key(), ED25519));
    }

    @Test
    void rejectsSignaturesOfAWitnessKeyOverThePlainText() {
        InsecureTestKeys.Signer witness = InsecureTestKeys.witness("example.com/witness");
        assertFalse(witness.note("text\n").isSignedBy(witness.key(), ED25519));
    }

    @Test
    void rejectsSignaturesOfOtherLengths() {
        byte[] signature = signer.note("text\n").signatures().getFirst().signature();
        for (int length : new int[] {1, 63, 65}) {
            SignedNote cut = new SignedNote("text\n", List.of(NoteSignature.of(
                    signer.key(), java.util.Arrays.copyOf(signature, length))));
            assertFalse(cut.isSignedBy(signer.key(), ED25519));
        }
    }

    @Test
    void refusesToMakeNotesThatCannotBeWritten() {
        List<NoteSignature> signatures = signer.note("text\n").signatures();
        assertThrows(IllegalArgumentException.class, () -> new SignedNote("text", signatures));
        assertThrows(IllegalArgumentException.class, () -> new SignedNote("te\0xt\n", signatures));
        assertThrows(IllegalArgumentException.class, () -> new SignedNote("\ud83d\n", signatures));
        assertThrows(IllegalArgumentException.class, () -> new SignedNote("text\n", List.of()));
        assertThrows(IllegalArgumentException.class,
                () -> new NoteSignature("a b", 1, new byte[64]));
        assertThrows(IllegalArgumentException.class, () -> new NoteSignature("a", 1, new byte[0]));
        assertThrows(IllegalArgumentException.class,
                () -> new NoteSignature("a", 1, new byte[8189]));
    }

    @Test
    void signaturesAreValues() {
        NoteSignature one = signer.signText("text\n");
        NoteSignature two = signer.signText("text\n");
        one.signature()[0] ^= 1;
        assertEquals(one, two);
        assertEquals(one.hashCode(), two.hashCode());
        assertEquals(one.line(), two.toString());
    }

    private static SignedNote parse(String note) throws MalformedException {
        return SignedNote.parse(bytes(note));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

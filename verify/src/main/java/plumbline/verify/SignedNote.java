package plumbline.verify;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A text with signature lines, as C2SP signed-note writes it (spec/log.md, L14 to L20):
///
/// ```
/// This is an example message.
///
/// — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXm...
/// ```
///
/// `text` ends with a newline; the empty line behind it is not part of it. Parsing verifies no
/// signature: until [#isSignedBy] says so, the text is anybody's.
public record SignedNote(String text, List<NoteSignature> signatures) {
    /// The longest note in bytes.
    public static final int BYTES_MAX = 256 * 1024;
    /// The most signature lines of a note.
    public static final int SIGNATURES_MAX = 64;

    private static final String FORMAT = "signed note";

    /// Rejects what cannot be written as a note.
    public SignedNote {
        signatures = List.copyOf(signatures);
        String problem = problemIn(text);
        if (problem != null) {
            throw new IllegalArgumentException(problem);
        }
        if (signatures.isEmpty() || signatures.size() > SIGNATURES_MAX) {
            throw new IllegalArgumentException("a note with " + signatures.size() + " signatures");
        }
    }

    /// Reads a note. No signature is verified.
    public static SignedNote parse(byte[] note) throws MalformedException {
        if (note.length > BYTES_MAX) {
            throw new MalformedException(FORMAT, "the note has " + note.length
                    + " bytes, at most " + BYTES_MAX + " are allowed");
        }
        String all = Texts.utf8(FORMAT, note);
        // The last empty line ends the text, which may hold others.
        int split = all.lastIndexOf("\n\n");
        if (split < 0) {
            throw new MalformedException(FORMAT, "no empty line between text and signatures");
        }
        String text = all.substring(0, split + 1);
        String problem = problemIn(text);
        if (problem != null) {
            throw new MalformedException(FORMAT, problem);
        }
        return new SignedNote(text, signatures(all.substring(split + 2)));
    }

    private static List<NoteSignature> signatures(String lines) throws MalformedException {
        if (!lines.endsWith("\n")) {
            throw new MalformedException(FORMAT, lines.isEmpty()
                    ? "no signature behind the text"
                    : "the last signature line does not end with a newline");
        }
        List<NoteSignature> signatures = new ArrayList<>();
        for (int at = 0; at < lines.length();) {
            int end = lines.indexOf('\n', at);
            if (signatures.size() == SIGNATURES_MAX) {
                throw new MalformedException(FORMAT,
                        "more than " + SIGNATURES_MAX + " signature lines");
            }
            signatures.add(NoteSignature.parse(lines.substring(at, end)));
            at = end + 1;
        }
        return signatures;
    }

    /// What keeps a string from being the text of a note, or null.
    private static String problemIn(String text) {
        if (!text.endsWith("\n")) {
            return "the text does not end with a newline";
        }
        if (!Texts.isEncodable(text)) {
            return "the text is not valid Unicode";
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < 0x20 && text.charAt(i) != '\n') {
                return "the text holds the control character " + Texts.show(text.charAt(i));
            }
        }
        return null;
    }

    /// The one encoding of this note.
    public byte[] encode() {
        StringBuilder note = new StringBuilder(text).append('\n');
        signatures.forEach(signature -> note.append(signature.line()).append('\n'));
        return note.toString().getBytes(StandardCharsets.UTF_8);
    }

    /// The bytes that keys of type Ed25519 sign.
    public byte[] textBytes() {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /// This note with one more signature line at its end.
    public SignedNote with(NoteSignature signature) {
        List<NoteSignature> more = new ArrayList<>(signatures);
        more.add(signature);
        return new SignedNote(text, more);
    }

    /// Whether at least one line claims to be of this key, of type Ed25519, and every line that
    /// does verifies. Lines of other keys are not looked at.
    public boolean isSignedBy(VerifierKey key, Ed25519 ed25519) {
        List<NoteSignature> claims = signatures.stream().filter(key::isClaimedBy).toList();
        return key.type() == VerifierKey.Type.ED25519 && !claims.isEmpty()
                && claims.stream().allMatch(claim ->
                        ed25519.verify(key.publicKey(), textBytes(), claim.signature()));
    }
}

package plumbline.verify;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/// A key's word that another takes its place, signed by both, with the last state of the old key's log.
///
/// Only made by checking both signatures. Source: spec/key.md.
public final class HandOver {

    /// The most hand-overs that a chain may have.
    public static final int CHAIN_MAX = 16;

    private static final String TITLE = "plumbline hand-over v1";
    private static final int LINES = 8;

    private final VerifierKey from;
    private final VerifierKey to;
    private final Checkpoint last;
    private final SignedNote note;

    private HandOver(VerifierKey from, VerifierKey to, Checkpoint last, SignedNote note) {
        this.from = from;
        this.to = to;
        this.last = last;
        this.note = note;
    }

    /// What both keys sign.
    ///
    /// @param last the last checkpoint of the log of `from`
    public static String text(VerifierKey from, VerifierKey to, Checkpoint last) {
        return TITLE + "\nfrom " + from.encode() + "\nto " + to.encode() + "\nsize " + last.size() + "\nroot "
                + Base64.getEncoder().encodeToString(last.root().bytes()) + "\n";
    }

    /// Reads one and checks both signatures.
    public static HandOver parse(byte[] bytes, Ed25519 ed25519) throws MalformedException {
        SignedNote note = SignedNote.parse(bytes);
        String[] lines = note.text().split("\n", -1);
        if (lines.length != 6 || !lines[0].equals(TITLE) || !lines[5].isEmpty()) {
            throw new MalformedException("hand-over", "it isn't the five lines of a " + TITLE);
        }
        VerifierKey from = VerifierKey.parse(value(lines[1], "from "));
        VerifierKey to = VerifierKey.parse(value(lines[2], "to "));
        Checkpoint last = Checkpoint.parse(from.name() + "\n" + value(lines[3], "size ") + "\n"
                + value(lines[4], "root ") + "\n");
        if (!text(from, to, last).equals(note.text())) {
            throw new MalformedException("hand-over", "it isn't in its one encoding");
        }
        if (from.hasSamePublicKey(to) || from.name().equals(to.name())
                || from.type() != VerifierKey.Type.ED25519 || to.type() != VerifierKey.Type.ED25519) {
            throw new MalformedException("hand-over", "it needs two logs' keys of two names");
        }
        List<NoteSignature> signatures = note.signatures();
        if (signatures.size() != 2 || !from.isClaimedBy(signatures.getFirst())
                || !to.isClaimedBy(signatures.getLast())) {
            throw new MalformedException("hand-over", "it needs the signatures of both keys, the old one first");
        }
        if (!note.isSignedBy(from, ed25519) || !note.isSignedBy(to, ed25519)) {
            throw new MalformedException("hand-over", "a signature isn't valid: it was changed or forged");
        }
        return new HandOver(from, to, last, note);
    }

    /// Reads hand-overs that follow each other, one after the other: a node's keys from the first to the
    /// last.
    public static List<HandOver> parseChain(byte[] bytes, Ed25519 ed25519) throws MalformedException {
        List<HandOver> chain = new ArrayList<>();
        int start = 0;
        int newlines = 0;
        for (int i = 0; i < bytes.length; i++) {
            newlines += bytes[i] == '\n' ? 1 : 0;
            if (newlines == LINES) {
                HandOver next = parse(Arrays.copyOfRange(bytes, start, i + 1), ed25519);
                if (chain.size() == CHAIN_MAX || !chain.isEmpty() && !chain.getLast().to().equals(next.from())) {
                    throw new MalformedException("hand-over", "hand-over " + chain.size()
                            + " doesn't follow from the one before, or there are more than " + CHAIN_MAX);
                }
                chain.add(next);
                start = i + 1;
                newlines = 0;
            }
        }
        if (start != bytes.length) {
            throw new MalformedException("hand-over", "the last one isn't whole");
        }
        return List.copyOf(chain);
    }

    private static String value(String line, String label) throws MalformedException {
        if (!line.startsWith(label)) {
            throw new MalformedException("hand-over", "expected `" + label + "`");
        }
        return line.substring(label.length());
    }

    /// Whether a chain leads from one key to the other, in either direction.
    static boolean leads(List<HandOver> chain, VerifierKey one, VerifierKey other) {
        return leadsOn(chain, one, other) || leadsOn(chain, other, one);
    }

    private static boolean leadsOn(List<HandOver> chain, VerifierKey first, VerifierKey last) {
        VerifierKey at = first;
        for (HandOver each : chain) {
            if (each.from.equals(at)) {
                at = each.to;
            }
            if (at.equals(last)) {
                return true;
            }
        }
        return false;
    }

    /// The hand-over by which a key gave up signing, if it did.
    static Optional<HandOver> retiring(List<HandOver> chain, VerifierKey key) {
        return chain.stream().filter(each -> each.from.equals(key)).findFirst();
    }

    /// The key that signs no more.
    public VerifierKey from() {
        return from;
    }

    /// The key in its place.
    public VerifierKey to() {
        return to;
    }

    /// The last checkpoint of the old key's log.
    public Checkpoint last() {
        return last;
    }

    /// Its one encoding.
    public byte[] encode() {
        return note.encode();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HandOver that && note.equals(that.note);
    }

    @Override
    public int hashCode() {
        return note.hashCode();
    }

    @Override
    public String toString() {
        return new String(encode(), StandardCharsets.UTF_8);
    }
}

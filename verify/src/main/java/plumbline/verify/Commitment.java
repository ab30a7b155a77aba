package plumbline.verify;

/// A salted commitment to one private part, and how much it holds, as a receipt states both.
///
/// Source: spec/receipt.md (C1, C3).
///
/// @param digest the commitment
/// @param count token ids, or bytes for the text; not negative
public record Commitment(Digest digest, int count) {

    /// Refuses a negative count.
    public Commitment {
        if (count < 0) {
            throw new IllegalArgumentException("count " + count);
        }
    }

    /// SHA-256("plumbline commitment v1\n" || label || "\n" || salt || content).
    public static Digest digest(Part part, Digest salt, byte[] content) {
        return Digest.sha256(Ascii.bytes("plumbline commitment v1\n" + part.label() + "\n"),
                salt.bytes(), content);
    }

    static Commitment parse(String what, String text, int countMin) throws MalformedException {
        int space = text.indexOf(' ');
        if (space < 0) {
            throw Malformed.value(what, text, "must be 64 hex digits, a space and a count");
        }
        Digest digest = Malformed.digest(what, text.substring(0, space));
        return new Commitment(digest, Decimal.parseInt(what + " count",
                text.substring(space + 1), countMin, Receipt.COUNT_MAX));
    }

    @Override
    public String toString() {
        return digest.hex() + " " + count;
    }
}

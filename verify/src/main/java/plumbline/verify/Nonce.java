package plumbline.verify;

/// The 32 bytes that make one request unlike any other, and who chose them.
///
/// A node answers a nonce once: two different receipts of one node under one nonce and choice are evidence
/// against it. A nonce chosen by the node says nothing about freshness and, where the seed comes
/// from it, lets the node try several answers. Source: spec/receipt.md (R10).
///
/// @param value the 32 bytes
/// @param chosenBy who chose them, as the node states it
public record Nonce(Digest value, ChosenBy chosenBy) {

    /// Who chose a nonce.
    public enum ChosenBy {
        /// The requester sent it.
        CLIENT("client"),
        /// The request had none, so the node drew one.
        NODE("node");

        private final String word;

        ChosenBy(String word) {
            this.word = word;
        }

        /// The word in the receipt.
        public String word() {
            return word;
        }
    }

    static Nonce parse(String text) throws MalformedException {
        for (ChosenBy who : ChosenBy.values()) {
            String suffix = " " + who.word;
            if (text.endsWith(suffix)) {
                String hex = text.substring(0, text.length() - suffix.length());
                return new Nonce(Malformed.digest("nonce", hex), who);
            }
        }
        throw Malformed.value("nonce", text, "must be 64 hex digits, then client or node");
    }

    @Override
    public String toString() {
        return value.hex() + " " + chosenBy.word;
    }
}

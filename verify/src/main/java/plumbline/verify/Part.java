package plumbline.verify;

/// The private parts of an exchange, each of which a receipt states as a salted commitment only.
///
/// Source: spec/receipt.md (C1).
public enum Part {
    /// The bytes of the request's body.
    REQUEST("request"),
    /// The rendered prompt's token ids.
    PROMPT("prompt"),
    /// The answer's token ids, the end token included.
    OUTPUT("output"),
    /// The answer's text in UTF-8.
    TEXT("text"),
    /// The token ids that a continued answer was handed.
    PREFIX("prefix");

    private final String label;

    Part(String label) {
        this.label = label;
    }

    /// The label that goes into salt and commitment, and begins the part's line in a bundle.
    public String label() {
        return label;
    }
}

package plumbline.engine.constraint;

/// A schema that can't be honoured: it has a keyword that isn't supported, or says what nothing can fulfil.
public final class ConstraintException extends Exception {

    private final String keyword;

    ConstraintException(String keyword, String message) {
        super(message);
        this.keyword = keyword;
    }

    /// The keyword at fault.
    public String keyword() {
        return keyword;
    }
}

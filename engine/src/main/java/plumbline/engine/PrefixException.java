package plumbline.engine;

/// The output that was handed over isn't the one that this model draws.
public final class PrefixException extends PromptException {

    private static final long serialVersionUID = 1L;

    private final int index;

    PrefixException(int index, String message) {
        super(message);
        this.index = index;
    }

    /// Index in the output of the first token that differs.
    public int index() {
        return index;
    }
}

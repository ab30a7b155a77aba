package plumbline.engine;

/// A request that this model can't be asked: no template, messages that the template refuses, a prompt that is
/// empty or too long. The message is a sentence for the caller.
public sealed class PromptException extends Exception permits PrefixException {

    private static final long serialVersionUID = 1L;

    private final String field;

    public PromptException(String message) {
        this("", message);
    }

    PromptException(String field, String message) {
        super(message);
        this.field = field;
    }

    /// The field of the request that is at fault.
    ///
    /// @param prompt the field that the prompt came from, for all that is said of it
    public String fieldOr(String prompt) {
        return field.isEmpty() ? prompt : field;
    }
}

package plumbline.engine;

/// A request that this model can't be asked: no template, messages that the template refuses, a prompt that is
/// empty or too long. The message is a sentence for the caller.
public final class PromptException extends Exception {

    public PromptException(String message) {
        super(message);
    }
}

package plumbline.engine;

/// A request that this model can't be asked: no template, messages that the template refuses, a prompt that is
/// empty or too long. The message is a sentence for the caller.
public sealed class PromptException extends Exception permits PrefixException {

    public PromptException(String message) {
        super(message);
    }
}

package plumbline.engine.tokenizer;

/// A well-formed model file asks for a tokenizer that this program does not have.
///
/// The message names what the file asks for and what is supported.
public final class UnsupportedModelException extends Exception {
    public UnsupportedModelException(String message) {
        super(message);
    }
}

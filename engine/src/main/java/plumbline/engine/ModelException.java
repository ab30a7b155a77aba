package plumbline.engine;

/// A model file that can't be run: what is wrong with it, and what would do.
public final class ModelException extends Exception {

    public ModelException(String message) {
        super(message);
    }

    public ModelException(String message, Throwable cause) {
        super(message, cause);
    }
}

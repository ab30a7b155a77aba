package plumbline.node;

/// Something outside the program keeps the node from working: a disk, a file, a key, another process.
/// The message says what happened, why, and what to do.
public final class NodeException extends Exception {

    public NodeException(String message) {
        super(message);
    }

    public NodeException(String message, Throwable cause) {
        super(message, cause);
    }
}

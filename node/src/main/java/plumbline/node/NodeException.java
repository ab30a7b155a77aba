package plumbline.node;

/// Something outside the program keeps the node from working: a disk, a file, a key, another process.
/// The message says what happened, why, and what to do.
public sealed class NodeException extends Exception permits LogStoppedException {

    public NodeException(String message) {
        super(message);
    }

    public NodeException(String message, Throwable cause) {
        super(message, cause);
    }
}

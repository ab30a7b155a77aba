package plumbline.node;

/// Nothing can be put into the log now, so nothing is answered. The message says why, and whether that
/// ends by itself.
public final class LogStoppedException extends NodeException {

    LogStoppedException(NodeException why) {
        super(why.getMessage(), why);
    }

    LogStoppedException(String message) {
        super(message);
    }
}

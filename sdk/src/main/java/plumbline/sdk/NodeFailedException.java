package plumbline.sdk;

/// A node that gave no answer, or one that doesn't hold.
public final class NodeFailedException extends PlumblineException {

    private static final long serialVersionUID = 1L;

    /// In which way.
    public enum Kind {
        /// No connection, or it broke.
        UNREACHABLE,
        /// The connection stands and nothing comes.
        SILENT,
        /// It has no room now, or is being stopped.
        BUSY,
        /// It lets nobody in without an API key, or not with the one that it was shown.
        CLOSED,
        /// It doesn't have what was asked for.
        LACKING,
        /// It says that it failed, or what it sent can't be understood.
        FAILED,
        /// It says that the tokens it was handed aren't the model's.
        DISPUTES,
        /// What it sent was checked, and is wrong.
        LIED
    }

    private final Kind kind;

    NodeFailedException(Kind kind, String message, String cure) {
        super(message, cure);
        this.kind = kind;
    }

    /// In which way it failed.
    public Kind kind() {
        return kind;
    }
}

package plumbline.cli;

/// The command can't be done in the world as it is (missing file, no node): exit code 1. Says what
/// happened and why, and what to do about it.
final class Failure extends Exception {
    private static final long serialVersionUID = 1L;

    private final String cure;

    /// @param message what happened and why, with the values
    /// @param cure    what the person can do, or empty
    Failure(String message, String cure) {
        super(message);
        this.cure = cure;
    }

    String cure() {
        return cure;
    }
}

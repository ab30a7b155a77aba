package plumbline.cli;

/// Exit codes, on which other programs build.
final class Exit {
    /// Done, or accepted.
    static final int DONE = 0;

    /// Could not be done: a missing file, a missing model, no node.
    static final int FAILED = 1;

    /// The command line is wrong.
    static final int USAGE = 2;

    /// Looked at and rejected; nothing else ends with this code.
    static final int REJECTED = 3;

    private Exit() {}
}

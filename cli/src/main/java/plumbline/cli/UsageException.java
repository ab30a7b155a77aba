package plumbline.cli;

/// The command line itself is wrong: exit code 2. The message says what was expected.
final class UsageException extends Exception {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}

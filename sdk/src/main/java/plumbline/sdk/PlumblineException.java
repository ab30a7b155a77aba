package plumbline.sdk;

/// What a caller of this module has to deal with: no answer, or nothing that may be called one.
public sealed class PlumblineException extends Exception permits NodeFailedException, RefusedException {

    private static final long serialVersionUID = 1L;

    private final String cure;

    /// @param message what went wrong and why
    /// @param cure    what to do about it; may be empty
    public PlumblineException(String message, String cure) {
        super(message);
        this.cure = cure;
    }

    /// What to do about it; empty where nothing can be said.
    public String cure() {
        return cure;
    }
}

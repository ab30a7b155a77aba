package plumbline.sdk;

/// A request that no node will answer, because of what it asks.
public final class RefusedException extends PlumblineException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final String param;
    private final String code;

    RefusedException(int status, String param, String code, String message) {
        super(message, "");
        this.status = status;
        this.param = param;
        this.code = code;
    }

    /// HTTP status, 4xx.
    public int status() {
        return status;
    }

    /// The field at fault, or empty.
    public String param() {
        return param;
    }

    /// Machine-readable name, or empty.
    public String code() {
        return code;
    }
}

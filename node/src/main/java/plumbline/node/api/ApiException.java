package plumbline.node.api;

/// A request that gets no answer.
public final class ApiException extends Exception {

    private final transient ApiError error;

    ApiException(ApiError error) {
        super(error.message());
        this.error = error;
    }

    /// What the caller is told.
    public ApiError error() {
        return error;
    }
}

package plumbline.node.api;

import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;

/// A request as receipts commit to it: the bytes of an OpenAI body and what they say. Requests of other
/// dialects are translated into one of these. Source: spec/api.md A4, A70.
public final class CanonicalRequest {

    private final InferenceRequest request;
    private final byte[] body;

    private CanonicalRequest(InferenceRequest request, byte[] body) {
        this.request = request;
        this.body = body;
    }

    /// Reads a body; its bytes are kept, not copied.
    ///
    /// @param endpoint [InferenceRequest#CHAT] or [InferenceRequest#COMPLETION]
    public static CanonicalRequest read(String endpoint, byte[] body, RequestDefaults defaults)
            throws RequestException {
        return new CanonicalRequest(InferenceRequest.parse(endpoint, body, defaults), body);
    }

    /// What the bytes say.
    public InferenceRequest request() {
        return request;
    }

    /// A copy of the bytes that a receipt commits to.
    public byte[] body() {
        return body.clone();
    }
}

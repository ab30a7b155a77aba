package plumbline.node;

import java.util.Optional;
import java.util.OptionalInt;
import plumbline.node.api.ApiError;
import plumbline.verify.Digest;

/// A nonce that this node has used for another request. A node answers a nonce once:
/// two different receipts under one nonce would be evidence against it. Source: spec/api.md A30-A32.
public final class NonceReusedException extends Exception {

    private NonceReusedException(String message) {
        super(message);
    }

    static NonceReusedException used(Digest nonce) {
        return new NonceReusedException("the nonce " + nonce.hex()
                + " has answered another request: draw 32 new random bytes for each request");
    }

    static NonceReusedException cutShort(Digest nonce) {
        return new NonceReusedException("the request with the nonce " + nonce.hex()
                + " was ended by its caller before all its answers had begun: draw 32 new random bytes to ask anew");
    }

    /// Asking again with a used nonce never helps.
    ApiError error() {
        return new ApiError(409, Optional.of("nonce"), Optional.of("nonce_reused"), getMessage(),
                OptionalInt.empty());
    }
}

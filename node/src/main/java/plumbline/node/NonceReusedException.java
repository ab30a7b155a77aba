package plumbline.node;

import java.util.Optional;
import java.util.OptionalInt;
import plumbline.node.api.ApiError;
import plumbline.verify.Digest;

/// A nonce that this node has used for another request, or is using now. A node answers a nonce once:
/// two different receipts under one nonce would be evidence against it. Source: spec/api.md A30-A33.
public final class NonceReusedException extends Exception {

    private final boolean inUse;

    private NonceReusedException(String message, boolean inUse) {
        super(message);
        this.inUse = inUse;
    }

    static NonceReusedException used(Digest nonce) {
        return new NonceReusedException("the nonce " + nonce.hex()
                + " has answered another request: draw 32 new random bytes for each request", false);
    }

    static NonceReusedException inUse(Digest nonce) {
        return new NonceReusedException("a request with the nonce " + nonce.hex()
                + " is being answered: ask again when it's done", true);
    }

    /// Asking again with a used nonce never helps; with one that is being answered it does.
    ApiError error() {
        return new ApiError(409, Optional.of("nonce"), Optional.of("nonce_reused"), getMessage(),
                inUse ? OptionalInt.of(1) : OptionalInt.empty());
    }

    /// Whether the nonce is being answered right now, so that asking again later makes sense.
    public boolean inUse() {
        return inUse;
    }
}

package plumbline.node;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import plumbline.verify.Digest;

/// The nonces that are being answered now. A claim is given back only after the receipt is durable or
/// nothing was answered, so claim and database together never let a nonce through twice.
final class NonceClaims {

    private final Set<Digest> claimed = ConcurrentHashMap.newKeySet();

    /// A nonce that nobody else can use meanwhile.
    final class Claim implements AutoCloseable {
        private final Digest nonce;
        private Runnable after = () -> {};

        private Claim(Digest nonce) {
            this.nonce = nonce;
        }

        /// What is done when the claim is given back.
        void afterwards(Runnable action) {
            after = action;
        }

        @Override
        public void close() {
            claimed.remove(nonce);
            after.run();
        }
    }

    Claim claim(Digest nonce) throws NonceReusedException {
        if (!claimed.add(nonce)) {
            throw NonceReusedException.inUse(nonce);
        }
        return new Claim(nonce);
    }
}

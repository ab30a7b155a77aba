package plumbline.node;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import plumbline.verify.Digest;

/// The nonces that are being answered now. A claim is given back only after the receipt is durable or
/// nothing was answered, so claim and database together never let a nonce through twice.
final class NonceClaims {

    private final ConcurrentMap<Digest, CompletableFuture<Void>> claimed = new ConcurrentHashMap<>();

    /// A nonce that nobody else can use meanwhile.
    final class Claim implements AutoCloseable {
        private final Digest nonce;
        private final CompletableFuture<Void> over;
        private Runnable after = () -> {};

        private Claim(Digest nonce, CompletableFuture<Void> over) {
            this.nonce = nonce;
            this.over = over;
        }

        /// What is done when the claim is given back.
        void afterwards(Runnable action) {
            after = action;
        }

        @Override
        public void close() {
            claimed.remove(nonce, over);
            after.run();
            over.complete(null);
        }
    }

    /// Waits until nobody else has the nonce (A33).
    ///
    /// @throws CancellationException if the thread was interrupted
    Claim claim(Digest nonce) {
        CompletableFuture<Void> own = new CompletableFuture<>();
        while (true) {
            CompletableFuture<Void> other = claimed.putIfAbsent(nonce, own);
            if (other == null) {
                return new Claim(nonce, own);
            }
            try {
                other.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancellationException("interrupted while the nonce was being answered");
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}

package plumbline.node.api;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/// What comes in on a connection, read ahead where somebody wants to know whether it has ended: the next bytes are
/// waited for by another thread meanwhile, and kept for who reads next. At most one read is under way.
final class ReadAhead {

    private final Supplier<byte[]> source;
    private volatile CompletableFuture<byte[]> ahead; // null where nothing is read ahead
    private volatile Runnable atEnd = () -> { };

    /// @param source waits for the next bytes; null at the end
    ReadAhead(Supplier<byte[]> source) {
        this.source = source;
    }

    /// Waits for the next bytes on a thread of its own, unless that is done already. For the reader's thread.
    ///
    /// @param whenEnded called once or twice, by any thread, where nothing comes any more; takes the place of an
    ///                  earlier one
    void start(Runnable whenEnded) {
        atEnd = whenEnded;
        if (ahead != null) {
            if (hasEnded()) {
                whenEnded.run();
            }
            return;
        }
        CompletableFuture<byte[]> bytes = new CompletableFuture<>();
        ahead = bytes;
        Thread.ofVirtual().name("reads ahead").start(() -> {
            try {
                bytes.complete(source.get());
            } catch (Throwable e) { // for who reads next
                bytes.completeExceptionally(e);
            }
            if (isEnd(bytes)) {
                atEnd.run();
            }
        });
    }

    /// Whether what was read ahead is the end.
    boolean hasEnded() {
        CompletableFuture<byte[]> bytes = ahead;
        return bytes != null && bytes.isDone() && isEnd(bytes);
    }

    private static boolean isEnd(CompletableFuture<byte[]> bytes) {
        return bytes.isCompletedExceptionally() || bytes.join() == null;
    }

    /// The next bytes; null at the end.
    byte[] next() {
        CompletableFuture<byte[]> bytes = ahead;
        if (bytes == null) {
            return source.get();
        }
        try {
            byte[] read = bytes.get();
            ahead = null;
            return read;
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                default -> throw new IllegalStateException(e.getCause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null; // the server stops, as far as this connection goes
        }
    }
}

package plumbline.node;

import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import plumbline.engine.Answer;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestException;
import plumbline.verify.ModelId;
import plumbline.verify.Nonce;
import plumbline.verify.ReceiptId;
import plumbline.verify.Secret;

/// One request being answered on a thread of its own, so that a slow or dead reader never holds up the
/// model and the model never holds up the server's threads. What happens comes out as events.
///
/// The queue needs no bound of its own: a run makes at most one event per token.
final class Generation {

    /// What happens, in this order: Started, Piece..., Finished; or Failed instead of any of them.
    sealed interface Event {}

    /// Everything is checked and the receipt's id is known.
    record Started(ReceiptId id, Nonce nonce, Secret secret, ModelId model) implements Event {}

    /// Text that can be shown.
    record Piece(String text) implements Event {}

    /// The receipt is durable.
    record Finished(StoredReceipt stored, Optional<Timed> timed) implements Event {}

    /// It ended otherwise.
    record Failed(Exception why) implements Event {}

    /// How an answer was computed; a repeated one wasn't.
    record Timed(String kernel, Answer.Timings timings) {}

    private final Node node;
    private final InferenceRequest request;
    private final byte[] body;
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final Thread thread = Thread.ofPlatform().name("generation").daemon().unstarted(this::run);
    private volatile boolean cancelled;

    Generation(Node node, InferenceRequest request, byte[] body) {
        this.node = node;
        this.request = request;
        this.body = body;
    }

    void start() {
        thread.start();
    }

    /// Ends the answer at the next token. Its receipt is made all the same.
    void cancel() {
        cancelled = true;
    }

    /// The next event; empty if none came in time.
    Optional<Event> next(long timeoutMillis) {
        try {
            return Optional.ofNullable(events.poll(timeoutMillis, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            cancel();
            return Optional.empty();
        }
    }

    /// Waits until nothing runs any more.
    void join() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            switch (node.answers().begin(request, body, node.loadedModels()::get)) {
                case Answers.Repeated(StoredReceipt stored) -> repeat(stored);
                case PendingAnswer pending -> generate(pending);
            }
        } catch (RequestException | NonceReusedException | NodeException | RuntimeException e) {
            events.add(new Failed(e));
        } catch (StackOverflowError | OutOfMemoryError e) {
            events.add(new Failed(new NodeException("the answer needs more memory than this node has: "
                    + e + ". Ask for less, or give the JVM more", e)));
        }
    }

    private void repeat(StoredReceipt stored) {
        events.add(new Started(stored.receipt().id(), stored.receipt().nonce(), stored.secret(),
                stored.receipt().model()));
        events.add(new Piece(stored.exchange().text()));
        events.add(new Finished(stored, Optional.empty()));
    }

    private void generate(PendingAnswer pending) throws RequestException, NodeException {
        try (pending) {
            events.add(new Started(pending.receiptId(), pending.nonce(), pending.secret(),
                    pending.model().id()));
            if (cancelled) {
                return;
            }
            PendingAnswer.Finished finished = pending.run((_, text) -> {
                if (!text.isEmpty()) {
                    events.add(new Piece(text));
                }
                return !cancelled;
            });
            events.add(new Finished(finished.stored(),
                    Optional.of(new Timed(pending.model().kernel(), finished.timings()))));
        }
    }
}

package plumbline.node;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestException;
import plumbline.node.api.AnswerEvent;
import plumbline.node.api.DrawnToken;
import plumbline.verify.Receipt;
import plumbline.verify.TokenIds;

/// One request being answered on a thread of its own, so that a slow or dead reader never holds up the
/// model and the model never holds up the server's threads. What happens comes out as events.
///
/// The queue needs no bound of its own: a run makes at most one event per token.
final class Generation {

    private final Node node;
    private final InferenceRequest request;
    private final byte[] body;
    private final BlockingQueue<AnswerEvent> events = new LinkedBlockingQueue<>();
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
    Optional<AnswerEvent> next(long timeoutMillis) {
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
            events.add(new AnswerEvent.Failed(EngineAnswerer.error(e)));
        } catch (StackOverflowError | OutOfMemoryError e) {
            events.add(new AnswerEvent.Failed(EngineAnswerer.error(
                    new NodeException("the answer needs more memory than this node has: "
                            + e + ". Ask for less, or give the JVM more", e))));
        }
    }

    private void repeat(StoredReceipt stored) {
        Receipt receipt = stored.receipt();
        events.add(new AnswerEvent.Started(receipt.model(), receipt.arithmetic(), receipt.nonce(),
                receipt.prompt().count(),
                List.of(new AnswerEvent.Handle(receipt.id(), stored.secret()))));
        String text = stored.exchange().text();
        List<DrawnToken> tokens =
                Arrays.stream(stored.exchange().output().toArray()).mapToObj(DrawnToken::new).toList();
        events.add(new AnswerEvent.Piece(0, text, tokens));
        events.add(new AnswerEvent.Finished(0, receipt, text, Optional.empty(), List.of()));
    }

    private void generate(PendingAnswer pending) throws RequestException, NodeException {
        try (pending) {
            events.add(new AnswerEvent.Started(pending.model().id(), Receipt.ARITHMETIC, pending.nonce(),
                    pending.prompt().size(),
                    List.of(new AnswerEvent.Handle(pending.receiptId(), pending.secret()))));
            if (cancelled) {
                return;
            }
            int handed = request.relay().prefix().map(TokenIds::size).orElse(0);
            AtomicInteger drawn = new AtomicInteger();
            PendingAnswer.Finished finished = pending.run((id, text) -> {
                // Whoever handed tokens over has them already (A28).
                if (drawn.getAndIncrement() >= handed) {
                    events.add(new AnswerEvent.Piece(0, text, List.of(new DrawnToken(id))));
                }
                return !cancelled;
            });
            StoredReceipt stored = finished.stored();
            events.add(new AnswerEvent.Finished(0, stored.receipt(), stored.exchange().text(),
                    Optional.of(new AnswerEvent.Computed(pending.model().kernel(), finished.timings())),
                    List.of()));
        }
    }
}

package plumbline.node;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import plumbline.engine.TokenListener;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestException;
import plumbline.node.api.AnswerEvent;
import plumbline.node.api.DrawnToken;
import plumbline.node.api.RunningAnswer;
import plumbline.verify.Receipt;
import plumbline.verify.TokenIds;

/// One request being answered, on a virtual thread of its own: it waits for its turn, lets the model compute, and
/// writes the receipt, whether or not anybody reads. So a slow or dead reader never holds up the model, and the
/// model never holds up the server's threads. What happens comes out as events.
///
/// The queue needs no bound of its own: a run makes at most one event per token.
final class Generation implements RunningAnswer {

    private final Node node;
    private final InferenceRequest request;
    private final byte[] body;
    private final Turns.Turn turn;
    private final Charge charge;
    private final BlockingQueue<Optional<AnswerEvent>> events = new LinkedBlockingQueue<>();
    private final Thread thread = Thread.ofVirtual().name("generation").unstarted(this::run);
    private final Runnable ended;
    private volatile boolean cancelled;

    /// @param turn given back when the model is free again
    /// @param charge for whom it is counted
    /// @param ended called when all is over
    Generation(Node node, InferenceRequest request, byte[] body, Turns.Turn turn, Charge charge,
            Runnable ended) {
        this.node = node;
        this.request = request;
        this.body = body;
        this.turn = turn;
        this.charge = charge;
        this.ended = ended;
    }

    void start() {
        thread.start();
    }

    /// Ends the answer at the next token, or where it waits. The receipt of what there is is made all the same.
    void cancel() {
        cancelled = true;
        if (!turn.hasBegun()) {
            turn.close();
        }
    }

    @Override
    public Optional<AnswerEvent> next(long timeoutMillis) {
        try {
            Optional<AnswerEvent> event = events.poll(timeoutMillis, TimeUnit.MILLISECONDS);
            return event == null ? Optional.empty() : event;
        } catch (InterruptedException e) {
            cancel();
            return Optional.empty();
        }
    }

    private void happened(AnswerEvent event) {
        events.add(Optional.of(event));
    }

    @Override
    public void wake() {
        events.add(Optional.empty());
    }

    /// Ends what still runs, and waits for its receipt.
    @Override
    public void close() {
        cancel();
        awaitEnd();
    }

    /// Waits until nothing runs any more.
    void awaitEnd() {
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
        try (turn) {
            turn.await();
            switch (node.answers().begin(request, body, node.loadedModels()::get, charge)) {
                case Answers.Repeated repeated -> repeat(repeated);
                case PendingAnswer pending -> generate(pending);
            }
        } catch (CancellationException e) {
            happened(new AnswerEvent.Failed(EngineAnswerer.error(new RequestException(
                    503, "", "cancelled", "the answer was ended before its first token"))));
        } catch (RequestException | NonceReusedException | NodeException | RuntimeException e) {
            happened(new AnswerEvent.Failed(EngineAnswerer.error(e)));
        } catch (StackOverflowError | OutOfMemoryError e) {
            happened(new AnswerEvent.Failed(EngineAnswerer.error(
                    new NodeException("the answer needs more memory than this node has: "
                            + e + ". Ask for less, or give the JVM more", e))));
        } catch (InternalError e) {
            // What Java makes of a mapped file that was cut: the page isn't there.
            happened(new AnswerEvent.Failed(EngineAnswerer.error(
                    new NodeException("the model's file can't be read where it is mapped, was it cut? " + e, e))));
        } finally {
            ended.run();
        }
    }

    private void repeat(Answers.Repeated repeated) {
        Receipt first = repeated.stored().receipt();
        happened(new AnswerEvent.Started(first.model(), first.arithmetic(), first.nonce(), first.prompt().count(),
                repeated.choices().stream()
                        .map(stored -> new AnswerEvent.Handle(stored.receipt().id(), stored.secret())).toList()));
        for (StoredReceipt stored : repeated.choices()) {
            int choice = index(stored.receipt());
            String text = stored.exchange().text();
            List<DrawnToken> tokens =
                    Arrays.stream(stored.exchange().output().toArray()).mapToObj(DrawnToken::new).toList();
            happened(new AnswerEvent.Piece(choice, text, tokens));
            happened(new AnswerEvent.Finished(choice, stored.receipt(), text, Optional.empty(), Optional.empty()));
        }
    }

    /// Which of the answers that are given here.
    private int index(Receipt receipt) {
        return receipt.choice() - request.relay().choice();
    }

    private void generate(PendingAnswer pending) throws RequestException, NodeException {
        try (pending) {
            happened(new AnswerEvent.Started(pending.model().id(), pending.model().arithmetic(),
                    pending.nonce(),
                    pending.prompt().size(), pending.choices()));
            if (cancelled) {
                return;
            }
            int handed = request.relay().prefix().map(TokenIds::size).orElse(0);
            List<PendingAnswer.Finished> all =
                    pending.run(choice -> new Listener(pending.model(), choice, handed), turn::close);
            for (PendingAnswer.Finished finished : all) {
                StoredReceipt stored = finished.stored();
                happened(new AnswerEvent.Finished(index(stored.receipt()), stored.receipt(),
                        stored.exchange().text(),
                        Optional.of(new AnswerEvent.Computed(pending.model().kernel(), finished.timings())),
                        Optional.empty()));
            }
        }
    }

    private final class Listener implements TokenListener {
        private final ModelHandle model;
        private final int choice;
        private final int handed;
        private int drawn;
        private Optional<DrawnToken.Logprobs> scores = Optional.empty();

        /// Whoever handed over the first tokens has them already (A28).
        Listener(ModelHandle model, int choice, int handed) {
            this.model = model;
            this.choice = choice;
            this.handed = handed;
        }

        @Override
        public boolean token(int id, String text) {
            if (drawn++ >= handed) {
                happened(new AnswerEvent.Piece(choice, text, List.of(new DrawnToken(id, scores))));
            }
            return !cancelled;
        }

        @Override
        public boolean wantsLogits() {
            return request.options().topLogprobs().isPresent() && drawn >= handed;
        }

        @Override
        public void logits(int id, long[] logits) {
            scores = TokenScores.of(model, logits, id, request.options().topLogprobs().orElse(0));
        }

        @Override
        public boolean wanted() {
            return !cancelled;
        }
    }
}

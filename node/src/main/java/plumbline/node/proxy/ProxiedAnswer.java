package plumbline.node.proxy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import plumbline.engine.Answer;
import plumbline.node.api.AnswerEvent;
import plumbline.node.api.ApiError;
import plumbline.node.api.DrawnToken;
import plumbline.node.api.RunningAnswer;
import plumbline.sdk.AnswerListener;
import plumbline.sdk.Evidence;
import plumbline.sdk.LostPart;
import plumbline.sdk.NodeFailedException;
import plumbline.sdk.Plumbline;
import plumbline.sdk.PlumblineException;
import plumbline.sdk.Question;
import plumbline.sdk.RefusedException;
import plumbline.sdk.Step;
import plumbline.sdk.VerifiedAnswer;
import plumbline.verify.Digest;
import plumbline.verify.Fact;
import plumbline.verify.ModelId;
import plumbline.verify.Nonce;
import plumbline.verify.Receipt;
import plumbline.verify.ReceiptId;
import plumbline.verify.Secret;

/// An answer on its way from the nodes to a client of the proxy, on a thread of its own.
///
/// The queue needs no bound of its own: an answer makes at most one event for each token.
final class ProxiedAnswer implements RunningAnswer {

    private static final System.Logger LOG = System.getLogger(ProxiedAnswer.class.getName());

    private static final long[] LOOKED_FOR_AFTER_SECONDS = {0, 1, 4, 25, 90};

    private final Plumbline nodes;
    private final AnswerBook book;
    private final Question question;
    private final ModelId model;
    private final BlockingQueue<Optional<AnswerEvent>> events = new LinkedBlockingQueue<>();
    private final AnswerBook.Page page;
    private final Thread thread;
    private volatile boolean closed;

    private ProxiedAnswer(Plumbline nodes, AnswerBook book, Question question, ModelId model) {
        this.nodes = nodes;
        this.book = book;
        this.question = question;
        this.model = model;
        this.page = book.begin(question);
        this.thread = Thread.ofVirtual().name("proxied answer").unstarted(this::run);
    }

    static ProxiedAnswer start(Plumbline nodes, AnswerBook book, Question question, ModelId model) {
        ProxiedAnswer answer = new ProxiedAnswer(nodes, book, question, model);
        answer.thread.start();
        return answer;
    }

    @Override
    public Optional<AnswerEvent> next(long timeoutMillis) {
        try {
            Optional<AnswerEvent> event = events.poll(timeoutMillis, TimeUnit.MILLISECONDS);
            return event == null ? Optional.empty() : event;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
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

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    private void run() {
        try {
            Optional<VerifiedAnswer> answer = nodes.ask(question, new Listener());
            answer.ifPresentOrElse(this::finished, () -> book.failed(page, "ended by the client"));
        } catch (PlumblineException e) {
            fail(error(e));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "an answer failed", e);
            fail(ApiError.internal());
        }
    }

    private void fail(ApiError error) {
        book.failed(page, error.message());
        happened(new AnswerEvent.Failed(error));
    }

    private static ApiError error(PlumblineException why) {
        String message = why.getMessage() + (why.cure().isEmpty() ? "" : ". " + why.cure());
        return switch (why) {
            case RefusedException e -> ApiError.of(e.status(), e.param(), e.code(), message);
            case NodeFailedException e when e.kind() == NodeFailedException.Kind.BUSY ->
                    ApiError.of(429, "", "queue_full", message);
            case NodeFailedException _ -> ApiError.of(502, "", "node_failed", message);
            case PlumblineException _ -> ApiError.of(502, "", "not_verified", message);
        };
    }

    private void finished(VerifiedAnswer answer) {
        book.finished(page, answer);
        List<String> facts = new ArrayList<>(
                answer.facts().stream().filter(Fact::shown).map(Fact::text).toList());
        answer.steps().stream().filter(step -> step.what() == Step.What.CONTINUED)
                .map(step -> "continued by " + step.node() + " after token " + step.token() + ": " + step.detail())
                .forEach(facts::add);
        happened(new AnswerEvent.Finished(0, answer.receipt().receipt(), answer.text(),
                Optional.of(new AnswerEvent.Computed(answer.kernel(),
                        new Answer.Timings(answer.prefillNanos(), answer.decodeNanos(), 0))),
                facts));
        if (!answer.lost().isEmpty()) {
            Thread.ofVirtual().name("receipts of lost nodes").start(() -> link(answer));
        }
    }

    /// Looks for the receipts of nodes that were lost: one that only lost its connection has one soon, one that was
    /// halted when it goes on, one that was killed never.
    private void link(VerifiedAnswer answer) {
        List<LostPart> missing = new ArrayList<>(answer.lost());
        try {
            for (long seconds : LOOKED_FOR_AFTER_SECONDS) {
                Thread.sleep(Duration.ofSeconds(seconds));
                missing.removeIf(part -> isLinked(part, answer));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isLinked(LostPart part, VerifiedAnswer answer) {
        try {
            Optional<byte[]> bundle = nodes.lostReceipt(part, answer, new Listener());
            bundle.ifPresent(bytes -> book.linked(page, part, bytes));
            return bundle.isPresent();
        } catch (PlumblineException e) {
            LOG.log(System.Logger.Level.WARNING, e.getMessage());
            return true;
        }
    }

    private final class Listener implements AnswerListener {

        @Override
        public void begun(ReceiptId id, Secret secret, Digest nonce, int promptTokens) {
            happened(new AnswerEvent.Started(model, Receipt.ARITHMETIC, new Nonce(nonce, Nonce.ChosenBy.CLIENT),
                    promptTokens, List.of(new AnswerEvent.Handle(id, secret))));
        }

        @Override
        public boolean token(int id, String text) {
            page.text(text);
            happened(new AnswerEvent.Piece(0, text, List.of(new DrawnToken(id))));
            return !closed;
        }

        @Override
        public void step(Step step) {
            page.step(step);
        }

        @Override
        public void evidence(Evidence evidence) {
            book.keep(evidence);
        }
    }
}

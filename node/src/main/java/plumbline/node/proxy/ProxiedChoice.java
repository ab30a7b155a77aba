package plumbline.node.proxy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import plumbline.engine.Answer;
import plumbline.node.api.AnswerEvent;
import plumbline.node.api.ApiError;
import plumbline.node.api.DrawnToken;
import plumbline.sdk.AnswerListener;
import plumbline.sdk.Evidence;
import plumbline.sdk.LostPart;
import plumbline.sdk.NodeFailedException;
import plumbline.sdk.Plumbline;
import plumbline.sdk.PlumblineException;
import plumbline.sdk.Question;
import plumbline.sdk.RefusedException;
import plumbline.sdk.Step;
import plumbline.sdk.TokenScore;
import plumbline.sdk.VerifiedAnswer;
import plumbline.verify.Digest;
import plumbline.verify.Fact;
import plumbline.verify.ReceiptId;
import plumbline.verify.Secret;

/// One answer on its way from the nodes to a client of the proxy, on a thread of its own.
final class ProxiedChoice {

    /// A node has taken the request.
    record Begun(AnswerEvent.Handle handle, Digest nonce, int promptTokens) {}

    private static final System.Logger LOG = System.getLogger(ProxiedChoice.class.getName());

    private static final long[] LOOKED_FOR_AFTER_SECONDS = {0, 1, 4, 25, 90};

    private final Plumbline nodes;
    private final AnswerBook book;
    private final Question question;
    private final ProxiedAnswer answer;
    private final AnswerBook.Page page;
    private final Thread thread;
    private volatile boolean closed;

    ProxiedChoice(Plumbline nodes, AnswerBook book, Question question, ProxiedAnswer answer) {
        this.nodes = nodes;
        this.book = book;
        this.question = question;
        this.answer = answer;
        this.page = book.begin(question);
        this.thread = Thread.ofVirtual().name("proxied answer").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void close() {
        closed = true;
        thread.interrupt();
    }

    private int index() {
        return question.choice();
    }

    private void run() {
        try {
            Optional<VerifiedAnswer> verified = nodes.ask(question, new Listener());
            verified.ifPresentOrElse(this::finished, () -> book.failed(page, "ended by the client"));
        } catch (PlumblineException e) {
            fail(error(e));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "an answer failed", e);
            fail(ApiError.internal());
        }
    }

    private void fail(ApiError error) {
        book.failed(page, error.message());
        answer.failed(error);
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

    private void finished(VerifiedAnswer verified) {
        book.finished(page, verified);
        List<Fact> facts = verified.facts().stream().filter(Fact::shown).toList();
        List<String> continued = verified.steps().stream().filter(step -> step.what() == Step.What.CONTINUED)
                .map(step -> "continued by " + step.node() + " after token " + step.token() + ": " + step.detail())
                .toList();
        AnswerEvent.Shown shown = new AnswerEvent.Shown(
                Stream.concat(facts.stream().map(Fact::name), continued.stream().map(_ -> "continued"))
                        .distinct().toList(),
                Stream.concat(facts.stream().map(Fact::text), continued.stream()).toList(), verified.secret());
        answer.came(new AnswerEvent.Finished(index(), verified.receipt().receipt(), verified.text(),
                Optional.of(new AnswerEvent.Computed(verified.kernel(),
                        new Answer.Timings(verified.prefillNanos(), verified.decodeNanos(), 0))),
                Optional.of(shown)));
        if (!verified.lost().isEmpty()) {
            Thread.ofVirtual().name("receipts of lost nodes").start(() -> link(verified));
        }
    }

    /// Looks for the receipts of nodes that were lost: one that only lost its connection has one soon, one that was
    /// halted when it goes on, one that was killed never.
    private void link(VerifiedAnswer verified) {
        List<LostPart> missing = new ArrayList<>(verified.lost());
        try {
            for (long seconds : LOOKED_FOR_AFTER_SECONDS) {
                Thread.sleep(Duration.ofSeconds(seconds));
                missing.removeIf(part -> isLinked(part, verified));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isLinked(LostPart part, VerifiedAnswer verified) {
        try {
            Optional<byte[]> bundle = nodes.lostReceipt(part, verified, new Listener());
            bundle.ifPresent(bytes -> book.linked(page, part, bytes));
            return bundle.isPresent();
        } catch (PlumblineException e) {
            LOG.log(System.Logger.Level.WARNING, e.getMessage());
            return true;
        }
    }

    private final class Listener implements AnswerListener {

        private Optional<DrawnToken.Logprobs> scores = Optional.empty();

        @Override
        public void begun(ReceiptId id, Secret secret, Digest nonce, int promptTokens) {
            answer.begun(index(), new Begun(new AnswerEvent.Handle(id, secret), nonce, promptTokens));
        }

        @Override
        public void scored(TokenScore drawn, List<TokenScore> likeliest) {
            scores = Optional.of(new DrawnToken.Logprobs(
                    scored(drawn), likeliest.stream().map(Listener::scored).toList()));
        }

        private static DrawnToken.Scored scored(TokenScore score) {
            List<Integer> bytes = new ArrayList<>();
            for (byte each : score.bytes()) {
                bytes.add(each & 0xff);
            }
            return new DrawnToken.Scored(score.text(), bytes, score.logprob());
        }

        @Override
        public boolean token(int id, String text) {
            page.text(text);
            answer.came(new AnswerEvent.Piece(index(), text, List.of(new DrawnToken(id, scores))));
            scores = Optional.empty();
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

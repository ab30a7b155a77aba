package plumbline.node.proxy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import plumbline.node.api.AnswerEvent;
import plumbline.node.api.ApiError;
import plumbline.node.api.RunningAnswer;
import plumbline.sdk.Plumbline;
import plumbline.sdk.Question;
import plumbline.verify.ModelId;
import plumbline.verify.Nonce;
import plumbline.verify.Receipt;

/// What a client of the proxy gets for one request: one answer, or several ("choices"), each on its own way from the
/// nodes (F21). The first event comes when each has begun, since it names all their receipts.
///
/// The queue needs no bound of its own: an answer makes at most one event for each token.
final class ProxiedAnswer implements RunningAnswer {

    private final ModelId model;
    private final BlockingQueue<Optional<AnswerEvent>> events = new LinkedBlockingQueue<>();
    private final List<ProxiedChoice> choices = new ArrayList<>();
    private final List<Optional<ProxiedChoice.Begun>> begun = new ArrayList<>();
    // What comes of some while others have yet to begin.
    private final List<AnswerEvent> early = new ArrayList<>();
    private boolean isStarted;

    private ProxiedAnswer(ModelId model) {
        this.model = model;
    }

    static ProxiedAnswer start(Plumbline nodes, AnswerBook book, Question question, ModelId model) {
        ProxiedAnswer answer = new ProxiedAnswer(model);
        int count = question.request().options().choices();
        for (int i = 0; i < count; i++) {
            answer.begun.add(Optional.empty());
            answer.choices.add(new ProxiedChoice(nodes, book, question.choice(i), answer));
        }
        answer.choices.forEach(ProxiedChoice::start);
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
        choices.forEach(ProxiedChoice::close);
    }

    /// A choice has begun.
    synchronized void begun(int choice, ProxiedChoice.Begun how) {
        begun.set(choice, Optional.of(how));
        if (begun.stream().allMatch(Optional::isPresent)) {
            List<ProxiedChoice.Begun> all = begun.stream().map(Optional::get).toList();
            happened(new AnswerEvent.Started(model, Receipt.ARITHMETIC,
                    new Nonce(all.getFirst().nonce(), Nonce.ChosenBy.CLIENT), all.getFirst().promptTokens(),
                    all.stream().map(ProxiedChoice.Begun::handle).toList()));
            early.forEach(this::happened);
            early.clear();
            isStarted = true;
        }
    }

    /// Something came of a choice.
    synchronized void came(AnswerEvent event) {
        if (isStarted) {
            happened(event);
        } else {
            early.add(event);
        }
    }

    /// A choice failed, and so has the request.
    void failed(ApiError error) {
        happened(new AnswerEvent.Failed(error));
    }
}

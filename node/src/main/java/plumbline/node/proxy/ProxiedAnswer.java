package plumbline.node.proxy;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
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
/// Once it is followed, whatever thread has an event sends it on to the client: for each token one thread is woken, by
/// the bytes that come from the node. Before, events are kept, which needs no bound of its own: an answer makes at most
/// one for each token.
final class ProxiedAnswer implements RunningAnswer {

    private final ModelId model;
    private final List<ProxiedChoice> choices = new ArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    // All below is for who holds the lock.
    private final Condition changed = lock.newCondition();
    private final Queue<AnswerEvent> events = new ArrayDeque<>();
    private final List<Optional<ProxiedChoice.Begun>> begun = new ArrayList<>();
    // What comes of some while others have yet to begin.
    private final List<AnswerEvent> early = new ArrayList<>();
    private Optional<Sink> follower = Optional.empty();
    private Optional<Exception> failure = Optional.empty();
    private boolean isStarted;
    private boolean isWoken;
    private long heardNanos;

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
        long left = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        lock.lock();
        try {
            while (events.isEmpty() && !isWoken && left > 0) {
                left = changed.awaitNanos(left);
            }
            isWoken = false;
            return Optional.ofNullable(events.poll());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void follow(long quietMillis, Sink sink) throws IOException {
        long quiet = TimeUnit.MILLISECONDS.toNanos(quietMillis);
        lock.lock();
        try {
            follower = Optional.of(sink);
            while (!events.isEmpty()) {
                pass(Optional.of(events.remove()));
            }
            heardNanos = System.nanoTime();
            while (follower.isPresent()) {
                long left = quiet - (System.nanoTime() - heardNanos);
                if (isWoken || left <= 0) {
                    isWoken = false;
                    pass(Optional.empty());
                } else {
                    rest(left);
                }
            }
            switch (failure.orElse(null)) {
                case null -> { }
                case IOException e -> throw e;
                case RuntimeException e -> throw e;
                case Exception e -> throw new IllegalStateException(e);
            }
        } finally {
            lock.unlock();
        }
    }

    private void rest(long nanos) {
        try {
            changed.awaitNanos(nanos);
        } catch (InterruptedException e) {
            // The follower looks for it.
            Thread.currentThread().interrupt();
            isWoken = true;
        }
    }

    private void pass(Optional<AnswerEvent> event) {
        boolean wantsMore = false;
        try {
            wantsMore = follower.isPresent() && follower.get().take(event);
        } catch (IOException | RuntimeException e) {
            failure = Optional.of(e);
        }
        heardNanos = System.nanoTime();
        if (!wantsMore) {
            follower = Optional.empty();
            changed.signalAll();
        }
    }

    private void happened(AnswerEvent event) {
        if (follower.isPresent()) {
            pass(Optional.of(event));
        } else {
            events.add(event);
            changed.signalAll();
        }
    }

    @Override
    public void wake() {
        locked(() -> {
            isWoken = true;
            changed.signalAll();
        });
    }

    private void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        choices.forEach(ProxiedChoice::close);
    }

    /// A choice has begun.
    void begun(int choice, ProxiedChoice.Begun how) {
        locked(() -> {
            begun.set(choice, Optional.of(how));
            if (begun.stream().allMatch(Optional::isPresent)) {
                start(begun.stream().map(Optional::get).toList());
            }
        });
    }

    private void start(List<ProxiedChoice.Begun> all) {
        happened(new AnswerEvent.Started(model, Receipt.ARITHMETIC,
                new Nonce(all.getFirst().nonce(), Nonce.ChosenBy.CLIENT), all.getFirst().promptTokens(),
                all.stream().map(ProxiedChoice.Begun::handle).toList()));
        early.forEach(this::happened);
        early.clear();
        isStarted = true;
    }

    /// Something came of a choice.
    void came(AnswerEvent event) {
        locked(() -> {
            if (isStarted) {
                happened(event);
            } else {
                early.add(event);
            }
        });
    }

    /// A choice failed, and so has the request.
    void failed(ApiError error) {
        locked(() -> happened(new AnswerEvent.Failed(error)));
    }
}

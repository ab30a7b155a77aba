package plumbline.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.IntFunction;
import plumbline.engine.Answer;
import plumbline.engine.GenerationJob;
import plumbline.engine.PromptException;
import plumbline.engine.TokenListener;

/// Draws the several answers to one request, side by side. The first one alone computes the prompt: the others begin
/// when it has its first token, and take the prompt's keys and values from it. Source: spec/api.md A86.
final class Choices {

    /// So many of one request at a time, so that a request for many doesn't crowd out the others.
    static final int AT_ONCE_MAX = 4;

    private final ModelHandle model;
    private final IntFunction<GenerationJob> jobs;
    private final IntFunction<TokenListener> listeners;
    private final CountDownLatch promptIsComputed = new CountDownLatch(1);
    private final Semaphore places = new Semaphore(AT_ONCE_MAX);
    private volatile boolean failed;

    private Choices(ModelHandle model, IntFunction<GenerationJob> jobs, IntFunction<TokenListener> listeners) {
        this.model = model;
        this.jobs = jobs;
        this.listeners = listeners;
    }

    /// Draws `count` answers; one is missing if it was cancelled before its first token.
    ///
    /// @throws CancellationException if all are
    static List<Optional<Answer>> draw(ModelHandle model, int count, IntFunction<GenerationJob> jobs,
            IntFunction<TokenListener> listeners) throws PromptException {
        if (count == 1) {
            return List.of(Optional.of(model.generate(jobs.apply(0), listeners.apply(0))));
        }
        return new Choices(model, jobs, listeners).draw(count);
    }

    private List<Optional<Answer>> draw(int count) throws PromptException {
        List<Future<Answer>> drawn = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < count; i++) {
                int choice = i;
                drawn.add(threads.submit(() -> answer(choice)));
            }
        }
        List<Optional<Answer>> answers = new ArrayList<>();
        Optional<CancellationException> cancelled = Optional.empty();
        for (Future<Answer> future : drawn) {
            try {
                answers.add(Optional.of(future.get()));
            } catch (ExecutionException e) {
                cancelled = Optional.of(cancellation(e.getCause()));
                answers.add(Optional.empty());
            } catch (InterruptedException e) {
                throw new CancellationException("interrupted");
            }
        }
        if (answers.stream().allMatch(Optional::isEmpty)) {
            throw cancelled.orElseThrow();
        }
        return answers;
    }

    private static CancellationException cancellation(Throwable why) throws PromptException {
        switch (why) {
            case CancellationException cancelled -> {
                return cancelled;
            }
            case PromptException refused -> throw refused;
            case RuntimeException fault -> throw fault;
            case Error fault -> throw fault;
            default -> throw new IllegalStateException(why);
        }
    }

    private Answer answer(int choice) throws PromptException, InterruptedException {
        if (choice > 0) {
            promptIsComputed.await();
        }
        places.acquire();
        try {
            return model.generate(jobs.apply(choice), new First(listeners.apply(choice)));
        } catch (CancellationException e) {
            throw e;
        } catch (PromptException | RuntimeException | Error e) {
            failed = true; // the request fails as a whole: the others needn't go on
            throw e;
        } finally {
            places.release();
            promptIsComputed.countDown();
        }
    }

    /// Lets the others begin with the first token, and ends where one of them has failed.
    private final class First implements TokenListener {
        private final TokenListener listener;

        First(TokenListener listener) {
            this.listener = listener;
        }

        @Override
        public boolean token(int id, String text) {
            promptIsComputed.countDown();
            return listener.token(id, text) && !failed;
        }

        @Override
        public boolean wanted() {
            return listener.wanted() && !failed;
        }

        @Override
        public boolean wantsLogits() {
            return listener.wantsLogits();
        }

        @Override
        public void logits(int id, long[] logits) {
            listener.logits(id, logits);
        }
    }
}

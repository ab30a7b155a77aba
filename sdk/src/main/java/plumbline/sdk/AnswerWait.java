package plumbline.sdk;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/// The wait for an answer, while the threads that read the nodes' streams see to what they have read, up to the
/// listener.
final class AnswerWait implements Ticks.Ticked {

    private final Nodes nodes;
    private final Mailbox<Post> posts = new Mailbox<>(this::work);
    private final AnswerRun run;
    private final CompletableFuture<Optional<VerifiedAnswer>> outcome = new CompletableFuture<>();
    private volatile long seenNanos = System.nanoTime();

    AnswerWait(AnswerPlan plan, Nodes nodes, AnswerListener listener) {
        this.nodes = nodes;
        this.run = new AnswerRun(plan, nodes, listener, posts);
    }

    /// Empty if the listener ended the answer, or somebody this thread.
    Optional<VerifiedAnswer> get() throws PlumblineException {
        posts.put(new Post.Asked());
        nodes.ticks().add(this);
        try {
            return outcome.get();
        } catch (InterruptedException e) {
            outcome.complete(Optional.empty());
            posts.put(new Post.Left());
            Thread.currentThread().interrupt();
            return Optional.empty();
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        } finally {
            nodes.ticks().remove(this);
        }
    }

    private static PlumblineException failure(Throwable why) {
        return switch (why) {
            case PlumblineException known -> known;
            case RuntimeException unknown -> throw unknown;
            case Error unknown -> throw unknown;
            default -> throw new IllegalStateException(why);
        };
    }

    /// What is to be done may take its time, and this thread looks after all answers.
    @Override
    public void tick() {
        if (isDue()) {
            Thread.ofVirtual().start(posts::look);
        }
    }

    @Override
    public void closed() {
        outcome.completeExceptionally(new PlumblineException("the client was closed", ""));
        posts.put(new Post.Left());
    }

    private boolean isDue() {
        return System.nanoTime() - seenNanos >= Ticks.EACH.toNanos() / 2;
    }

    private void work() {
        try {
            // All that has come, before anything is decided from what hasn't.
            for (Optional<Post> post = posts.next(); post.isPresent(); post = posts.next()) {
                if (!isOver()) {
                    run.take(post.get());
                }
            }
            if (!isOver() && (isDue() || !run.isLookedAfter())) {
                seenNanos = System.nanoTime();
                run.see();
                run.finished().ifPresent(answer -> outcome.complete(Optional.of(answer)));
            }
        } catch (PlumblineException | RuntimeException | Error e) {
            outcome.completeExceptionally(e);
        } finally {
            if (isOver()) {
                run.close();
                outcome.complete(Optional.empty());
            }
        }
    }

    private boolean isOver() {
        return run.isCancelled() || outcome.isDone();
    }
}

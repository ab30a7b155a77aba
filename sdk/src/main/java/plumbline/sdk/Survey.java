package plumbline.sdk;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// Asks several nodes for the same, so that one that is silent holds nobody up. What is asked ends by itself in time.
/// Source: spec/proxy.md F38.
final class Survey {

    /// How long a node may take before the next one is asked too, or after another has answered.
    private static final long PATIENCE_NANOS = 1_000_000_000L;

    /// What is asked of one node.
    @FunctionalInterface
    interface Ask<T> {
        T of(int node) throws PlumblineException;
    }

    /// What came of it: an answer, or why there is none.
    record Reply<T>(int node, Optional<T> said, Optional<PlumblineException> why) {}

    private Survey() {}

    /// All at once. When one has answered the others have a second more.
    ///
    /// @return at least one, in the order of the nodes
    static <T> List<Reply<T>> all(List<Integer> nodes, Ask<T> ask) throws PlumblineException {
        BlockingQueue<Reply<T>> replies = new LinkedBlockingQueue<>();
        List<Thread> threads = new ArrayList<>();
        nodes.forEach(node -> threads.add(start(node, ask, replies)));
        List<Reply<T>> came = new ArrayList<>();
        Optional<Long> answeredNanos = Optional.empty();
        try {
            while (came.size() < nodes.size()) {
                Reply<T> reply = answeredNanos.isEmpty() ? replies.take() : replies.poll(
                        answeredNanos.get() + PATIENCE_NANOS - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (reply == null) {
                    break;
                }
                came.add(reply);
                if (answeredNanos.isEmpty() && reply.said().isPresent()) {
                    answeredNanos = Optional.of(System.nanoTime());
                }
            }
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            threads.forEach(Thread::interrupt);
        }
        return came.stream().sorted((one, other) -> nodes.indexOf(one.node()) - nodes.indexOf(other.node())).toList();
    }

    /// One after the other: the next when the one before has failed, or has taken a second.
    ///
    /// @return what the first one said that said anything
    /// @throws PlumblineException of the last one, if none did
    static <T> T first(List<Integer> nodes, Ask<T> ask) throws PlumblineException {
        BlockingQueue<Reply<T>> replies = new LinkedBlockingQueue<>();
        List<Thread> threads = new ArrayList<>();
        int failed = 0;
        try {
            while (true) {
                if (threads.size() < nodes.size()) {
                    threads.add(start(nodes.get(threads.size()), ask, replies));
                }
                Reply<T> reply = threads.size() < nodes.size()
                        ? replies.poll(PATIENCE_NANOS, TimeUnit.NANOSECONDS) : replies.take();
                if (reply != null && reply.said().isPresent()) {
                    return reply.said().get();
                }
                failed += reply == null ? 0 : 1;
                if (failed == nodes.size()) {
                    throw reply.why().orElseThrow();
                }
            }
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            threads.forEach(Thread::interrupt);
        }
    }

    private static <T> Thread start(int node, Ask<T> ask, BlockingQueue<Reply<T>> replies) {
        return Thread.ofVirtual().name("node " + node).start(() -> {
            try {
                replies.add(new Reply<>(node, Optional.of(ask.of(node)), Optional.empty()));
            } catch (PlumblineException e) {
                replies.add(new Reply<>(node, Optional.empty(), Optional.of(e)));
            } catch (RuntimeException e) {
                replies.add(new Reply<>(node, Optional.empty(),
                        Optional.of(new PlumblineException("a node can't be asked: " + e, ""))));
            }
        });
    }

    private static PlumblineException interrupted() {
        Thread.currentThread().interrupt();
        return new PlumblineException("the nodes were no longer waited for", "");
    }
}

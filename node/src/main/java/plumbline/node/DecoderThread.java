package plumbline.node;

import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import plumbline.engine.Answer;
import plumbline.engine.Decoder;
import plumbline.engine.Decoding;
import plumbline.engine.GenerationJob;
import plumbline.engine.Generator;
import plumbline.engine.PromptException;
import plumbline.engine.TokenListener;

/// The thread that computes all answers of one loaded model. It sleeps while there are none.
final class DecoderThread implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(DecoderThread.class.getName());

    private record Order(GenerationJob job, TokenListener listener, CompletableFuture<Decoding> begun) {}

    private final Decoder decoder;
    private final Queue<Order> orders = new ConcurrentLinkedQueue<>();
    private final Thread thread = Thread.ofPlatform().name("decoder").daemon().unstarted(this::run);
    private volatile long memoryBytesMax;
    private volatile ModelHandle.Load load = ModelHandle.Load.NONE;
    private volatile boolean closed;
    private volatile boolean failed;

    DecoderThread(Decoder decoder, long memoryBytesMax) {
        this.decoder = decoder;
        this.memoryBytesMax = memoryBytesMax;
        thread.start();
    }

    /// Bytes for keys and values from now on.
    void limitMemory(long bytes) {
        memoryBytesMax = bytes;
        LockSupport.unpark(thread);
    }

    /// Whether an error has ended it: no memory, or a model file that was cut.
    boolean hasFailed() {
        return failed;
    }

    /// What it has done, and what it holds, since its last pass.
    ModelHandle.Load load() {
        return load;
    }

    /// Computes an answer together with whatever else there is. Many threads may wait here at once.
    Answer generate(GenerationJob job, TokenListener listener) throws PromptException {
        Order order = new Order(job, listener, new CompletableFuture<>());
        orders.add(order);
        LockSupport.unpark(thread);
        if (closed) { // the thread may have looked for the last time before
            refuse();
        }
        try {
            return Generator.answer(order.begun().get());
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case PromptException refused -> throw refused;
                case RuntimeException fault -> throw fault;
                default -> throw new IllegalStateException(e.getCause());
            }
        } catch (InterruptedException e) {
            throw new CancellationException("interrupted");
        }
    }

    private void run() {
        try {
            while (!closed) {
                decoder.limitMemory(memoryBytesMax);
                for (Order order = orders.poll(); order != null; order = orders.poll()) {
                    begin(order);
                }
                int answers = decoder.count();
                boolean stepped = decoder.step();
                if (stepped) {
                    load = new ModelHandle.Load(load.passes() + 1, load.passAnswers() + answers,
                            decoder.memoryBytes());
                }
                if (!stepped && orders.isEmpty() && !closed) {
                    LockSupport.park(this);
                }
            }
        } catch (Throwable e) { // nothing may be left waiting for a thread that is no more
            LOG.log(System.Logger.Level.ERROR, "the thread that computes answers has failed", e);
            failed = true;
            closed = true;
        } finally {
            decoder.end(new CancellationException("the model is closed"));
            refuse();
        }
    }

    private void begin(Order order) {
        try {
            order.begun().complete(decoder.begin(order.job(), order.listener()));
        } catch (PromptException | RuntimeException e) {
            order.begun().completeExceptionally(e);
        }
    }

    private void refuse() {
        for (Order order = orders.poll(); order != null; order = orders.poll()) {
            order.begun().completeExceptionally(new IllegalStateException("the model is closed"));
        }
    }

    /// Ends the thread after its step; answers under way are cancelled without an end.
    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        while (thread.isAlive()) {
            LockSupport.unpark(thread);
            try {
                thread.join(100);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

package plumbline.engine;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// A value that is being made on a thread of its own while its taker does something else.
///
/// ```
/// Ahead<Kernel> kernel = Ahead.of("kernel", LocalModel::kernel);
/// Node node = Node.open(...);             // meanwhile
/// use(kernel.get(Failure.class));
/// ```
public final class Ahead<T> {

    private final FutureTask<T> task;

    private Ahead(FutureTask<T> task) {
        this.task = task;
    }

    /// Begins to make it. The thread is a daemon: a program that gives up needn't wait for it.
    public static <T> Ahead<T> of(String name, Callable<T> maker) {
        FutureTask<T> task = new FutureTask<>(maker);
        Thread.ofPlatform().name(name).daemon().start(task);
        return new Ahead<>(task);
    }

    /// The value, once it is there. What its maker threw is thrown here; it must be unchecked or a `checked`.
    public <E extends Exception> T get(Class<E> checked) throws E {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw thrown(e.getCause(), checked);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static <E extends Exception> E thrown(Throwable cause, Class<E> checked) {
        if (checked.isInstance(cause)) {
            return checked.cast(cause);
        }
        switch (cause) {
            case RuntimeException unchecked -> throw unchecked;
            case Error error -> throw error;
            default -> throw new IllegalStateException(cause);
        }
    }
}

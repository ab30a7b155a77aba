package plumbline.sdk;

import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;

/// What happened, seen to by whoever brings it, one at a time: who finds another at it leaves his own to him. So no
/// thread is woken for what another one has in hand.
final class Mailbox<T> {

    private final Queue<T> letters = new ConcurrentLinkedQueue<>();
    private final ReentrantLock turn = new ReentrantLock();
    private final Runnable work;

    /// @param work takes all there is with [#next]; never called twice at once, and again after whatever came late
    Mailbox(Runnable work) {
        this.work = work;
    }

    /// Leaves something, and sees to it unless another thread is at it. May take as long as the work does.
    void put(T letter) {
        letters.add(letter);
        seeToAll();
    }

    /// Leaves something for another thread to see to, in its turn.
    void leave(T letter) {
        letters.add(letter);
        Thread.ofVirtual().start(this::seeToAll);
    }

    /// Works though nothing came; false if another thread is at it, or this one.
    boolean look() {
        boolean hasWorked = worked();
        seeToAll();
        return hasWorked;
    }

    /// What came after the work had looked for it, and was left to whoever was at work.
    private void seeToAll() {
        boolean isMine = true;
        while (isMine && !letters.isEmpty()) {
            isMine = worked();
        }
    }

    private boolean worked() {
        if (turn.isHeldByCurrentThread() || !turn.tryLock()) {
            return false;
        }
        try {
            work.run();
            return true;
        } finally {
            turn.unlock();
        }
    }

    /// For the work alone.
    Optional<T> next() {
        return Optional.ofNullable(letters.poll());
    }
}

package plumbline.cli;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Has the heap collected when half as much was added to it as was left the last time, and when nothing has been added
/// for a while, so that the process takes what it needs and not what it may. Java's serial collector by itself lets the
/// heap grow to its limit before it looks for what is no longer used among the old: and of keys and values, whose need
/// differs by the hundredfold between one request and another, the limit must allow much.
///
/// Other collectors pace themselves; there it does nothing.
final class HeapCare implements AutoCloseable {

    private static final String OLD_OF_SERIAL = "Tenured Gen";
    private static final long ADDED_BYTES_MIN = 96L << 20;
    private static final long IDLE_BYTES_MIN = 16L << 20;
    private static final long LOOK_MILLIS = 250;
    private static final int IDLE_LOOKS = 40;

    private final CountDownLatch closed = new CountDownLatch(1);

    private HeapCare() {}

    /// Begins to look after the heap of this process.
    static HeapCare start() {
        HeapCare care = new HeapCare();
        Optional<MemoryPoolMXBean> old = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getName().equals(OLD_OF_SERIAL)).findFirst();
        old.ifPresent(pool -> Thread.ofPlatform().name("heap care").daemon().start(() -> care.run(pool)));
        return care;
    }

    private void run(MemoryPoolMXBean old) {
        long before = 0;
        int looks = 0; // since something was added
        try {
            while (!closed.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                MemoryUsage left = old.getCollectionUsage();
                long used = old.getUsage().getUsed();
                looks = used == before ? looks + 1 : 0;
                before = used;
                if (isDue(used, left == null ? 0 : left.getUsed(), looks >= IDLE_LOOKS)) {
                    System.gc();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Whether a collection is worth its while.
    ///
    /// @param usedBytes by old objects, those that nobody uses any more included
    /// @param leftBytes what the last collection left of them
    /// @param isIdle whether nothing has been added for a while
    static boolean isDue(long usedBytes, long leftBytes, boolean isIdle) {
        return usedBytes - leftBytes > (isIdle ? IDLE_BYTES_MIN : Math.max(ADDED_BYTES_MIN, leftBytes / 2));
    }

    @Override
    public void close() {
        closed.countDown();
    }
}

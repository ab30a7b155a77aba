package plumbline.node;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/// How much memory loaded models may take.
///
/// @param weightsBytes for the weights of all loaded models together
/// @param keyValueBytes for keys and values of all answers under way, and those kept for later requests
public record MemoryLimits(long weightsBytes, long keyValueBytes) {

    /// What the JVM needs beside its heap, and what is left to everybody else.
    private static final long RESERVE_BYTES = 300L << 20;

    /// What this machine has, or the container that the process runs in: weights lie outside the heap, keys and values
    /// in it.
    public static MemoryLimits system() {
        long heap = Runtime.getRuntime().maxMemory();
        long all = ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
                ? system.getTotalMemorySize() : 4 * heap;
        return new MemoryLimits(Math.max(all - heap - RESERVE_BYTES - all / 10, all / 4), heap / 2);
    }
}

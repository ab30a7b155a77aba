package plumbline.node.api;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/// What connections may take of a node. Source: spec/api.md A90-A95.
///
/// @param connectionsMax  open at once; more wait outside until one is closed
/// @param idleMillis      from the start of a connection, or from an answer, to the first byte of a request
/// @param requestMillis   spent waiting for the rest of a request
/// @param writeMillis     in which the caller must take what is sent to him at once
/// @param requestCostMax  of one request, as it comes in: its bytes, and 64 for each packet
/// @param heldCostMax     of all requests that are not answered yet
public record ConnectionLimits(int connectionsMax, long idleMillis, long requestMillis, long writeMillis,
        int requestCostMax, long heldCostMax) {

    private static final int CONNECTIONS_MAX = 16_384;
    // Two buffers of 8 KiB, a virtual thread's stack, the parser.
    private static final int CONNECTION_BYTES = 32 << 10;

    /// For this machine: connections take at most a quarter of the heap and half of the files that the
    /// process may open, requests that wait another quarter.
    public static ConnectionLimits ofThisMachine() {
        long heapBytes = Runtime.getRuntime().maxMemory();
        long connections = Math.min(CONNECTIONS_MAX, heapBytes / 4 / CONNECTION_BYTES);
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            connections = Math.min(connections, system.getMaxFileDescriptorCount() / 2);
        }
        return new ConnectionLimits((int) Math.max(16, connections), 75_000, 30_000, 60_000, 4 << 20, heapBytes / 4);
    }
}

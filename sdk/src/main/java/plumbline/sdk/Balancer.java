package plumbline.sdk;

import java.util.Arrays;
import java.util.BitSet;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/// Which node is asked next, from what was seen of each: of two drawn at random the one that is likely to answer
/// sooner.
///
/// A pure state machine: time and randomness come in as arguments, nothing waits. A node that fails isn't asked for
/// a while that doubles with each failure, and then by one request at a time, until one succeeds. Not safe for threads.
final class Balancer {

    private static final long BACKOFF_NANOS = 250_000_000L;
    private static final int BACKOFF_DOUBLINGS_MAX = 7;
    /// What is known of a node fades: one that was slow once is tried again.
    private static final long MEMORY_NANOS = 10_000_000_000L;
    private static final double WEIGHT = 0.2;
    private static final double LATENCY_MIN_NANOS = 1e6;

    private final double[] latencyNanos;
    private final long[] measuredNanos;
    private final int[] underWay;
    private final int[] failures;
    private final long[] closedUntilNanos;
    private final long[] drainedUntilNanos;
    private final long[] triedNanos;
    private final boolean[] probing;

    Balancer(int nodes, long nowNanos) {
        latencyNanos = new double[nodes];
        measuredNanos = new long[nodes];
        underWay = new int[nodes];
        failures = new int[nodes];
        closedUntilNanos = new long[nodes];
        drainedUntilNanos = new long[nodes];
        triedNanos = new long[nodes];
        probing = new boolean[nodes];
        Arrays.fill(closedUntilNanos, nowNanos);
        Arrays.fill(drainedUntilNanos, nowNanos);
        Arrays.fill(measuredNanos, nowNanos);
        Arrays.fill(triedNanos, nowNanos - BACKOFF_NANOS);
    }

    int count() {
        return latencyNanos.length;
    }

    /// A node to ask, none of `excluded`; nothing where no other may be asked now.
    OptionalInt choose(BitSet excluded, long nowNanos, RandomGenerator random) {
        int[] open = new int[count()];
        int n = 0;
        for (int node = 0; node < open.length; node++) {
            if (!excluded.get(node) && isOpen(node, nowNanos)) {
                open[n++] = node;
            }
        }
        if (n == 0) {
            return soonest(excluded, nowNanos);
        }
        int one = random.nextInt(n);
        int other = n == 1 ? one : (one + 1 + random.nextInt(n - 1)) % n;
        return OptionalInt.of(cost(open[one], nowNanos) <= cost(open[other], nowNanos) ? open[one] : open[other]);
    }

    /// Of the nodes that failed the one that would be asked again soonest: where there is no other, an answer shouldn't
    /// wait for that, but each node is tried four times a second at most.
    private OptionalInt soonest(BitSet excluded, long nowNanos) {
        int best = -1;
        for (int node = 0; node < count(); node++) {
            boolean isReady = !excluded.get(node) && !probing[node] && nowNanos - drainedUntilNanos[node] >= 0
                    && nowNanos - triedNanos[node] >= BACKOFF_NANOS;
            if (isReady && (best < 0 || closedUntilNanos[node] - closedUntilNanos[best] < 0)) {
                best = node;
            }
        }
        if (best < 0) {
            return OptionalInt.empty();
        }
        triedNanos[best] = nowNanos;
        return OptionalInt.of(best);
    }

    private boolean isOpen(int node, long nowNanos) {
        boolean isProbed = failures[node] > 0 && probing[node];
        return !isProbed && nowNanos - closedUntilNanos[node] >= 0 && nowNanos - drainedUntilNanos[node] >= 0;
    }

    /// How long an answer's first token is likely to take there. What isn't known, or was known long ago, counts as the
    /// best of the others: else of two nodes the one that was slow or down once would never be asked again.
    private double cost(int node, long nowNanos) {
        double best = best();
        double own = latencyNanos[node] == 0 ? best
                : latencyNanos[node] + (best - latencyNanos[node]) * faded(nowNanos - measuredNanos[node]);
        double fear = ((1 << Math.min(failures[node], 4)) - 1) * (1 - faded(nowNanos - closedUntilNanos[node]));
        return Math.max(LATENCY_MIN_NANOS, own) * (underWay[node] + 1) * (1 + fear);
    }

    /// How much of what was seen so long ago is forgotten, 0 to 1.
    private static double faded(long ageNanos) {
        return Math.clamp((double) ageNanos / MEMORY_NANOS, 0, 1);
    }

    private double best() {
        double best = Double.MAX_VALUE;
        for (double latency : latencyNanos) {
            best = latency > 0 ? Math.min(best, latency) : best;
        }
        return best == Double.MAX_VALUE ? LATENCY_MIN_NANOS : best;
    }

    /// A node is asked.
    void began(int node) {
        underWay[node]++;
        probing[node] = true;
    }

    /// Its first token came.
    void answered(int node, long afterNanos, long nowNanos) {
        latencyNanos[node] = latencyNanos[node] == 0
                ? afterNanos : latencyNanos[node] * (1 - WEIGHT) + afterNanos * WEIGHT;
        measuredNanos[node] = nowNanos;
        failures[node] = 0;
    }

    /// It is no longer asked, whatever came of it.
    void ended(int node) {
        underWay[node]--;
        probing[node] = false;
    }

    /// It failed.
    ///
    /// @param random spreads out when it is tried again
    void failed(int node, long nowNanos, RandomGenerator random) {
        long wait = BACKOFF_NANOS << Math.min(failures[node], BACKOFF_DOUBLINGS_MAX);
        failures[node]++;
        closedUntilNanos[node] = nowNanos + wait / 2 + random.nextLong(wait / 2 + 1);
    }

    /// It takes no new requests for a while, and isn't to blame.
    void drained(int node, long untilNanos) {
        drainedUntilNanos[node] = untilNanos;
    }

    /// When a first token is late enough to ask another node too: twice what it usually takes, within bounds.
    long lateAfterNanos(int node) {
        return Math.clamp((long) (2 * latencyNanos[node]), 250_000_000L, 3_000_000_000L);
    }

    /// Requests under way at a node.
    int underWay(int node) {
        return underWay[node];
    }
}

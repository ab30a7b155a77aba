package plumbline.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The choice among nodes, alone and with fifty nodes under faults, all from one seed (F15).
final class BalancerTest {

    private static final long SECOND = 1_000_000_000L;
    private static final long SEED = Long.getLong("plumbline.seed", 20260101L);

    @Test
    void aNodeThatFailsIsLeftAloneForLongerEachTimeAndThenTriedByOneRequest() {
        Balancer balancer = new Balancer(1, 0);
        Random random = new Random(1);
        BitSet none = new BitSet();
        long now = 0;
        for (int failure = 0; failure < 6; failure++) {
            assertEquals(OptionalInt.of(0), balancer.choose(none, now, random));
            balancer.began(0);
            if (failure > 0) {
                assertTrue(balancer.choose(none, now, random).isEmpty(), "one at a time");
            }
            balancer.failed(0, now, random);
            balancer.ended(0);
            long least = (SECOND / 8) << failure;
            assertTrue(balancer.choose(none, now + least - 1, random).isEmpty());
            now += 2 * least;
        }
        balancer.began(0);
        balancer.answered(0, 1000, now);
        assertEquals(OptionalInt.of(0), balancer.choose(none, now, random), "a success opens it");
    }

    @Test
    void ofTwoTheOneThatAnswersSoonerIsAskedAndTheBusyOneIsNot() {
        Balancer balancer = new Balancer(2, 0);
        Random random = new Random(1);
        balancer.answered(0, SECOND, 0);
        balancer.answered(1, SECOND / 10, 0);
        assertEquals(OptionalInt.of(1), balancer.choose(new BitSet(), 1, random));
        for (int i = 0; i < 20; i++) {
            balancer.began(1);
        }
        assertEquals(OptionalInt.of(0), balancer.choose(new BitSet(), 1, random));
        balancer.drained(0, SECOND);
        assertEquals(OptionalInt.of(1), balancer.choose(new BitSet(), 1, random));
    }

    /// A request under way in the simulation.
    private record Job(long endNanos, int node, boolean fails, long firstTokenNanos) {}

    /// Fifty nodes: ten slow, some down at any time, each one down now and then. Requests come at random.
    @Test
    void fiftyNodesUnderFaultsAreAllUsedAndNoneIsOverrun() {
        int nodes = 50;
        int[] asked = new int[nodes];
        int[] askedLately = new int[nodes];
        int[] most = new int[nodes];
        int[] underWay = new int[nodes];
        int failures = 0;
        int unserved = 0;
        Random random = new Random(SEED);
        Balancer balancer = new Balancer(nodes, 0);
        PriorityQueue<Job> jobs = new PriorityQueue<>((a, b) -> Long.compare(a.endNanos(), b.endNanos()));
        int requests = 60_000;
        long now = 0;
        for (int i = 0; i < requests; i++) {
            now += (long) (-Math.log(1 - random.nextDouble()) * SECOND / 100);
            for (Job job = jobs.peek(); job != null && job.endNanos() <= now; job = jobs.peek()) {
                jobs.poll();
                underWay[job.node()]--;
                if (job.fails()) {
                    balancer.failed(job.node(), job.endNanos(), random);
                } else {
                    balancer.answered(job.node(), job.firstTokenNanos(), job.endNanos());
                }
                balancer.ended(job.node());
            }
            OptionalInt chosen = balancer.choose(new BitSet(), now, random);
            if (chosen.isEmpty()) {
                unserved++;
                continue;
            }
            int node = chosen.getAsInt();
            balancer.began(node);
            asked[node]++;
            askedLately[node] += i > requests / 2 ? 1 : 0;
            underWay[node]++;
            most[node] = Math.max(most[node], underWay[node]);
            boolean fails = isDown(node, now);
            failures += fails ? 1 : 0;
            long first = (node < 10 ? 5 : 1) * SECOND / 20 * underWay[node];
            jobs.add(new Job(now + (fails ? SECOND / 1000 : first + SECOND), node, fails, first));
        }
        String seed = "seed " + SEED + ": -Dplumbline.seed=" + SEED;
        assertEquals(0, unserved, seed);
        double fair = 100.0 / nodes;
        for (int node = 0; node < nodes; node++) {
            assertTrue(most[node] < 8 * fair + 8, "a herd at node " + node + ": " + most[node] + " at once; " + seed);
            assertTrue(askedLately[node] > requests / 2 / nodes / 20,
                    "node " + node + " starves: " + askedLately[node] + "; " + seed);
        }
        assertTrue(failures < requests / 50, failures + " requests met a node that was down; " + seed);
    }

    /// Each node is down for 20 of 200 seconds, at another time each, so five of them at any time.
    private static boolean isDown(int node, long now) {
        return (now / SECOND + node * 4L) % 200 < 20;
    }
}

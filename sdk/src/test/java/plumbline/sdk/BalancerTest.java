package plumbline.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.BitSet;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The choice among nodes, alone and with fifty nodes under faults, all from one seed (F15).
final class BalancerTest {

    private static final long SECOND = 1_000_000_000L;
    private static final long SEED = 20260101;

    @Test
    void aNodeThatFailsIsLeftAloneForLongerEachTimeAndThenTriedByOneRequest() {
        Balancer balancer = new Balancer(2, 0);
        Random random = new Random(1);
        BitSet other = new BitSet();
        other.set(1);
        long now = 0;
        for (int failure = 0; failure < 6; failure++) {
            assertEquals(OptionalInt.of(0), balancer.choose(other, now, random));
            balancer.began(0);
            if (failure > 0) {
                assertTrue(balancer.choose(other, now, random).isEmpty(), "one at a time");
            }
            balancer.failed(0, now, random);
            balancer.ended(0);
            long least = (SECOND / 8) << failure;
            assertEquals(OptionalInt.of(1), balancer.choose(new BitSet(), now + least - 1, random));
            now += 2 * least;
        }
        balancer.began(0);
        balancer.answered(0, 1000, now);
        assertEquals(OptionalInt.of(0), balancer.choose(other, now, random), "a success opens it");
    }

    @Test
    void whereAllHaveFailedEachIsTriedFourTimesASecond() {
        Balancer balancer = new Balancer(2, 0);
        Random random = new Random(SEED);
        for (int node = 0; node < 2; node++) {
            for (int failure = 0; failure < 9; failure++) {
                balancer.failed(node, 0, random);
            }
        }
        int[] tried = new int[2];
        for (long now = 1; now < 4 * SECOND; now += SECOND / 100) {
            balancer.choose(new BitSet(), now, random).ifPresent(node -> {
                tried[node]++;
                balancer.began(node);
                balancer.ended(node);
            });
        }
        assertTrue(tried[0] >= 12 && tried[0] <= 17 && tried[1] >= 12 && tried[1] <= 17, Arrays.toString(tried));
        balancer.drained(0, 9 * SECOND);
        balancer.drained(1, 9 * SECOND);
        assertTrue(balancer.choose(new BitSet(), 5 * SECOND, random).isEmpty(), "who is being stopped is left alone");
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

    @Test
    void ofTwoTheOneThatWasDownOrSlowIsAskedAgainAfterAWhile() {
        for (boolean wasDown : new boolean[] {true, false}) {
            Balancer balancer = new Balancer(2, 0);
            Random random = new Random(SEED);
            int askedAgain = 0;
            for (long now = 0; now < 30 * SECOND; now += SECOND / 10) {
                int node = balancer.choose(new BitSet(), now, random).orElseThrow();
                balancer.began(node);
                boolean isWrong = node == 1 && now < SECOND;
                if (isWrong && wasDown) {
                    balancer.failed(node, now, random);
                } else {
                    balancer.answered(node, isWrong ? 5 * SECOND : SECOND / 20, now);
                }
                balancer.ended(node);
                askedAgain += node == 1 && !isWrong ? 1 : 0;
            }
            assertTrue(askedAgain > 0, "it starves, down: " + wasDown);
        }
    }

    @Test
    void aSecondNodeIsAskedForOneAnswerInTen() {
        HedgeBudget budget = new HedgeBudget();
        int hedged = 0;
        for (int answer = 0; answer < 1000; answer++) {
            if (!budget.isEmpty()) {
                budget.spend();
                hedged++;
            }
            budget.earn();
        }
        assertTrue(hedged >= 99 && hedged <= 105, hedged + " (F19)");
    }

    /// A request under way in the simulation.
    private record Job(long endNanos, int node, boolean fails, long firstTokenNanos) {}

    /// How it went.
    ///
    /// @param most   requests at once at any node
    /// @param least  asked of any node in the second half
    /// @param failed requests that met a node that was down
    private record Outcome(int most, int least, int failed, int unserved) {}

    @Test
    void fiftyNodesUnderFaultsAreAllUsedAndNoneIsOverrun() {
        int requests = 60_000;
        for (int nodes : new int[] {50, 8, 3}) {
            Outcome outcome = simulate(nodes, requests);
            String where = nodes + " nodes: " + outcome + ", seed " + SEED;
            System.out.println(where);
            assertEquals(0, outcome.unserved(), where);
            assertTrue(outcome.most() <= 20, "a herd, where 2 requests under way are the mean: " + where);
            assertTrue(outcome.least() > requests / 2 / nodes / 10, "one starves: " + where);
            assertTrue(outcome.failed() < requests / 50, where);
        }
    }

    /// Nodes under faults: a fifth of them slow, each one down for a tenth of the time. Requests come at random, two a
    /// second for each node, and take a second.
    private static Outcome simulate(int nodes, int requests) {
        int[] askedLately = new int[nodes];
        int[] underWay = new int[nodes];
        int most = 0;
        int failures = 0;
        int unserved = 0;
        Random random = new Random(SEED);
        Balancer balancer = new Balancer(nodes, 0);
        PriorityQueue<Job> jobs = new PriorityQueue<>((a, b) -> Long.compare(a.endNanos(), b.endNanos()));
        long now = 0;
        for (int i = 0; i < requests; i++) {
            now += (long) (-Math.log(1 - random.nextDouble()) * SECOND / (2 * nodes));
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
            askedLately[node] += i > requests / 2 ? 1 : 0;
            most = Math.max(most, ++underWay[node]);
            boolean fails = isDown(node, nodes, now);
            failures += fails ? 1 : 0;
            long first = (5 * node < nodes ? 5 : 1) * SECOND / 20 * underWay[node];
            jobs.add(new Job(now + (fails ? SECOND / 1000 : first + SECOND), node, fails, first));
        }
        return new Outcome(most, Arrays.stream(askedLately).min().orElseThrow(), failures, unserved);
    }

    /// Each node is down for 20 of 200 seconds, at another time each.
    private static boolean isDown(int node, int nodes, long now) {
        return (now / SECOND + node * 200L / nodes) % 200 < 20;
    }
}

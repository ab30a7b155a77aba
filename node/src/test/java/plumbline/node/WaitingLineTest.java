package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WaitingLineTest {

    private static List<String> drain(WaitingLine<String> line) {
        List<String> order = new ArrayList<>();
        for (Optional<String> next = line.next(); next.isPresent(); next = line.next()) {
            order.add(next.get());
        }
        return order;
    }

    @Test
    void callersTakeTurnsAndEachOnesRequestsKeepTheirOrder() {
        WaitingLine<String> line = new WaitingLine<>(100);
        for (String item : List.of("a1", "a2", "a3", "a4", "b1", "c1", "c2")) {
            assertEquals(Optional.empty(), line.add(item.substring(0, 1), item));
        }
        assertEquals(List.of("a1", "b1", "c1", "a2", "c2", "a3", "a4"), drain(line));
    }

    @Test
    void whoComesBackStandsBehindThoseWhoWait() {
        WaitingLine<String> line = new WaitingLine<>(100);
        line.add("a", "a1");
        line.add("b", "b1");
        assertEquals("a1", line.next().orElseThrow());
        line.add("a", "a2");
        assertEquals(List.of("b1", "a2"), drain(line));
    }

    @Test
    void aFullLineSendsTheLastOfTheLongestShareAwayForSomebodyWithLess() {
        WaitingLine<String> line = new WaitingLine<>(4);
        for (int i = 1; i <= 4; i++) {
            line.add("many", "m" + i);
        }
        assertEquals(Optional.of("m5"), line.add("many", "m5"), "not for himself");
        assertEquals(Optional.of("m4"), line.add("few", "f1"));
        assertEquals(Optional.of("m3"), line.add("few", "f2"));
        assertEquals(Optional.of("f3"), line.add("few", "f3"), "both have two: no share is longer");
        assertEquals(4, line.size());
        assertEquals(List.of("m1", "f1", "m2", "f2"), drain(line));
    }

    @Test
    void whoLeavesIsGoneAndLeavingTwiceDoesNothing() {
        WaitingLine<String> line = new WaitingLine<>(4);
        line.add("a", "a1");
        line.add("a", "a2");
        line.add("b", "b1");
        assertTrue(line.remove("a", "a1"));
        assertFalse(line.remove("a", "a1"));
        assertFalse(line.remove("b", "a2"));
        assertTrue(line.remove("b", "b1"));
        assertEquals(1, line.size());
        assertEquals(List.of("a2"), drain(line));
    }

    @Test
    void nobodyWaitsForMoreTurnsThanThereAreOtherCallers() {
        long seed = 20261121;
        Random random = new Random(seed);
        WaitingLine<String> line = new WaitingLine<>(20_000);
        Map<String, Integer> since = new HashMap<>(); // turns of others since a caller began to wait or had one
        Map<String, Integer> waiting = new HashMap<>();
        for (int i = 0; i < 20_000; i++) {
            if (random.nextInt(5) < 3) {
                String caller = "c" + (random.nextInt(3) == 0 ? random.nextInt(8) : 0);
                line.add(caller, caller + "-" + i);
                since.putIfAbsent(caller, 0);
                waiting.merge(caller, 1, Integer::sum);
            } else {
                Optional<String> next = line.next();
                if (next.isPresent()) {
                    String caller = next.get().substring(0, 2);
                    since.replaceAll((_, turns) -> turns + 1);
                    assertTrue(since.get(caller) <= 9, "seed " + seed + ", step " + i + ": " + since);
                    if (waiting.merge(caller, -1, Integer::sum) == 0) {
                        since.remove(caller);
                    } else {
                        since.put(caller, 0);
                    }
                }
            }
        }
    }
}

package plumbline.engine.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Runs a grammar over bytes: a state is the set of the ways in which what was written so far can go on, each a stack
/// of what is still to be written. States and their successors are kept, so that most steps are a look-up. Whoever
/// uses it holds its lock; what it answers depends on grammar and bytes alone.
final class Machine {

    /// Ways beyond this many are given up, the last ones first: what is left can still be written to its end.
    private static final int WAYS_MAX = 256;
    /// States that are kept, and their ways together; more are made anew when they are needed.
    private static final int STATES_MAX = 32_768;
    private static final int WAYS_KEPT_MAX = 524_288;

    private final Grammar grammar;
    private final Map<Set<Stack>, State> states = new HashMap<>();
    private int waysKept;

    Machine(Grammar grammar) {
        this.grammar = grammar;
    }

    /// What is to be written, the next part first; `cost` is the fewest bytes for all of it.
    private static final class Stack {
        final Expr top;
        final Stack below; // null at the bottom
        final int cost;
        final int hash;

        Stack(Expr top, Stack below, int topCost) {
            this.top = top;
            this.below = below;
            this.cost = (int) Math.min((long) topCost + (below == null ? 0 : below.cost), Expr.COST_MAX);
            this.hash = top.hashCode() * 31 + (below == null ? 0 : below.hash);
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(Object other) {
            Stack a = this;
            Stack b = other instanceof Stack stack ? stack : null;
            while (a != b) {
                if (a == null || b == null || a.hash != b.hash || !a.top.equals(b.top)) {
                    return false;
                }
                a = a.below;
                b = b.below;
            }
            return true;
        }
    }

    /// A place in what is written.
    static final class State {
        private final List<Stack> ways;
        private final boolean complete;
        private final int cost;
        private final State[] next = new State[256];

        private State(Set<Stack> ways, boolean complete) {
            this.ways = List.copyOf(ways);
            this.complete = complete;
            this.cost = complete ? 0 : ways.stream().mapToInt(way -> way.cost).min().orElse(Expr.COST_MAX);
        }

        /// Whether it may end here.
        boolean isComplete() {
            return complete;
        }

        /// Whether nothing fits any more.
        boolean isDead() {
            return !complete && ways.isEmpty();
        }

        /// The fewest bytes to an end.
        int cost() {
            return cost;
        }
    }

    /// Stands for the end in a set of ways.
    private static final Stack END = new Stack(Expr.EMPTY, null, 0);

    State start(Expr expr) {
        Set<Stack> ways = new LinkedHashSet<>();
        expand(push(expr, null), ways);
        return state(ways);
    }

    /// After one more byte, 0 to 255.
    State step(State state, int next) {
        State known = state.next[next];
        if (known == null) {
            Set<Stack> ways = new LinkedHashSet<>();
            for (Stack way : state.ways) {
                if (way.top instanceof Expr.Byte(BitSet set) && set.get(next)) {
                    expand(way.below, ways);
                }
            }
            known = state(ways);
            state.next[next] = known;
        }
        return known;
    }

    private State state(Set<Stack> ways) {
        State known = states.get(ways);
        if (known != null) {
            return known;
        }
        if (states.size() >= STATES_MAX || waysKept >= WAYS_KEPT_MAX) {
            // Else a state that somebody holds would hold all that followed it.
            states.values().forEach(kept -> Arrays.fill(kept.next, null));
            states.clear();
            waysKept = 0;
        }
        waysKept += ways.size();
        Set<Stack> left = new LinkedHashSet<>(ways);
        boolean complete = left.remove(END);
        State made = new State(left, complete);
        states.put(Set.copyOf(ways), made);
        return made;
    }

    private Stack push(Expr expr, Stack below) {
        return new Stack(expr, below, grammar.cost(expr));
    }

    /// Takes the top apart until it is a byte, into every way there is.
    private void expand(Stack stack, Set<Stack> ways) {
        List<Stack> open = new ArrayList<>();
        open.add(stack == null ? END : stack);
        while (!open.isEmpty() && ways.size() < WAYS_MAX) {
            Stack way = open.removeLast();
            if (way == END) {
                ways.add(END);
                continue;
            }
            Stack below = way.below;
            switch (way.top) {
                case Expr.Byte _ -> ways.add(way);
                case Expr.Seq(List<Expr> parts) -> {
                    Stack made = below;
                    for (Expr part : parts.reversed()) {
                        made = push(part, made);
                    }
                    open.add(made == null ? END : made);
                }
                case Expr.Alt(List<Expr> choices) ->
                        choices.reversed().forEach(choice -> open.add(push(choice, below)));
                case Expr.Repeat(Expr part, int min, int max) -> repeat(part, min, max, below, open);
                case Expr.Rule rule -> open.add(push(grammar.meaning(rule), below));
            }
        }
    }

    private void repeat(Expr part, int min, int max, Stack below, List<Stack> open) {
        if (min == 0) {
            open.add(below == null ? END : below);
        }
        if (max > 0) {
            Expr rest = new Expr.Repeat(part, Math.max(0, min - 1), max == Expr.UNBOUNDED ? max : max - 1);
            open.add(push(part, push(rest, below)));
        }
    }
}

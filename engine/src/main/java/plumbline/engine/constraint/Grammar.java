package plumbline.engine.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The rules of a grammar, and what each costs at least. Filled once, then only read.
final class Grammar {

    private static final int RULES_MAX = 20_000;
    private static final int TEXT_BYTES_MAX = 262_144;
    private static final int SWEEPS_MAX = 64;

    private final List<Expr> rules = new ArrayList<>();
    private int[] costs = new int[0];
    private int textBytes;

    /// A rule that is still to be [#define]d.
    Expr.Rule reserve() throws ConstraintException {
        if (rules.size() == RULES_MAX) {
            throw new ConstraintException("$ref", "the schema is too large: it has more than " + RULES_MAX + " parts");
        }
        rules.add(Expr.EMPTY);
        return new Expr.Rule(rules.size() - 1);
    }

    /// A text that stands in the schema, or that it asks for.
    Expr text(String text) throws ConstraintException {
        textBytes += text.length(); // in characters, which is near enough
        if (textBytes > TEXT_BYTES_MAX) {
            throw new ConstraintException("enum", "the schema is too large: its names and values, with every integer"
                    + " between a `minimum` and a `maximum`, have more than " + TEXT_BYTES_MAX + " characters");
        }
        return Expr.text(text);
    }

    void define(Expr.Rule rule, Expr meaning) {
        rules.set(rule.index(), meaning);
    }

    Expr rule(Expr meaning) throws ConstraintException {
        Expr.Rule rule = reserve();
        define(rule, meaning);
        return rule;
    }

    Expr meaning(Expr.Rule rule) {
        return rules.get(rule.index());
    }

    /// Works out the costs; all rules must be defined.
    void finish() throws ConstraintException {
        costs = new int[rules.size()];
        Arrays.fill(costs, Expr.COST_MAX);
        // Rules use those that were made after them, or before them: in both directions, either is soon done.
        for (int sweep = 0; sweep < SWEEPS_MAX; sweep++) {
            boolean changed = false;
            for (int i = 0; i < costs.length; i++) {
                int at = sweep % 2 == 0 ? costs.length - 1 - i : i;
                int cost = rules.get(at).cost(costs);
                changed |= cost < costs[at];
                costs[at] = Math.min(cost, costs[at]);
            }
            if (!changed) {
                return;
            }
        }
        throw new ConstraintException("$ref", "the schema's parts refer to each other in too many ways");
    }

    int cost(Expr expr) {
        return expr.cost(costs);
    }
}

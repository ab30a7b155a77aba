package plumbline.engine.constraint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The rules of a grammar, and what each costs at least. Filled once, then only read.
final class Grammar {

    private static final int RULES_MAX = 20_000;

    private final List<Expr> rules = new ArrayList<>();
    private int[] costs = new int[0];

    /// A rule that is still to be [#define]d.
    Expr.Rule reserve() throws ConstraintException {
        if (rules.size() == RULES_MAX) {
            throw new ConstraintException("$ref", "the schema is too large: it has more than " + RULES_MAX + " parts");
        }
        rules.add(Expr.EMPTY);
        return new Expr.Rule(rules.size() - 1);
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
    void finish() {
        costs = new int[rules.size()];
        Arrays.fill(costs, Expr.COST_MAX);
        boolean changed = true;
        while (changed) {
            changed = false;
            // From the back: rules tend to use those that were made after them.
            for (int i = rules.size() - 1; i >= 0; i--) {
                int cost = rules.get(i).cost(costs);
                changed |= cost < costs[i];
                costs[i] = Math.min(cost, costs[i]);
            }
        }
    }

    int cost(Expr expr) {
        return expr.cost(costs);
    }
}

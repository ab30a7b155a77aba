package plumbline.engine.constraint;

import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import plumbline.engine.TokenRestriction;
import plumbline.engine.tokenizer.Tokenizer;

/// A place in an answer that must follow a grammar. Which tokens may come next depends on the grammar, the
/// vocabulary, the tokens so far and how many may still come: near the limit only those that leave room to bring
/// what was begun to its end (spec/structured.md O1, O2). Immutable; safe for threads.
public final class Constraint implements TokenRestriction {

    private static final int KEPT_MAX = 4_096;

    private final Shared shared;
    private final Machine.State state;
    private final int left;

    /// What all places of an answer share.
    private record Shared(Machine machine, Tokens tokens, Tokenizer tokenizer,
            Map<Machine.State, Tokens.Fitting> kept) {}

    private Constraint(Shared shared, Machine.State state, int left) {
        this.shared = shared;
        this.state = state;
        this.left = left;
    }

    static Constraint of(Grammar grammar, Expr start, Tokens tokens, Tokenizer tokenizer, int tokensMax)
            throws ConstraintException {
        grammar.finish();
        if (grammar.cost(start) >= Expr.COST_MAX) {
            throw new ConstraintException("required", "every document of the schema is without end");
        }
        Machine machine = new Machine(grammar);
        return new Constraint(
                new Shared(machine, tokens, tokenizer, new ConcurrentHashMap<>()), machine.start(start), tokensMax);
    }

    @Override
    public BitSet allowed() {
        synchronized (shared.machine) {
            // A byte has a token of its own, so a token for each byte and one for the end are enough.
            BitSet allowed = fitting(left - 2);
            if (allowed.isEmpty() && !state.isComplete()) {
                allowed = fitting(Expr.COST_MAX); // the limit was too low from the beginning
            }
            if (state.isComplete() || allowed.isEmpty()) {
                allowed = (BitSet) allowed.clone();
                allowed.or(shared.tokens.ends());
            }
            return allowed;
        }
    }

    private BitSet fitting(int costMax) {
        Tokens.Fitting all = shared.kept.get(state);
        if (all == null) {
            all = shared.tokens.fitting(shared.machine, state, Expr.COST_MAX);
            if (shared.kept.size() >= KEPT_MAX) {
                shared.kept.clear();
            }
            shared.kept.put(state, all);
        }
        return all.costMost() <= costMax ? all.ids()
                : shared.tokens.fitting(shared.machine, state, costMax).ids();
    }

    @Override
    public TokenRestriction after(int id) {
        synchronized (shared.machine) {
            Machine.State next = state;
            for (byte b : shared.tokens.bytes(id, shared.tokenizer)) {
                next = shared.machine.step(next, b & 0xff);
            }
            return new Constraint(shared, next, left - 1);
        }
    }

    /// Whether the answer may end here.
    boolean isComplete() {
        return state.isComplete();
    }
}

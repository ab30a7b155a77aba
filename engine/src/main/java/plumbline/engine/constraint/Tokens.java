package plumbline.engine.constraint;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.stream.IntStream;
import plumbline.engine.tokenizer.Tokenizer;

/// The tokens of a vocabulary that have text, in the order of their bytes, so that those with the same beginning stand
/// together. Immutable.
public final class Tokens {

    private final int[] ids;
    private final byte[][] bytes;
    private final BitSet ends;

    private Tokens(int[] ids, byte[][] bytes, BitSet ends) {
        this.ids = ids;
        this.bytes = bytes;
        this.ends = ends;
    }

    /// Those of a tokenizer.
    public static Tokens of(Tokenizer tokenizer) {
        byte[][] all = new byte[tokenizer.size()][];
        BitSet ends = new BitSet();
        for (int id = 0; id < all.length; id++) {
            boolean isEnd = tokenizer.endsGeneration(id);
            ends.set(id, isEnd);
            all[id] = isEnd ? new byte[0] : tokenizer.bytes(id);
        }
        int[] ids = IntStream.range(0, all.length).filter(id -> all[id].length > 0).boxed()
                .sorted(Comparator.<Integer, byte[]>comparing(id -> all[id], Arrays::compareUnsigned)
                        .thenComparing(Comparator.naturalOrder()))
                .mapToInt(Integer::intValue).toArray();
        byte[][] sorted = new byte[ids.length][];
        for (int i = 0; i < ids.length; i++) {
            sorted[i] = all[ids[i]];
        }
        return new Tokens(ids, sorted, ends);
    }

    /// The ids that end an answer.
    BitSet ends() {
        return ends;
    }

    /// The bytes of a token that has some; empty for others.
    byte[] bytes(int id, Tokenizer tokenizer) {
        return ends.get(id) ? new byte[0] : tokenizer.bytes(id);
    }

    /// Tokens that fit, and the most bytes to an end after any of them.
    record Fitting(BitSet ids, int costMost) {}

    /// The tokens that fit after `state` and leave at most `costMax` bytes to an end.
    Fitting fitting(Machine machine, Machine.State state, int costMax) {
        BitSet fitting = new BitSet();
        int costMost = 0;
        Machine.State[] path = new Machine.State[256];
        byte[] before = new byte[0];
        int known = 0; // path[0..known] holds for the first `known` bytes of `before`
        path[0] = state;
        for (int i = 0; i < ids.length; i++) {
            byte[] now = bytes[i];
            int common = Arrays.mismatch(before, now);
            common = common < 0 ? now.length : common;
            if (common > known || now.length >= path.length) {
                continue; // what they have in common doesn't fit
            }
            int at = common;
            while (at < now.length) {
                Machine.State next = machine.step(path[at], now[at] & 0xff);
                if (next.isDead()) {
                    break;
                }
                path[++at] = next;
            }
            known = at;
            before = now;
            if (at == now.length && path[at].cost() <= costMax) {
                fitting.set(ids[i]);
                costMost = Math.max(costMost, path[at].cost());
            }
        }
        return new Fitting(fitting, costMost);
    }
}

package plumbline.engine.constraint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// What may be written: a grammar over bytes. Values are equal where they mean the same place of it.
sealed interface Expr {

    /// More bytes than any answer has: the cost of what can't be written at all.
    int COST_MAX = 1 << 28;

    /// One byte of a set.
    record Byte(BitSet set) implements Expr {}

    /// One after the other.
    record Seq(List<Expr> parts) implements Expr {}

    /// One of them.
    record Alt(List<Expr> ways) implements Expr {}

    /// `min` to `max` times; the part writes at least one byte.
    record Repeat(Expr part, int min, int max) implements Expr {}

    /// A named part of the grammar, so that it can hold itself.
    record Rule(int index) implements Expr {}

    /// For [Repeat]: as often as one likes.
    int UNBOUNDED = Integer.MAX_VALUE;

    Expr EMPTY = new Seq(List.of());

    /// The sets of one byte, shared: schemas may write out long texts.
    final class Single {
        private static final Expr[] BYTES = new Expr[256];

        static {
            for (int b = 0; b < BYTES.length; b++) {
                BYTES[b] = range(b, b);
            }
        }

        private Single() {}
    }

    static Expr text(String text) {
        List<Expr> bytes = new ArrayList<>();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            bytes.add(Single.BYTES[b & 0xff]);
        }
        return new Seq(List.copyOf(bytes));
    }

    static Expr range(int from, int to) {
        BitSet set = new BitSet(256);
        set.set(from, to + 1);
        return new Byte(set);
    }

    /// One of these ASCII characters.
    static Expr oneOf(String characters) {
        BitSet set = new BitSet(256);
        characters.chars().forEach(set::set);
        return new Byte(set);
    }

    static Expr seq(Expr... parts) {
        return new Seq(List.of(parts));
    }

    static Expr alt(Expr... ways) {
        return new Alt(List.of(ways));
    }

    static Expr optional(Expr part) {
        return alt(part, EMPTY);
    }

    /// The fewest bytes that write it.
    ///
    /// @param rules of each rule, as far as it is known
    default int cost(int[] rules) {
        return switch (this) {
            case Byte _ -> 1;
            case Seq(List<Expr> parts) -> {
                long sum = 0;
                for (Expr part : parts) {
                    sum += part.cost(rules);
                }
                yield (int) Math.min(sum, COST_MAX);
            }
            case Alt(List<Expr> ways) -> ways.stream().mapToInt(way -> way.cost(rules)).min().orElse(COST_MAX);
            case Repeat(Expr part, int min, int _) -> (int) Math.min((long) min * part.cost(rules), COST_MAX);
            case Rule(int index) -> rules[index];
        };
    }
}

package plumbline.engine.constraint;

import static plumbline.engine.constraint.Expr.alt;
import static plumbline.engine.constraint.Expr.oneOf;
import static plumbline.engine.constraint.Expr.optional;
import static plumbline.engine.constraint.Expr.range;
import static plumbline.engine.constraint.Expr.seq;
import static plumbline.engine.constraint.Expr.text;

/// The parts of JSON (RFC 8259), as far as they are written here: whitespace is short, numbers have at most 16 digits
/// before and after the point, free values nest at most 8 deep. Source: spec/structured.md O3.
final class JsonGrammar {

    private static final int DIGITS_MAX = 15;
    private static final int INDENT_MAX = 16;
    private static final int FREE_DEPTH = 8;

    private static final Expr TAIL = range(0x80, 0xbf);
    private static final Expr HEX = oneOf("0123456789abcdefABCDEF");

    /// One code point of a string: as UTF-8, or escaped; no half surrogate pair either way.
    static final Expr CHARACTER = alt(
            range(0x23, 0x5b), range(0x20, 0x21), range(0x5d, 0x7e),
            seq(range(0xc2, 0xdf), TAIL),
            seq(range(0xe0, 0xe0), range(0xa0, 0xbf), TAIL),
            seq(alt(range(0xe1, 0xec), range(0xee, 0xef)), TAIL, TAIL),
            seq(range(0xed, 0xed), range(0x80, 0x9f), TAIL),
            seq(range(0xf0, 0xf0), range(0x90, 0xbf), TAIL, TAIL),
            seq(range(0xf1, 0xf3), TAIL, TAIL, TAIL),
            seq(range(0xf4, 0xf4), range(0x80, 0x8f), TAIL, TAIL),
            seq(text("\\"), alt(oneOf("\"\\/bfnrt"), seq(text("u"), alt(
                    seq(oneOf("0123456789abcefABCEF"), HEX, HEX, HEX),
                    seq(oneOf("dD"), oneOf("01234567"), HEX, HEX))))));

    /// Nothing, a space, or a new line and its indentation.
    static final Expr SPACE = alt(Expr.EMPTY, text(" "),
            seq(text("\n"), new Expr.Repeat(text(" "), 0, INDENT_MAX)));

    private static final Expr DIGIT = oneOf("0123456789");

    /// An integer without sign.
    static final Expr NATURAL = alt(text("0"), positive());

    static final Expr INTEGER = seq(optional(text("-")), NATURAL);

    static final Expr NUMBER = seq(INTEGER, optional(seq(text("."), new Expr.Repeat(DIGIT, 1, DIGITS_MAX))));

    static final Expr STRING = string(0, Expr.UNBOUNDED);

    private JsonGrammar() {}

    static Expr positive() {
        return seq(oneOf("123456789"), new Expr.Repeat(DIGIT, 0, DIGITS_MAX));
    }

    static Expr string(int min, int max) {
        return seq(text("\""), new Expr.Repeat(CHARACTER, min, max), text("\""));
    }

    static Expr array(Expr item, int min, int max) {
        if (max == 0) {
            return text("[]");
        }
        Expr more = new Expr.Repeat(seq(SPACE, text(","), SPACE, item),
                Math.max(0, min - 1), max == Expr.UNBOUNDED ? max : max - 1);
        Expr items = seq(item, more, SPACE);
        return seq(text("["), SPACE, min == 0 ? optional(items) : items, text("]"));
    }

    /// An object with any names.
    static Expr map(Expr value) {
        Expr pair = seq(STRING, SPACE, text(":"), SPACE, value);
        Expr pairs = seq(pair, new Expr.Repeat(seq(SPACE, text(","), SPACE, pair), 0, Expr.UNBOUNDED), SPACE);
        return seq(text("{"), SPACE, optional(pairs), text("}"));
    }

    /// Any value.
    static Expr value(Grammar grammar) throws ConstraintException {
        Expr value = scalar();
        for (int depth = 1; depth < FREE_DEPTH; depth++) {
            value = grammar.rule(alt(scalar(), map(value), array(value, 0, Expr.UNBOUNDED)));
        }
        return value;
    }

    /// Any object.
    static Expr object(Grammar grammar) throws ConstraintException {
        return map(value(grammar));
    }

    private static Expr scalar() {
        return alt(STRING, NUMBER, text("true"), text("false"), text("null"));
    }
}

package plumbline.verify;

import java.math.BigDecimal;
import java.math.RoundingMode;

/// Q16: integers in units of 2^-16. A decimal text x becomes floor(x * 65536 + 1/2), exactly.
///
/// The grammar is JSON's number. Source: spec/receipt.md (Q1-Q4).
final class Q16 {
    private static final int CHARACTERS_MAX = 32;
    private static final int EXPONENT_DIGITS_MAX = 2;
    private static final BigDecimal ONE = BigDecimal.valueOf(65536);
    private static final BigDecimal HALF = new BigDecimal("0.5");

    private Q16() {
    }

    static int of(String decimal, int min, int max) throws MalformedException {
        if (decimal.length() > CHARACTERS_MAX) {
            throw Malformed.value("decimal", decimal,
                    "has " + decimal.length() + " characters, at most " + CHARACTERS_MAX);
        }
        if (!isNumber(decimal)) {
            throw Malformed.value("decimal", decimal, "must be a number like 0.7, -1 or 1e-3,"
                    + " with at most " + EXPONENT_DIGITS_MAX + " digits in the exponent");
        }
        // 32 characters and a two-digit exponent: at most 131 digits before or after the point.
        BigDecimal scaled = new BigDecimal(decimal).multiply(ONE).add(HALF)
                .setScale(0, RoundingMode.FLOOR);
        if (scaled.compareTo(BigDecimal.valueOf(min)) < 0
                || scaled.compareTo(BigDecimal.valueOf(max)) > 0) {
            throw Malformed.value("decimal", decimal, "is " + scaled.toBigInteger()
                    + " in units of 2^-16, outside " + min + ".." + max);
        }
        return scaled.intValueExact();
    }

    /// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?
    private static boolean isNumber(String text) {
        int at = text.startsWith("-") ? 1 : 0;
        int whole = digits(text, at);
        boolean good = whole > at && (text.charAt(at) != '0' || whole == at + 1);
        int end = whole;
        if (good && end < text.length() && text.charAt(end) == '.') {
            int fraction = digits(text, end + 1);
            good = fraction > end + 1;
            end = fraction;
        }
        if (good && end < text.length() && (text.charAt(end) | 0x20) == 'e') {
            int from = end + 1;
            if (from < text.length() && "+-".indexOf(text.charAt(from)) >= 0) {
                from++;
            }
            end = digits(text, from);
            good = end > from && end - from <= EXPONENT_DIGITS_MAX;
        }
        return good && end == text.length();
    }

    /// The index after the digits that begin at `from`.
    private static int digits(String text, int from) {
        int at = from;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        return at;
    }
}

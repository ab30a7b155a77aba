package plumbline.verify;

/// Decimal integers with one spelling each: no plus, no leading zero, no `-0`, within bounds.
final class Decimal {
    private static final int DIGITS_MAX = 20;

    private Decimal() {
    }

    /// A signed integer between `min` and `max`, both included.
    static long parse(String what, String text, long min, long max) throws MalformedException {
        check(what, text);
        try {
            long value = Long.parseLong(text);
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Beyond 64 bits: also out of bounds, said below.
        }
        throw Malformed.value(what, text, "must be between " + min + " and " + max);
    }

    static int parseInt(String what, String text, int min, int max) throws MalformedException {
        return (int) parse(what, text, min, max);
    }

    /// An unsigned 64-bit integer; the caller reads the result as unsigned.
    static long parseUnsigned(String what, String text) throws MalformedException {
        check(what, text);
        try {
            if (text.charAt(0) != '-') {
                return Long.parseUnsignedLong(text);
            }
        } catch (NumberFormatException e) {
            // Beyond 64 bits: said below.
        }
        throw Malformed.value(what, text, "must be between 0 and 18446744073709551615");
    }

    private static void check(String what, String text) throws MalformedException {
        int digits = text.startsWith("-") ? 1 : 0;
        int count = text.length() - digits;
        boolean good = count >= 1 && text.length() <= DIGITS_MAX;
        for (int i = digits; good && i < text.length(); i++) {
            good = text.charAt(i) >= '0' && text.charAt(i) <= '9';
        }
        if (good && text.charAt(digits) == '0') {
            good = text.length() == 1;
        }
        if (!good) {
            throw Malformed.value(what, text,
                    "must be a decimal integer without plus or leading zero");
        }
    }
}

package plumbline.verify;

/// What the answer costs: an amount and its unit, or nothing (`0 -`).
///
/// Source: spec/receipt.md (R22).
///
/// @param amount an unsigned 64-bit integer
/// @param unit 1..32 of `A-Z a-z 0-9 . / : -`; `-` if and only if the amount is 0
public record Price(long amount, String unit) {
    /// Nothing is asked.
    public static final Price FREE = new Price(0, "-");

    private static final int UNIT_MAX = 32;

    /// Refuses a unit that isn't one, and an amount and unit that don't belong together.
    public Price {
        if (!fits(amount, unit)) {
            throw new IllegalArgumentException("price " + amount + " " + unit);
        }
    }

    private static boolean fits(long amount, String unit) {
        boolean letters = !unit.isEmpty() && unit.length() <= UNIT_MAX;
        for (int i = 0; letters && i < unit.length(); i++) {
            char c = unit.charAt(i);
            letters = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
                    || c == '.' || c == '/' || c == ':' || c == '-';
        }
        return letters && (amount == 0) == unit.equals("-");
    }

    static Price parse(String text) throws MalformedException {
        int space = text.indexOf(' ');
        if (space < 0) {
            throw Malformed.value("price", text, "must be an amount, a space and a unit");
        }
        long amount = Decimal.parseUnsigned("price", text.substring(0, space));
        String unit = text.substring(space + 1);
        if (!fits(amount, unit)) {
            throw Malformed.value("price", text,
                    "must be \"0 -\" or an amount above 0 and a unit of 1..32 [A-Za-z0-9./:-]");
        }
        return new Price(amount, unit);
    }

    @Override
    public String toString() {
        return Long.toUnsignedString(amount) + " " + unit;
    }
}

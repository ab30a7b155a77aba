package plumbline.verify;

/// Makes the messages for values that are not in their one form: the value, then the rule.
final class Malformed {
    private Malformed() {
    }

    static MalformedException value(String what, String found, String rule) {
        return new MalformedException(what, "found " + Texts.show(found) + ", which " + rule);
    }

    /// 64 lowercase hex digits.
    static Digest digest(String what, String text) throws MalformedException {
        if (!Ascii.isHex(text, 2 * Digest.BYTES)) {
            throw value(what, text, "must be 64 lowercase hex digits");
        }
        return Digest.parseHex(text);
    }
}

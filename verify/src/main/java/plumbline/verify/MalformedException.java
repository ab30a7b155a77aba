package plumbline.verify;

/// Bytes from outside are not a valid value of their format.
///
/// The only exception that a parser of this module throws on hostile bytes. The message says which
/// format was read, where it went wrong and what was found there; lines count from 1, byte offsets
/// from 0.
public final class MalformedException extends Exception {
    private final String format;
    private final String what;

    /// `format` names the format as its page in `spec/` does; `what` says what is wrong, both
    /// values.
    public MalformedException(String format, String what) {
        this(format, "", what);
    }

    private MalformedException(String format, String where, String what) {
        super("malformed " + format + where + ": " + what);
        this.format = format;
        this.what = what;
    }

    /// A fault in a line of text; the first line is 1.
    public static MalformedException atLine(String format, int line, String what) {
        return new MalformedException(format, ", line " + line, what);
    }

    /// A fault at a byte; the first byte is 0.
    public static MalformedException atOffset(String format, long offset, String what) {
        return new MalformedException(format, ", byte " + offset, what);
    }

    /// The format that was read.
    public String format() {
        return format;
    }

    /// What is wrong, without the place.
    public String what() {
        return what;
    }
}

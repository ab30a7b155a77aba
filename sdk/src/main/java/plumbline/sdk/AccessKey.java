package plumbline.sdk;

import java.util.regex.Pattern;

/// What a caller shows to a node that asks for an API key. Its text is in no message: [#toString] keeps it, and what
/// others say is passed on through [#hiddenIn]. Source: spec/proxy.md F30 to F33, spec/api.md A110.
public final class AccessKey {

    private static final Pattern FORM = Pattern.compile("plumb_[0-9a-f]{16}_[0-9a-f]{64}");

    private static final int ID_START = 6;
    private static final int ID_END = 23;

    private final String text;
    private final Pattern beginning;

    private AccessKey(String text) {
        this.text = text;
        // Messages quote what they are about, and cut it somewhere.
        this.beginning = Pattern.compile("(plumb_)?" + text.substring(ID_START, ID_END) + "[0-9a-f]*");
    }

    /// Reads a key as `plumb apikey create` prints it.
    ///
    /// @param where what it stands in, for the message, which doesn't say what stands there
    /// @throws PlumblineException if it is none
    public static AccessKey parse(String text, String where) throws PlumblineException {
        if (!FORM.matcher(text).matches()) {
            throw new PlumblineException(where + " is no node's API key: that is plumb_, 16 digits, _ and 64 digits",
                    "Copy all of what `plumb apikey create` printed.");
        }
        return new AccessKey(text);
    }

    /// The value of the header `Authorization`.
    public String authorization() {
        return "Bearer " + text;
    }

    /// What somebody said, without this key or a beginning of it.
    public String hiddenIn(String said) {
        return beginning.matcher(said).replaceAll(toString());
    }

    @Override
    public String toString() {
        return "[API key]";
    }
}

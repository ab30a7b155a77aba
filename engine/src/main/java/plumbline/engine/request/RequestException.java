package plumbline.engine.request;

import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;

/// A request that is refused: an HTTP status, the field it is about, and a sentence for the caller.
/// Source: spec/api.md section "Errors".
public final class RequestException extends Exception {

    private static final int WHY_CHARS_MAX = 300;
    private static final Pattern WHERE = Pattern.compile("\\s*\\(?[a-z ]*at \\[Source: [^\\]]*\\]\\)?");

    private final int status;
    private final Optional<String> param;
    private final Optional<String> code;

    /// @param status HTTP status, 4xx, or 503
    /// @param param the field at fault, as a path (`messages[2].content`); empty if it is no single field
    /// @param code machine-readable name of the error; empty if there is none
    public RequestException(int status, String param, String code, String message) {
        super(message);
        this.status = status;
        this.param = Optional.of(param).filter(name -> !name.isEmpty());
        this.code = Optional.of(code).filter(name -> !name.isEmpty());
    }

    public RequestException(int status, String param, String message) {
        this(status, param, "", message);
    }

    /// A body that can't be read.
    public static RequestException notJson(JacksonException e) {
        // The parser ends what it says with where, in words that are about itself.
        String why = WHERE.matcher(e.getOriginalMessage()).replaceAll("");
        return new RequestException(400, "", "the body isn't valid JSON, line " + e.getLocation().getLineNr()
                + " column " + e.getLocation().getColumnNr()
                + ": " + why.substring(0, Math.min(WHY_CHARS_MAX, why.length())));
    }

    /// HTTP status.
    public int status() {
        return status;
    }

    /// The field at fault, if it is one field.
    public Optional<String> param() {
        return param;
    }

    /// Machine-readable name of the error, such as `model_not_found`.
    public Optional<String> code() {
        return code;
    }
}

package plumbline.node.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.engine.request.AnswerOptions;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/// Finds the tool calls in an answer's text while it comes: JSON between `<tool_call>` and `</tool_call>`, or a
/// text that is one JSON object as a whole; in both an object with the `name` of an offered tool and `arguments` (or
/// `parameters`). What is no such call is text. Depends on the request's tools and the text alone, however the text is
/// cut into pieces. Not safe for threads. Source: spec/api.md A18.
final class ToolCallReader {

    private static final String OPEN = "<tool_call>";
    private static final String CLOSE = "</tool_call>";
    private static final JsonFactory JSON = new JsonFactory();

    private final AnswerOptions options;
    private final StringBuilder held = new StringBuilder();
    private boolean begun;
    private boolean called;

    ToolCallReader(AnswerOptions options) {
        this.options = options;
    }

    /// Takes the next piece of text; what is certain by now.
    List<AnswerPart> add(String piece) {
        if (options.offered().isEmpty()) {
            return piece.isEmpty() ? List.of() : List.of(new AnswerPart.Text(piece));
        }
        held.append(piece);
        List<AnswerPart> parts = new ArrayList<>();
        while (!isWholeObject() && step(parts)) {
            // until more text is needed
        }
        return parts;
    }

    /// Takes the end of the text.
    List<AnswerPart> finish() {
        List<AnswerPart> parts = new ArrayList<>();
        String rest = held.toString();
        held.setLength(0);
        // A stop string or the model's end may stand where the closing tag belongs.
        String json = rest.startsWith(OPEN) ? rest.substring(OPEN.length()) : rest;
        Optional<AnswerPart.Call> call =
                rest.startsWith(OPEN) || !begun && rest.strip().startsWith("{") ? call(json) : Optional.empty();
        if (call.isPresent()) {
            parts.add(call.get());
        } else if (!(called && rest.isBlank()) && !rest.isEmpty()) {
            parts.add(new AnswerPart.Text(rest));
        }
        return parts;
    }

    /// Whether the text so far may be one JSON object, which only its end can tell.
    private boolean isWholeObject() {
        return !begun && !held.isEmpty() && held.toString().stripLeading().startsWith("{");
    }

    /// Moves what is certain from `held` to `parts`; false if nothing was.
    private boolean step(List<AnswerPart> parts) {
        int open = held.indexOf(OPEN);
        if (open < 0) {
            return text(parts, held.length() - undecided());
        }
        if (held.substring(0, open).isBlank()) {
            int close = close(open + OPEN.length());
            if (close < 0) {
                return false;
            }
            String json = held.substring(open + OPEN.length(), close);
            Optional<AnswerPart.Call> call = call(json);
            parts.add(call.isPresent() ? call.get()
                    : new AnswerPart.Text(held.substring(0, close + CLOSE.length())));
            called |= call.isPresent();
            begun = true;
            held.delete(0, close + CLOSE.length());
            return true;
        }
        return text(parts, open - trailingBlanks(held.substring(0, open)));
    }

    /// Where the call ends that begins here; a closing tag within a string of its JSON is what the model says.
    private int close(int from) {
        boolean isJson = held.substring(from).stripLeading().startsWith("{");
        boolean isInString = false;
        for (int at = from; at < held.length(); at++) {
            char c = held.charAt(at);
            if (isJson && isInString && c == '\\') {
                at++;
            } else if (isJson && c == '"') {
                isInString = !isInString;
            } else if (!isInString && c == '<' && held.indexOf(CLOSE, at) == at) {
                return at;
            }
        }
        return -1;
    }

    private boolean text(List<AnswerPart> parts, int count) {
        if (count <= 0) {
            return false;
        }
        parts.add(new AnswerPart.Text(held.substring(0, count)));
        held.delete(0, count);
        begun = true;
        return true;
    }

    /// How much of the end may yet belong to a call: the beginning of a tag, and the blanks before it.
    private int undecided() {
        int tag = 0;
        for (int n = Math.min(OPEN.length() - 1, held.length()); n > 0 && tag == 0; n--) {
            if (OPEN.startsWith(held.substring(held.length() - n))) {
                tag = n;
            }
        }
        return tag + trailingBlanks(held.substring(0, held.length() - tag));
    }

    private static int trailingBlanks(String text) {
        return text.length() - text.stripTrailing().length();
    }

    /// The call that a JSON text describes; the arguments stay as they are written.
    private Optional<AnswerPart.Call> call(String json) {
        String name = "";
        Optional<String> arguments = Optional.empty();
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                if (field.equals("name") && value == JsonToken.VALUE_STRING) {
                    name = parser.getString();
                } else if ((field.equals("arguments") || field.equals("parameters"))
                        && value == JsonToken.START_OBJECT) {
                    int from = (int) parser.currentTokenLocation().getCharOffset();
                    parser.skipChildren();
                    arguments = Optional.of(json.substring(from, (int) parser.currentLocation().getCharOffset()));
                } else {
                    parser.skipChildren();
                }
            }
            if (parser.nextToken() != null) {
                return Optional.empty();
            }
        } catch (JacksonException e) {
            return Optional.empty(); // then it is text
        }
        String called = name;
        return options.tool(called).isEmpty() ? Optional.empty()
                : arguments.map(text -> new AnswerPart.Call(called, text));
    }
}

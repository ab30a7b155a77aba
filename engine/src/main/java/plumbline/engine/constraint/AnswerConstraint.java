package plumbline.engine.constraint;

import static plumbline.engine.constraint.Expr.alt;
import static plumbline.engine.constraint.Expr.seq;
import static plumbline.engine.constraint.Expr.text;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.engine.request.AnswerFormat;
import plumbline.engine.request.AnswerOptions;
import plumbline.engine.request.RequestException;
import plumbline.engine.request.Tool;
import plumbline.engine.request.ToolChoice;
import plumbline.engine.tokenizer.Tokenizer;

/// Which grammar a request's options ask for, if any. Source: spec/structured.md O1, O9-O11.
public final class AnswerConstraint {

    private static final String OPEN = "<tool_call>";
    private static final String CLOSE = "</tool_call>";

    private final Grammar grammar = new Grammar();
    private final AnswerOptions options;
    private final boolean tags;

    private AnswerConstraint(AnswerOptions options, boolean tags) {
        this.options = options;
        this.tags = tags;
    }

    /// The restriction on the first token of an answer; empty where anything may come.
    ///
    /// @param tags whether the model writes tool calls between tags; else as bare JSON with `parameters`
    /// @throws RequestException status 400 if a schema has a keyword that can't be honoured
    public static Optional<Constraint> of(
            AnswerOptions options, boolean tags, Tokens tokens, Tokenizer tokenizer, int tokensMax)
            throws RequestException {
        AnswerConstraint constraint = new AnswerConstraint(options, tags);
        Optional<Expr> start = constraint.start();
        if (start.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Constraint.of(constraint.grammar, start.get(), tokens, tokenizer, tokensMax));
        } catch (ConstraintException e) {
            throw new RequestException(400, "response_format", "schema_not_supported", e.getMessage());
        }
    }

    private Optional<Expr> start() throws RequestException {
        boolean mayCall = !options.offered().isEmpty();
        return switch (options.toolChoice()) {
            case ToolChoice.Required() -> Optional.of(call(options.offered()));
            case ToolChoice.Function(String name) -> Optional.of(call(options.tool(name).stream().toList()));
            case ToolChoice.Auto() when mayCall && options.format() instanceof AnswerFormat.Text ->
                    options.parallelToolCalls() && options.offered().stream().noneMatch(AnswerConstraint::isStrict)
                            ? Optional.empty() : Optional.of(textAndCalls());
            case ToolChoice.Auto(), ToolChoice.None() -> {
                Optional<Expr> format = format();
                yield mayCall && format.isPresent() ? Optional.of(alt(format.get(), call(options.offered()))) : format;
            }
        };
    }

    private Optional<Expr> format() throws RequestException {
        try {
            return switch (options.format()) {
                case AnswerFormat.Text() -> Optional.empty();
                case AnswerFormat.JsonObject() -> Optional.of(JsonGrammar.object(grammar));
                case AnswerFormat.JsonSchema(_, Map<String, Object> schema) ->
                        Optional.of(new SchemaGrammar(grammar, schema).of(schema));
            };
        } catch (ConstraintException e) {
            throw new RequestException(400, "response_format.json_schema.schema", "schema_not_supported",
                    e.getMessage());
        }
    }

    private static boolean isStrict(Tool tool) {
        return tool.definition().get("function") instanceof Map<?, ?> function
                && Boolean.TRUE.equals(function.get("strict"));
    }

    /// One call of one of the tools.
    private Expr call(List<Tool> tools) throws RequestException {
        List<Expr> ways = new ArrayList<>();
        for (Tool tool : tools) {
            ways.add(tags
                    ? seq(text(OPEN + "\n{\"name\": \"" + tool.name() + "\", \"arguments\": "), arguments(tool),
                            text("}\n" + CLOSE))
                    : seq(text("{\"name\": \"" + tool.name() + "\", \"parameters\": "), arguments(tool), text("}")));
        }
        return new Expr.Alt(List.copyOf(ways));
    }

    /// Arguments of a strict tool follow its schema; those of another do if they can.
    private Expr arguments(Tool tool) throws RequestException {
        try {
            Map<String, Object> schema = tool.parameters();
            boolean isObject = "object".equals(schema.get("type")) || schema.containsKey("properties");
            if (isObject || isStrict(tool) && !schema.isEmpty()) {
                try {
                    return grammar.rule(new SchemaGrammar(grammar, schema).of(schema));
                } catch (ConstraintException e) {
                    if (isStrict(tool)) {
                        throw new RequestException(400, "tools", "schema_not_supported",
                                "the tool `" + tool.name() + "` is strict, but " + e.getMessage());
                    }
                }
            }
            return grammar.rule(JsonGrammar.object(grammar));
        } catch (ConstraintException e) {
            throw new RequestException(400, "tools", "schema_not_supported", e.getMessage());
        }
    }

    /// Any text, in which what begins as a call is one. Without tags a call is the whole text.
    private Expr textAndCalls() throws RequestException {
        try {
            if (!tags) {
                return alt(call(options.offered()), notBegin(), Expr.EMPTY);
            }
            Expr.Rule[] matched = new Expr.Rule[OPEN.length()];
            for (int i = 0; i < matched.length; i++) {
                matched[i] = grammar.reserve();
            }
            Expr call = call(options.offered());
            // The tag has been written up to its last character; what follows is a call's rest.
            Expr after = options.parallelToolCalls() ? seq(rest(call), matched[0]) : rest(call);
            for (int i = 0; i < matched.length; i++) {
                BitSet other = new BitSet(256);
                other.set(0, 256);
                other.clear('<');
                other.clear(OPEN.charAt(i));
                List<Expr> ways = new ArrayList<>(List.of(Expr.EMPTY, seq(new Expr.Byte(other), matched[0])));
                if (i > 0) {
                    ways.add(seq(text("<"), matched[1]));
                }
                Expr next = i + 1 < matched.length ? matched[i + 1] : after;
                ways.add(seq(text(OPEN.substring(i, i + 1)), next));
                grammar.define(matched[i], new Expr.Alt(List.copyOf(ways)));
            }
            return matched[0];
        } catch (ConstraintException e) {
            throw new RequestException(400, "tools", "schema_not_supported", e.getMessage());
        }
    }

    /// Each way of a call without its opening tag.
    private static Expr rest(Expr call) {
        return call instanceof Expr.Alt(List<Expr> ways)
                ? new Expr.Alt(ways.stream().map(AnswerConstraint::withoutTag).toList()) : call;
    }

    private static Expr withoutTag(Expr way) {
        if (way instanceof Expr.Seq(List<Expr> parts) && parts.getFirst() instanceof Expr.Seq(List<Expr> bytes)) {
            List<Expr> left = new ArrayList<>(parts);
            left.set(0, new Expr.Seq(bytes.subList(OPEN.length(), bytes.size())));
            return new Expr.Seq(List.copyOf(left));
        }
        return way;
    }

    /// Text that doesn't begin like a call.
    private static Expr notBegin() {
        BitSet first = new BitSet(256);
        first.set(0, 256);
        " \t\r\n{".chars().forEach(first::clear);
        BitSet any = new BitSet(256);
        any.set(0, 256);
        return seq(new Expr.Byte(first), new Expr.Repeat(new Expr.Byte(any), 0, Expr.UNBOUNDED));
    }
}

package plumbline.engine.constraint;

import static plumbline.engine.constraint.Expr.alt;
import static plumbline.engine.constraint.Expr.seq;
import static plumbline.engine.constraint.Expr.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Makes a grammar of a JSON Schema, all of whose documents are valid by the schema; a keyword that it can't keep is
/// refused. It may leave out valid documents (other orders of properties, properties that aren't named).
/// Source: JSON Schema 2020-12; spec/structured.md O4-O8.
final class SchemaGrammar {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// What says nothing about a document's validity.
    private static final Set<String> ANNOTATIONS = Set.of("title", "description", "default", "examples", "$schema",
            "$id", "$comment", "deprecated", "readOnly", "writeOnly", "$defs", "definitions");
    private static final List<String> TYPES =
            List.of("object", "array", "string", "integer", "number", "boolean", "null");
    private static final int VALUES_MAX = 1_000;
    private static final int COUNT_MAX = 100_000;
    private static final int REFERENCES_MAX = 256;

    private final Grammar grammar;
    private final Object root;
    private final Map<String, Expr.Rule> references = new HashMap<>();
    private int depth; // of references
    // References that are being followed without anything having been written since.
    private Set<String> following = new HashSet<>();

    SchemaGrammar(Grammar grammar, Object root) {
        this.grammar = grammar;
        this.root = root;
    }

    /// The documents of a schema: a Map, or true.
    Expr of(Object schema) throws ConstraintException {
        if (Boolean.TRUE.equals(schema)) {
            return JsonGrammar.value(grammar);
        }
        if (!(schema instanceof Map<?, ?> fields)) {
            throw new ConstraintException("false", "a part of the schema is " + schema + ", which no document fulfils");
        }
        Set<String> words = new TreeSet<>();
        fields.keySet().forEach(word -> words.add((String) word));
        words.removeAll(ANNOTATIONS);
        for (String alone : List.of("$ref", "anyOf", "oneOf", "allOf")) {
            if (words.contains(alone)) {
                requireOnly(words, " beside `" + alone + "`", alone);
                return combined(alone, fields.get(alone));
            }
        }
        if (words.contains("const") || words.contains("enum")) {
            return values(fields, words);
        }
        return typed(fields, words);
    }

    private static ConstraintException refused(String keyword, String why) {
        return new ConstraintException(keyword, "the schema's keyword `" + keyword + "` " + why);
    }

    private static void requireOnly(Set<String> words, String where, String... known) throws ConstraintException {
        for (String word : words) {
            if (!List.of(known).contains(word)) {
                throw refused(word, "can't be honoured" + where + ": leave it out, or say it another way");
            }
        }
    }

    private Expr combined(String keyword, Object value) throws ConstraintException {
        if (keyword.equals("$ref")) {
            return reference(value);
        }
        if (!(value instanceof List<?> parts) || parts.isEmpty()) {
            throw refused(keyword, "must be a list of schemas");
        }
        if (keyword.equals("allOf") && parts.size() > 1) {
            throw refused(keyword, "can't be honoured with more than one schema: join them");
        }
        if (keyword.equals("oneOf") && !areDisjoint(parts)) {
            throw refused(keyword, "can only be honoured where each schema has another `type`: use `anyOf`");
        }
        List<Expr> ways = new ArrayList<>();
        for (Object part : parts) {
            ways.add(of(part));
        }
        return new Expr.Alt(List.copyOf(ways));
    }

    private static boolean areDisjoint(List<?> schemas) {
        Set<Object> types = new TreeSet<>();
        for (Object schema : schemas) {
            Object type = schema instanceof Map<?, ?> fields ? fields.get("type") : null;
            if (!(type instanceof String word) || !types.add(word.equals("integer") ? "number" : word)) {
                return false;
            }
        }
        return true;
    }

    private Expr reference(Object value) throws ConstraintException {
        if (!(value instanceof String pointer) || !(pointer.equals("#") || pointer.startsWith("#/"))) {
            throw refused("$ref", "must point into the schema itself, like #/$defs/name");
        }
        if (following.contains(pointer)) {
            throw refused("$ref", "leads from " + pointer + " to itself");
        }
        Expr.Rule known = references.get(pointer);
        if (known != null) {
            return known;
        }
        Object target = root;
        for (String step : pointer.equals("#") ? new String[0] : pointer.substring(2).split("/")) {
            String name = step.replace("~1", "/").replace("~0", "~");
            if (!(target instanceof Map<?, ?> fields) || !fields.containsKey(name)) {
                throw refused("$ref", "points to " + pointer + ", which isn't there");
            }
            target = fields.get(name);
        }
        if (target instanceof Map<?, ?> fields && fields.get("$ref") instanceof String) {
            throw refused("$ref", "points to another `$ref`: point to what that points to");
        }
        Expr.Rule rule = grammar.reserve();
        references.put(pointer, rule);
        if (depth == REFERENCES_MAX) {
            throw refused("$ref", "leads through more than " + REFERENCES_MAX + " references, one in the other");
        }
        following.add(pointer);
        depth++;
        grammar.define(rule, of(target));
        depth--;
        following.remove(pointer);
        return rule;
    }

    private Expr values(Map<?, ?> fields, Set<String> words) throws ConstraintException {
        String alone = words.contains("const") ? "const" : "enum";
        requireOnly(words, " beside `" + alone + "`", alone, "type");
        Object given = words.contains("const") ? Collections.singletonList(fields.get("const"))
                : fields.get("enum");
        if (!(given instanceof List<?> values) || values.isEmpty() || values.size() > VALUES_MAX) {
            throw refused("enum", "must be a list of 1 to " + VALUES_MAX + " values");
        }
        List<String> types = types(fields);
        List<Expr> ways = new ArrayList<>();
        for (Object value : values) {
            if (!fields.containsKey("type") || types.stream().anyMatch(type -> isOf(value, type))) {
                ways.add(grammar.text(written(value)));
            }
        }
        if (ways.isEmpty()) {
            throw refused("enum", "has no value of the `type`");
        }
        return new Expr.Alt(List.copyOf(ways));
    }

    private static String written(Object value) throws ConstraintException {
        try {
            return JSON.writeValueAsString(value);
        } catch (JacksonException e) {
            throw refused("enum", "has a value that can't be written");
        }
    }

    private static boolean isOf(Object value, String type) {
        return switch (type) {
            case "object" -> value instanceof Map;
            case "array" -> value instanceof List;
            case "string" -> value instanceof String;
            case "boolean" -> value instanceof Boolean;
            case "null" -> value == null;
            case "integer" -> value instanceof Number && !(value instanceof Double);
            default -> value instanceof Number;
        };
    }

    private static List<String> types(Map<?, ?> fields) throws ConstraintException {
        Object type = fields.get("type");
        List<?> named = type instanceof List<?> list ? list : List.of(type == null ? inferred(fields) : type);
        List<String> types = new ArrayList<>();
        if (named.size() > TYPES.size()) {
            throw refused("type", "must name each type once");
        }
        for (Object one : named) {
            if (!(one instanceof String word) || !(TYPES.contains(word) || word.isEmpty())) {
                throw refused("type", "must be one of " + String.join(", ", TYPES) + ", or a list of them");
            }
            types.add(word);
        }
        if (types.isEmpty()) {
            throw refused("type", "must name a type");
        }
        return types;
    }

    /// Where no type is said, the keywords tell which is meant; the others would be valid too, and aren't written.
    private static String inferred(Map<?, ?> fields) {
        if (fields.containsKey("properties") || fields.containsKey("additionalProperties")
                || fields.containsKey("required")) {
            return "object";
        }
        return fields.containsKey("items") || fields.containsKey("minItems") || fields.containsKey("maxItems") ? "array"
                : fields.containsKey("minLength") || fields.containsKey("maxLength") ? "string" : "";
    }

    private Expr typed(Map<?, ?> fields, Set<String> words) throws ConstraintException {
        List<Expr> ways = new ArrayList<>();
        Set<String> used = new TreeSet<>(Set.of("type"));
        Set<String> outside = following;
        following = new HashSet<>(); // brackets come first
        for (String type : types(fields)) {
            ways.add(switch (type) {
                case "object" -> {
                    used.addAll(List.of("properties", "required", "additionalProperties"));
                    yield object(fields);
                }
                case "array" -> {
                    used.addAll(List.of("items", "minItems", "maxItems"));
                    yield array(fields);
                }
                case "string" -> {
                    used.addAll(List.of("minLength", "maxLength"));
                    int min = count(fields, "minLength", 0);
                    yield JsonGrammar.string(
                            min, atLeast(min, count(fields, "maxLength", Expr.UNBOUNDED), "maxLength"));
                }
                case "integer" -> {
                    used.addAll(List.of("minimum", "maximum"));
                    yield integer(fields);
                }
                case "number" -> JsonGrammar.NUMBER;
                case "boolean" -> alt(text("true"), text("false"));
                case "null" -> text("null");
                default -> JsonGrammar.value(grammar);
            });
        }
        following = outside;
        requireOnly(words, "", used.toArray(String[]::new));
        return new Expr.Alt(List.copyOf(ways));
    }

    private static int count(Map<?, ?> fields, String keyword, int absent) throws ConstraintException {
        Object value = fields.get(keyword);
        if (value == null && !fields.containsKey(keyword)) {
            return absent;
        }
        if (!(value instanceof Integer count) || count < 0 || count > COUNT_MAX) {
            throw refused(keyword, "must be an integer, 0 to " + COUNT_MAX);
        }
        return count;
    }

    private static int atLeast(int min, int max, String keyword) throws ConstraintException {
        if (max < min) {
            throw refused(keyword, "is below the least");
        }
        return max;
    }

    private Expr array(Map<?, ?> fields) throws ConstraintException {
        int min = count(fields, "minItems", 0);
        int max = atLeast(min, count(fields, "maxItems", Expr.UNBOUNDED), "maxItems");
        Object items = fields.containsKey("items") ? fields.get("items") : true;
        return JsonGrammar.array(max == 0 ? Expr.EMPTY : grammar.rule(of(items)), min, max);
    }

    /// Bounds that few integers fulfil, or none but a sign.
    private Expr integer(Map<?, ?> fields) throws ConstraintException {
        boolean hasMin = fields.containsKey("minimum");
        if (!hasMin && !fields.containsKey("maximum")) {
            return JsonGrammar.INTEGER;
        }
        Object min = fields.get("minimum");
        Object max = fields.get("maximum");
        if (min instanceof Integer least && max instanceof Integer most && (long) most - least < VALUES_MAX) {
            List<Expr> ways = new ArrayList<>();
            for (long value = least; value <= most; value++) {
                ways.add(grammar.text(Long.toString(value)));
            }
            if (!ways.isEmpty()) {
                return new Expr.Alt(List.copyOf(ways));
            }
        }
        if (min instanceof Integer least && !fields.containsKey("maximum") && (least == 0 || least == 1)) {
            return least == 0 ? JsonGrammar.NATURAL : JsonGrammar.positive();
        }
        throw refused(hasMin ? "minimum" : "maximum", "can only be honoured as 0 or 1 alone, or where at most "
                + VALUES_MAX + " integers lie between `minimum` and `maximum`");
    }

    private Expr object(Map<?, ?> fields) throws ConstraintException {
        Object named = fields.containsKey("properties") ? fields.get("properties") : Map.of();
        Object needed = fields.containsKey("required") ? fields.get("required") : List.of();
        if (!(named instanceof Map<?, ?> properties)) {
            throw refused("properties", "must be an object");
        }
        if (!(needed instanceof List<?> required)
                || !required.stream().allMatch(name -> name instanceof String && properties.containsKey(name))) {
            throw refused("required", "must be a list of names in `properties`");
        }
        Object others = fields.containsKey("additionalProperties") ? fields.get("additionalProperties") : true;
        if (properties.isEmpty()) {
            return Boolean.FALSE.equals(others) ? text("{}") : grammar.rule(JsonGrammar.map(grammar.rule(of(others))));
        }
        if (!(others instanceof Boolean)) {
            of(others); // isn't written, but refused if it can't be honoured
        }
        return properties(properties, new HashSet<>(required));
    }

    /// The properties in the order of the schema, without those that aren't required or with them.
    private Expr properties(Map<?, ?> properties, Set<?> required) throws ConstraintException {
        Expr first = Expr.EMPTY;
        Expr later = Expr.EMPTY;
        List<Map.Entry<?, ?>> entries = new ArrayList<>(properties.entrySet());
        for (Map.Entry<?, ?> entry : entries.reversed()) {
            Expr pair = seq(grammar.text(written(entry.getKey())), JsonGrammar.SPACE, text(":"), JsonGrammar.SPACE,
                    grammar.rule(of(entry.getValue())), later);
            Expr afterOthers = seq(JsonGrammar.SPACE, text(","), JsonGrammar.SPACE, pair);
            boolean isRequired = required.contains(entry.getKey());
            first = grammar.rule(isRequired ? pair : alt(pair, first));
            later = grammar.rule(isRequired ? afterOthers : alt(afterOthers, later));
        }
        return seq(text("{"), JsonGrammar.SPACE, first, JsonGrammar.SPACE, text("}"));
    }
}

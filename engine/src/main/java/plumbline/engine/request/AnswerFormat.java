package plumbline.engine.request;

import java.util.Map;

/// What an answer must look like. Source: spec/api.md A19.
public sealed interface AnswerFormat {

    /// Anything.
    record Text() implements AnswerFormat {}

    /// One JSON object.
    record JsonObject() implements AnswerFormat {}

    /// A JSON document that is valid by a schema.
    ///
    /// @param schema as plain values
    record JsonSchema(String name, Map<String, Object> schema) implements AnswerFormat {}
}

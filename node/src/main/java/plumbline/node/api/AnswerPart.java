package plumbline.node.api;

/// What an answer's text is taken to mean. Source: spec/api.md A18.
sealed interface AnswerPart {

    /// Text for a person.
    record Text(String text) implements AnswerPart {}

    /// A tool is to be called.
    ///
    /// @param arguments a JSON object, as the model wrote it
    record Call(String name, String arguments) implements AnswerPart {}
}

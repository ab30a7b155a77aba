package plumbline.engine.request;

/// Whether tools must be called. Source: spec/api.md A18.
public sealed interface ToolChoice {

    /// The model decides.
    record Auto() implements ToolChoice {}

    /// The model isn't told of the tools.
    record None() implements ToolChoice {}

    /// It must call some tool.
    record Required() implements ToolChoice {}

    /// It must call this one.
    record Function(String name) implements ToolChoice {}
}

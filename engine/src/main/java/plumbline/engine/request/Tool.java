package plumbline.engine.request;

import java.util.Map;

/// A function that the model may call. Source: spec/api.md A17.
///
/// @param name 1 to 64 of `a-z A-Z 0-9 _ -`
/// @param parameters a JSON Schema, as plain values; empty where none is given
/// @param definition all of it as the body has it, for the chat template
public record Tool(String name, Map<String, Object> parameters, Map<String, Object> definition) {}

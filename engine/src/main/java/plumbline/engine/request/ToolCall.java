package plumbline.engine.request;

import java.util.Map;
import java.util.Optional;

/// A call of a tool that the model made earlier in the conversation.
///
/// @param id names it, so that the tool's answer can
/// @param arguments JSON text, as the body has it; not checked
/// @param fields the arguments as plain values, where they are one JSON object
public record ToolCall(String id, String name, String arguments, Optional<Map<String, Object>> fields) {}

package plumbline.node.api;

/// A token of an answer, the stop token included.
///
/// @param id in the model's vocabulary
public record DrawnToken(int id) {}

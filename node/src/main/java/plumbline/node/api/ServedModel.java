package plumbline.node.api;

import plumbline.verify.Digest;
import plumbline.verify.ModelId;

/// A model that can be asked.
///
/// @param name what a request calls it
/// @param createdSeconds when it was published here, since 1970; 0 where that isn't known
public record ServedModel(String name, ModelId id, Digest weightsRoot, long sizeBytes, long createdSeconds) {}

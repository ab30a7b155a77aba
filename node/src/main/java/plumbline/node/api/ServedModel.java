package plumbline.node.api;

import plumbline.verify.Digest;
import plumbline.verify.ModelId;

/// A model that can be asked.
///
/// @param name what a request calls it
public record ServedModel(String name, ModelId id, Digest weightsRoot, long sizeBytes) {}

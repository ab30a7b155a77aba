package plumbline.sdk;

import plumbline.verify.Digest;
import plumbline.verify.ModelId;

/// A model as a node lists it: the node's word.
///
/// @param name        what a request calls it
/// @param weightsRoot root over the pieces of its file
public record NodeModel(String name, ModelId id, Digest weightsRoot, long sizeBytes) {}

package plumbline.node;

import java.nio.file.Path;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;

/// A model file in the content-addressed cache.
///
/// @param weightsRoot RFC 6962 root over the file's pieces of 16,384 bytes
/// @param file read-only; its content has the id
/// @param checked whether an engine has loaded it and found every bound kept
public record StoredModel(
        ModelId id, Digest weightsRoot, long sizeBytes, Path file, boolean checked) {}

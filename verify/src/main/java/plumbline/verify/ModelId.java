package plumbline.verify;

/// The identity of a model: the SHA-256 of its file, written `sha256:` and 64 hex digits.
///
/// It is the same digest that Hugging Face (LFS), OCI registries and Ollama use for the file, so
/// nobody has to trust a converter. Source: spec/receipt.md (R8).
///
/// @param digest SHA-256 of the whole file
public record ModelId(Digest digest) {
    private static final String PREFIX = "sha256:";

    /// Reads `sha256:<64 hex>`; nothing else is a model id.
    public static ModelId parse(String text) throws MalformedException {
        if (!text.startsWith(PREFIX)) {
            throw Malformed.value("model id", text, "must begin with \"sha256:\"");
        }
        return new ModelId(Malformed.digest("model id", text.substring(PREFIX.length())));
    }

    @Override
    public String toString() {
        return PREFIX + digest.hex();
    }
}

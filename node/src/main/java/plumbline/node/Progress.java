package plumbline.node;

/// Hears how far a long piece of work on bytes has come.
@FunctionalInterface
public interface Progress {

    /// @param doneBytes 0 to `totalBytes`
    void at(long doneBytes, long totalBytes);
}

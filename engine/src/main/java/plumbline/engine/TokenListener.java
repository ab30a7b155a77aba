package plumbline.engine;

/// Hears each token of an answer as it comes.
@FunctionalInterface
public interface TokenListener {

    /// @param id the token drawn
    /// @param text what may be shown now: whole characters that no stop string can take back; often empty
    /// @return false to cancel the answer
    boolean token(int id, String text);
}

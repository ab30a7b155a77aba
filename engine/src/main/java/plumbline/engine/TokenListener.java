package plumbline.engine;

/// Hears each token of an answer as it comes, one after the other, on a thread of the engine: it must not wait.
@FunctionalInterface
public interface TokenListener {

    /// @param id the token drawn
    /// @param text what may be shown now: whole characters that no stop string can take back; often empty
    /// @return false to cancel the answer
    boolean token(int id, String text);

    /// Asked again and again, also before the first token; false ends the answer there.
    default boolean wanted() {
        return true;
    }

    /// Whether [#logits] wants to be called.
    default boolean wantsLogits() {
        return false;
    }

    /// Called before [#token] with the logits that `id` was drawn from: wide values (20 fraction bits), one for each id
    /// of the vocabulary, as the model gave them, before penalties and restriction. The array is for keeps.
    default void logits(int id, long[] logits) {}
}

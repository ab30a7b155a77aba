package plumbline.sdk;

import java.util.List;
import plumbline.verify.Digest;
import plumbline.verify.ReceiptId;
import plumbline.verify.Secret;

/// Hears an answer while it comes: one call at a time, on threads of the client, before [Plumbline#ask] returns. While
/// it takes its time its answer waits, no other does. What it hears isn't verified before the answer is returned, but
/// for re-execution at 100 percent.
@FunctionalInterface
public interface AnswerListener {

    /// @param id   the token
    /// @param text what may be shown now: whole characters that no stop string can take back; often empty
    /// @return false to end the answer
    boolean token(int id, String text);

    /// How likely the next token was, and which were likeliest in its place; called before [#token] where the request
    /// asks for `logprobs` and the token gives text.
    default void scored(TokenScore drawn, List<TokenScore> likeliest) {}

    /// A node has taken the request; called once. The receipt may be another node's in the end.
    ///
    /// @param promptTokens as they are rendered here
    default void begun(ReceiptId id, Secret secret, Digest nonce, int promptTokens) {}

    /// Something happened.
    default void step(Step step) {}

    /// A node was wrong.
    default void evidence(Evidence evidence) {}
}

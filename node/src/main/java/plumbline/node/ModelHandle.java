package plumbline.node;

import plumbline.engine.Answer;
import plumbline.engine.GenerationJob;
import plumbline.engine.PromptException;
import plumbline.engine.TokenListener;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;
import plumbline.verify.TokenIds;

/// A loaded model as the node sees it. Safe for use by several threads.
public interface ModelHandle extends AutoCloseable {

    ModelId id();

    Digest weightsRoot();

    /// Name of the kernel that computes.
    String kernel();

    /// Most positions of prompt and answer together.
    int contextLength();

    /// The prompt's token ids, at least one.
    TokenIds prompt(Input input) throws PromptException;

    /// Answers, together with whatever else is being answered; the listener hears each token.
    ///
    /// @throws java.util.concurrent.CancellationException if it was cancelled before its first token
    Answer generate(GenerationJob job, TokenListener listener) throws PromptException;

    /// From now on keys and values of its answers may take this much.
    default void limitMemory(long bytes) {}

    /// Lets go of the file. No generation may be under way.
    @Override
    void close();
}

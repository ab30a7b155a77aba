package plumbline.node;

import plumbline.engine.Answer;
import plumbline.engine.GenerationJob;
import plumbline.engine.PromptException;
import plumbline.engine.TokenListener;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;
import plumbline.verify.TokenIds;

/// A loaded model as the node sees it. One generation at a time; [Turns] sees to that.
public interface ModelHandle extends AutoCloseable {

    ModelId id();

    Digest weightsRoot();

    /// Name of the kernel that computes.
    String kernel();

    /// Most positions of prompt and answer together.
    int contextLength();

    /// The prompt's token ids, at least one.
    TokenIds prompt(Input input) throws PromptException;

    /// Answers; the listener hears each token.
    Answer generate(GenerationJob job, TokenListener listener) throws PromptException;

    /// Lets go of the file. No generation may be under way.
    @Override
    void close();
}

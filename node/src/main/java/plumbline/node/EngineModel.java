package plumbline.node;

import plumbline.engine.Answer;
import plumbline.engine.GenerationJob;
import plumbline.engine.Generator;
import plumbline.engine.Model;
import plumbline.engine.PromptException;
import plumbline.engine.TokenListener;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;
import plumbline.verify.TokenIds;

/// A model that the engine of this program runs.
public record EngineModel(Model model) implements ModelHandle {

    /// Loads models with this kernel on these threads.
    public static ModelLoader loader(Kernel kernel, Pool pool) {
        return stored -> new EngineModel(
                Model.load(stored.file(), stored.id(), stored.weightsRoot(), kernel, pool));
    }

    @Override
    public ModelId id() {
        return model.id();
    }

    @Override
    public Digest weightsRoot() {
        return model.weightsRoot();
    }

    @Override
    public String kernel() {
        return model.kernel();
    }

    @Override
    public int contextLength() {
        return model.contextLength();
    }

    @Override
    public TokenIds prompt(Input input) throws PromptException {
        return TokenIds.of(model.promptIds(input));
    }

    @Override
    public Answer generate(GenerationJob job, TokenListener listener) throws PromptException {
        return Generator.generate(model, job, listener);
    }

    @Override
    public void close() {
        model.close();
    }
}

package plumbline.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.engine.Answer;
import plumbline.engine.Decoder;
import plumbline.engine.GenerationJob;
import plumbline.engine.Model;
import plumbline.engine.PromptException;
import plumbline.engine.TokenListener;
import plumbline.engine.TokenRestriction;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.AnswerOptions;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.engine.request.RequestException;
import plumbline.node.api.DrawnToken;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;
import plumbline.verify.TokenIds;

/// A model that the engine of this program runs, all its answers together on one thread.
public final class EngineModel implements ModelHandle {

    /// For keys and values, until [#limitMemory] says otherwise.
    private static final long MEMORY_BYTES = Runtime.getRuntime().maxMemory() / 2;

    private final Model model;
    private final DecoderThread decoder;

    private EngineModel(Model model) {
        this.model = model;
        decoder = new DecoderThread(new Decoder(model, MEMORY_BYTES), MEMORY_BYTES);
    }

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
    public Optional<TokenRestriction> restriction(AnswerOptions options, int tokensMax) throws RequestException {
        return model.text().restriction(options, tokensMax);
    }

    @Override
    public Answer generate(GenerationJob job, TokenListener listener) throws PromptException {
        return decoder.generate(job, listener);
    }

    @Override
    public DrawnToken.Scored scored(int id, double logprob) {
        List<Integer> bytes = new ArrayList<>();
        for (byte each : model.tokenizer().bytes(id)) {
            bytes.add(each & 0xff);
        }
        return new DrawnToken.Scored(model.tokenizer().text(id), bytes, logprob);
    }

    @Override
    public Load load() {
        return decoder.load();
    }

    @Override
    public void limitMemory(long bytes) {
        decoder.limitMemory(bytes);
    }

    @Override
    public boolean hasFailed() {
        return decoder.hasFailed();
    }

    @Override
    public void close() {
        decoder.close();
        model.close();
    }
}

package plumbline.engine;

import java.io.IOException;
import java.nio.file.Path;
import plumbline.engine.gguf.Gguf;
import plumbline.engine.gguf.GgufMetadata;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.engine.template.TemplateException;
import plumbline.engine.tokenizer.Tokenizer;
import plumbline.engine.tokenizer.UnsupportedModelException;
import plumbline.exact.RopeTable;
import plumbline.verify.Digest;
import plumbline.verify.MalformedException;
import plumbline.verify.ModelId;

/// A model that can answer: the file, its tokenizer and template, its weights packed for a kernel.
///
/// Immutable once loaded and safe for threads, but a [Forward] uses the pool for itself. The file must not change
/// while the model is open: open it from the content-addressed cache.
public final class Model implements AutoCloseable {

    /// Name of the arithmetic that this engine computes; a part of every receipt.
    public static final String ARITHMETIC = "plumbline-exact-1";

    /// Most positions of a run: all that the arithmetic's widths are proved for (spec/arithmetic.md section 13).
    public static final int CONTEXT_MAX = RopeTable.POSITIONS_MAX;

    private final Gguf file;
    private final ModelId id;
    private final Digest weightsRoot;
    private final ModelText text;
    private final Description description;
    private final Weights weights;
    private final Kernel kernel;
    private final Pool pool;

    private Model(Gguf file, ModelId id, Digest weightsRoot, ModelText text, Description description, Weights weights,
            Kernel kernel, Pool pool) {
        this.file = file;
        this.id = id;
        this.weightsRoot = weightsRoot;
        this.text = text;
        this.description = description;
        this.weights = weights;
        this.kernel = kernel;
        this.pool = pool;
    }

    /// Opens the model in `path`, whose digests the caller has computed, checks every bound and packs it.
    ///
    /// @throws ModelException if the file is a model that this engine can't run, with what is wrong
    public static Model load(Path path, ModelId id, Digest weightsRoot, Kernel kernel, Pool pool)
            throws IOException, ModelException {
        Gguf file = null;
        try {
            file = Gguf.open(path);
            Description description = Description.of(file);
            GgufMetadata metadata = file.metadata();
            Ahead<ModelText> reading = Ahead.of("text", () -> text(path, metadata, description));
            Weights weights;
            ModelText text;
            try {
                weights = Weights.of(file, description, ModelText.tokens(metadata), kernel, pool);
            } finally {
                text = reading.get(ModelException.class); // before the file is closed; what is wrong here is said first
            }
            Model model = new Model(file, id, weightsRoot, text, description, weights, kernel, pool);
            file = null;
            return model;
        } catch (MalformedException e) {
            throw new ModelException(path.getFileName() + ": " + e.getMessage(), e);
        } finally {
            if (file != null) {
                file.close();
            }
        }
    }

    private static ModelText text(Path path, GgufMetadata metadata, Description description) throws ModelException {
        try {
            return ModelText.of(metadata, description);
        } catch (MalformedException | UnsupportedModelException | TemplateException e) {
            throw new ModelException(path.getFileName() + ": " + e.getMessage(), e);
        }
    }

    /// SHA-256 of the file.
    public ModelId id() {
        return id;
    }

    /// Tree hash over the file's pieces.
    public Digest weightsRoot() {
        return weightsRoot;
    }

    /// What the model does with text.
    public ModelText text() {
        return text;
    }

    public Tokenizer tokenizer() {
        return text.tokenizer();
    }

    /// Name of the kernel that computes.
    public String kernel() {
        return kernel.name();
    }

    /// Most positions of prompt and answer together.
    public int contextLength() {
        return text.contextLength();
    }

    /// Most tokens of an answer to a prompt of `promptCount` tokens; a request that allows more gets this limit, and
    /// its receipt says so.
    public int answerTokensMax(int promptCount) {
        return text.answerTokensMax(promptCount);
    }

    /// Number of layers.
    public int layers() {
        return description.layers().size();
    }

    /// The token ids of a request's input, as [ModelText#promptIds].
    public int[] promptIds(Input input) throws PromptException {
        return text.promptIds(input);
    }

    Gguf file() {
        return file;
    }

    Description description() {
        return description;
    }

    Weights weights() {
        return weights;
    }

    Kernel kernelInUse() {
        return kernel;
    }

    Pool pool() {
        return pool;
    }

    /// Closes the file. No run may be under way.
    @Override
    public void close() {
        file.close();
    }
}

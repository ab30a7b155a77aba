package plumbline.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.engine.gguf.Gguf;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.engine.request.Message;
import plumbline.engine.template.ChatTemplate;
import plumbline.engine.template.TemplateException;
import plumbline.engine.tokenizer.Tokenizer;
import plumbline.engine.tokenizer.UnsupportedModelException;
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

    /// Most positions of a run.
    public static final int CONTEXT_MAX = 8192;

    private final Gguf file;
    private final ModelId id;
    private final Digest weightsRoot;
    private final Tokenizer tokenizer;
    private final Optional<ChatTemplate> template;
    private final Description description;
    private final Weights weights;
    private final Kernel kernel;
    private final Pool pool;

    private Model(Gguf file, ModelId id, Digest weightsRoot, Tokenizer tokenizer, Optional<ChatTemplate> template,
            Description description, Weights weights, Kernel kernel, Pool pool) {
        this.file = file;
        this.id = id;
        this.weightsRoot = weightsRoot;
        this.tokenizer = tokenizer;
        this.template = template;
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
            Tokenizer tokenizer = Tokenizer.of(file.metadata());
            Optional<String> source = file.metadata().string("tokenizer.chat_template");
            Optional<ChatTemplate> template =
                    source.isPresent() ? Optional.of(ChatTemplate.parse(source.get())) : Optional.empty();
            Weights weights = Weights.of(file, description, tokenizer.size(), kernel, pool);
            Model model = new Model(file, id, weightsRoot, tokenizer, template, description, weights, kernel, pool);
            file = null;
            return model;
        } catch (MalformedException | UnsupportedModelException | TemplateException e) {
            throw new ModelException(path.getFileName() + ": " + e.getMessage(), e);
        } finally {
            if (file != null) {
                file.close();
            }
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

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /// Name of the kernel that computes.
    public String kernel() {
        return kernel.name();
    }

    /// Most positions of prompt and answer together.
    public int contextLength() {
        return Math.min(CONTEXT_MAX, description.contextLength());
    }

    /// Most tokens of an answer to a prompt of `promptCount` tokens; a request that allows more gets this limit, and
    /// its receipt says so.
    public int answerTokensMax(int promptCount) {
        return contextLength() - promptCount;
    }

    /// Number of layers.
    public int layers() {
        return description.layers().size();
    }

    /// The token ids of a request's input: messages through the model's own template, special tokens parsed; raw text
    /// with the model's BOS token where it adds one, special tokens not parsed.
    ///
    /// @throws PromptException if the model has no template, or the template refuses the messages
    public int[] promptIds(Input input) throws PromptException {
        int[] ids = switch (input) {
            case Input.Messages messages -> tokenizer.encode(render(messages.messages()), true);
            case Input.Prompt prompt -> withBos(tokenizer.encode(prompt.text(), false));
        };
        if (ids.length == 0) {
            throw new PromptException("the prompt is empty: it must give at least one token");
        }
        if (ids.length >= contextLength()) {
            throw new PromptException("the prompt has " + ids.length + " tokens, but the context holds "
                    + contextLength() + " with the answer; shorten it");
        }
        return ids;
    }

    private String render(List<Message> messages) throws PromptException {
        if (template.isEmpty()) {
            throw new PromptException("this model has no chat template; ask it with a raw prompt (/v1/completions)");
        }
        Map<String, Object> variables = new LinkedHashMap<>();
        variables.put("messages", messages.stream().map(message -> {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("role", message.role().wireName());
            fields.put("content", message.content());
            return fields;
        }).toList());
        variables.put("add_generation_prompt", true);
        tokenizer.bos().ifPresent(bos -> variables.put("bos_token", tokenizer.text(bos)));
        tokenizer.eos().ifPresent(eos -> variables.put("eos_token", tokenizer.text(eos)));
        try {
            return template.get().render(variables);
        } catch (TemplateException e) {
            throw new PromptException("the model's chat template refuses these messages: " + e.getMessage());
        }
    }

    private int[] withBos(int[] ids) {
        if (!tokenizer.addsBos() || tokenizer.bos().isEmpty()) {
            return ids;
        }
        int[] with = new int[ids.length + 1];
        with[0] = tokenizer.bos().getAsInt();
        System.arraycopy(ids, 0, with, 1, ids.length);
        return with;
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

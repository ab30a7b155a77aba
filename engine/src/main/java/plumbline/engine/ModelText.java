package plumbline.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import plumbline.engine.gguf.Gguf;
import plumbline.engine.gguf.GgufMetadata;
import plumbline.engine.constraint.AnswerConstraint;
import plumbline.engine.constraint.Tokens;
import plumbline.engine.request.AnswerFormat;
import plumbline.engine.request.AnswerOptions;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.engine.request.RequestException;
import plumbline.engine.template.TemplateException;
import plumbline.engine.tokenizer.Tokenizer;
import plumbline.engine.tokenizer.UnsupportedModelException;
import plumbline.verify.MalformedException;

/// What a model does with text: its chat template, its tokenizer, the room for an answer. All of it lies in the head of
/// the model's file, so whoever has only that can render and tokenize a prompt, read an answer's tokens, and hold both
/// against a receipt, without the weights.
///
/// Immutable, safe for threads.
public final class ModelText {

    private final Tokenizer tokenizer;
    private final Optional<ChatPrompt> template;
    private final int contextLength;
    // Made when it is first needed; the same whoever makes it.
    private volatile Optional<Tokens> tokens = Optional.empty();

    private ModelText(Tokenizer tokenizer, Optional<ChatPrompt> template, int contextLength) {
        this.tokenizer = tokenizer;
        this.template = template;
        this.contextLength = contextLength;
    }

    static ModelText of(GgufMetadata metadata, Description description)
            throws MalformedException, UnsupportedModelException, TemplateException {
        Optional<String> source = metadata.string("tokenizer.chat_template");
        Optional<ChatPrompt> template =
                source.isPresent() ? Optional.of(new ChatPrompt(source.get())) : Optional.empty();
        return new ModelText(Tokenizer.of(metadata), template,
                Math.min(Model.CONTEXT_MAX, description.contextLength()));
    }

    /// Tokens of the vocabulary that the metadata hold, good or bad: known before it is read.
    static int tokens(GgufMetadata metadata) {
        return metadata.count("tokenizer.ggml.tokens");
    }

    /// A model's text, and how many bytes of its file that took.
    ///
    /// @param headBytes the file's bytes before the weights
    public record Head(ModelText text, long headBytes) {}

    /// Reads the head of a file of the model's length; what lies behind the head isn't read, and may be a hole.
    ///
    /// @throws ModelException if the file is a model that this engine can't run, with what is wrong
    public static Head read(Path path) throws IOException, ModelException {
        try (Gguf file = Gguf.open(path)) {
            return new Head(of(file.metadata(), Description.of(file)), file.headBytes());
        } catch (MalformedException | UnsupportedModelException | TemplateException e) {
            throw new ModelException(path.getFileName() + ": " + e.getMessage(), e);
        }
    }

    /// The model's tokenizer.
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /// Most positions of prompt and answer together.
    public int contextLength() {
        return contextLength;
    }

    /// Most tokens of an answer to a prompt of `promptCount` tokens; a request that allows more gets this limit, and
    /// its receipt says so.
    public int answerTokensMax(int promptCount) {
        return contextLength() - promptCount;
    }

    /// The token ids of a request's input: messages through the model's own template, special tokens parsed; raw text
    /// with the model's BOS token where it adds one, special tokens not parsed.
    ///
    /// @throws PromptException if the model has no template, or the template refuses the messages
    public int[] promptIds(Input input) throws PromptException {
        int[] ids = switch (input) {
            case Input.Messages messages -> tokenizer.encode(render(messages), true);
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

    /// What restricts an answer, where the request's options ask for a form.
    ///
    /// @param tokensMax most tokens of the answer
    /// @throws RequestException status 400 if the form can't be honoured
    public Optional<TokenRestriction> restriction(AnswerOptions options, int tokensMax) throws RequestException {
        if (options.format() instanceof AnswerFormat.Text && options.offered().isEmpty()) {
            return Optional.empty();
        }
        if (tokens.isEmpty()) {
            tokens = Optional.of(Tokens.of(tokenizer));
        }
        boolean tags = template.map(ChatPrompt::writesTags).orElse(true);
        return AnswerConstraint.of(options, tags, tokens.get(), tokenizer, tokensMax).map(first -> first);
    }

    private String render(Input.Messages messages) throws PromptException {
        if (template.isEmpty()) {
            throw new PromptException("this model has no chat template; ask it with a raw prompt (/v1/completions)");
        }
        Map<String, Object> variables = new LinkedHashMap<>();
        tokenizer.bos().ifPresent(bos -> variables.put("bos_token", tokenizer.text(bos)));
        tokenizer.eos().ifPresent(eos -> variables.put("eos_token", tokenizer.text(eos)));
        return template.get().render(messages, variables);
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
}

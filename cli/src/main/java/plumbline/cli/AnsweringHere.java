package plumbline.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import plumbline.engine.Answer;
import plumbline.engine.TokenListener;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import plumbline.node.Answers;
import plumbline.node.EngineModel;
import plumbline.node.FileIdentity;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.NonceReusedException;
import plumbline.node.PendingAnswer;
import plumbline.node.StoredModel;
import plumbline.node.StoredReceipt;
import plumbline.verify.Bundle;
import plumbline.verify.MalformedException;

/// Answers in this process, which holds the data folder meanwhile.
final class AnsweringHere implements Answering {
    private final Node node;
    private final Pool pool;
    private final String kernel;

    private AnsweringHere(Node node, Pool pool, String kernel) {
        this.node = node;
        this.pool = pool;
        this.kernel = kernel;
    }

    static AnsweringHere open(Path data) throws Failure {
        Kernel kernel = LocalModel.kernel();
        Pool pool = new Pool(LocalModel.threads());
        try {
            Node node = Node.open(
                    data, EngineModel.loader(kernel, pool), Node.Surroundings.system());
            return new AnsweringHere(node, pool, kernel.name());
        } catch (NodeException e) {
            pool.close();
            throw new Failure(e.getMessage(), "");
        }
    }

    @Override
    public String modelName(String operand, Terminal terminal) throws Failure {
        try {
            if (ModelNames.isFile(operand)) {
                return publish(node, Path.of(operand), terminal).id().toString();
            }
            return node.models().resolve(operand).map(model -> operand)
                    .orElseThrow(() -> ModelNames.unknown(operand));
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }

    /// Takes a file into the cache; one that is there already is only hashed.
    static StoredModel publish(Node node, Path file, Terminal terminal)
            throws Failure, NodeException {
        ModelPath.existing(file);
        String name = file.getFileName().toString();
        long size = file.toFile().length();
        try (ProgressBar bar = new ProgressBar(terminal, "hashing " + name, size)) {
            FileIdentity identity = FileIdentity.of(file, bar.quietInLogs());
            Optional<StoredModel> known = node.models().byId(identity.id());
            if (known.isPresent()) {
                return known.get();
            }
        }
        try (ProgressBar bar = new ProgressBar(terminal, "copying " + name, size)) {
            return node.models().add(file, bar.quietInLogs());
        }
    }

    @Override
    public Optional<Answered> ask(Question question, Listener listener)
            throws Failure, UsageException {
        try {
            InferenceRequest request = InferenceRequest.parse(
                    question.endpoint(), question.body(), RequestDefaults.standard());
            return switch (node.answers().begin(
                    request, question.body(), node.loadedModels()::get)) {
                case Answers.Repeated repeated -> {
                    listener.text().accept(repeated.stored().exchange().text());
                    yield answered(repeated.stored(), new Answer.Timings(0, 0));
                }
                case PendingAnswer pending -> {
                    try (pending) {
                        PendingAnswer.Finished finished = pending.run(tokens(listener));
                        yield answered(finished.stored(), finished.timings());
                    }
                }
            };
        } catch (RequestException e) {
            throw Refusal.of(e.status(), e.param().orElse(""), e.getMessage());
        } catch (NonceReusedException | NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }

    private static TokenListener tokens(Listener listener) {
        return (id, text) -> {
            if (!text.isEmpty()) {
                listener.text().accept(text);
            }
            return listener.goesOn().getAsBoolean();
        };
    }

    private Optional<Answered> answered(StoredReceipt stored, Answer.Timings timings)
            throws Failure, NodeException {
        byte[] encoded = node.answers().bundle(stored);
        try {
            return Optional.of(new Answered(encoded, Bundle.parse(encoded), kernel,
                    timings.prefillNanos(), timings.decodeNanos()));
        } catch (MalformedException e) {
            throw new IllegalStateException("our own bundle doesn't parse", e);
        }
    }

    @Override
    public void close() {
        try {
            node.close();
        } catch (NodeException e) {
            throw new IllegalStateException(e.getMessage(), e);
        } finally {
            pool.close();
        }
    }
}

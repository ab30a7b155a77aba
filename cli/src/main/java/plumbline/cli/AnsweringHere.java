package plumbline.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import plumbline.engine.Ahead;
import plumbline.engine.Answer;
import plumbline.engine.TokenListener;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import plumbline.engine.request.RequestSettings;
import plumbline.node.Answers;
import plumbline.node.EngineModel;
import plumbline.node.FileIdentity;
import plumbline.node.KnownFiles;
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
    private final Ahead<Kernel> kernel;

    private AnsweringHere(Node node, Pool pool, Ahead<Kernel> kernel) {
        this.node = node;
        this.pool = pool;
        this.kernel = kernel;
    }

    /// Binding and testing a kernel takes as long as opening a data folder: both at once. Reading the first request
    /// takes long, too, for what the JVM prepares then; so one is read that asks nothing.
    static AnsweringHere open(Path data) throws Failure {
        Ahead<Kernel> kernel = Ahead.of("kernel", LocalModel::kernel);
        Ahead.of("request", () -> InferenceRequest.parse(InferenceRequest.COMPLETION,
                InferenceRequest.completionBody("none/none", "x", RequestSettings.none()),
                RequestDefaults.standard()));
        Pool pool = new Pool(LocalModel.threads());
        try {
            Node node = Node.open(data,
                    stored -> EngineModel.loader(kernel.get(IllegalStateException.class), pool).load(stored),
                    Node.Surroundings.system());
            return new AnsweringHere(node, pool, kernel);
        } catch (NodeException e) {
            pool.close();
            throw new Failure(e.getMessage(), "");
        }
    }

    @Override
    public String modelName(String operand, Terminal terminal) throws Failure {
        try {
            if (ModelNames.isFile(operand)) {
                return known(Path.of(operand), terminal).id().toString();
            }
            return node.models().resolve(operand).map(model -> operand)
                    .orElseThrow(() -> ModelNames.unknown(operand));
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }

    /// As [#publish], but a file that was hashed before and is the same still isn't hashed again.
    private StoredModel known(Path file, Terminal terminal) throws Failure, NodeException {
        KnownFiles.Seen seen = node.knownFiles().look(ModelPath.existing(file));
        Optional<StoredModel> known = node.knownFiles().find(seen);
        if (known.isPresent()) {
            return known.get();
        }
        StoredModel model = publish(node, file, terminal);
        node.knownFiles().remember(seen, model.id());
        return model;
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
        String name = kernel.get(Failure.class).name(); // a kernel that can't be had is said before anything is asked
        try {
            InferenceRequest request = InferenceRequest.parse(
                    question.endpoint(), question.body(), RequestDefaults.standard());
            return switch (node.answers().begin(
                    request, question.body(), node.loadedModels()::get)) {
                case Answers.Repeated repeated -> {
                    listener.text().accept(repeated.stored().exchange().text());
                    yield answered(repeated.stored(), name, new Answer.Timings(0, 0));
                }
                case PendingAnswer pending -> {
                    try (pending) {
                        PendingAnswer.Finished finished = pending.run(tokens(listener));
                        yield answered(finished.stored(), name, finished.timings());
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

    private Optional<Answered> answered(StoredReceipt stored, String kernelName, Answer.Timings timings)
            throws Failure, NodeException {
        byte[] encoded = node.answers().bundle(stored);
        try {
            return Optional.of(new Answered(encoded, Bundle.parse(encoded), kernelName,
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

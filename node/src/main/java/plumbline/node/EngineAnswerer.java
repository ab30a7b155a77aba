package plumbline.node;

import java.util.List;
import java.util.Optional;
import plumbline.engine.PromptException;
import plumbline.engine.request.RequestException;
import plumbline.node.api.AnswerEvent;
import plumbline.node.api.Answerer;
import plumbline.node.api.ApiError;
import plumbline.node.api.ApiException;
import plumbline.node.api.CanonicalRequest;
import plumbline.node.api.RunningAnswer;
import plumbline.node.api.ServedModel;

/// Answers with the models of this node: takes a turn, generates, and ends the turn when the model is free.
/// Source: spec/api.md A23-A26.
final class EngineAnswerer implements Answerer {

    private static final System.Logger LOG = System.getLogger(EngineAnswerer.class.getName());

    private final Node node;
    private final Turns turns;

    // The generation under way, for stop(); set by whoever has the turn.
    private volatile Optional<Generation> current = Optional.empty();
    private volatile boolean stopping;

    EngineAnswerer(Node node, Turns turns) {
        this.node = node;
        this.turns = turns;
    }

    @Override
    public RunningAnswer answer(CanonicalRequest request) throws ApiException {
        Turns.Turn turn;
        try {
            turn = turns.take();
        } catch (RequestException e) {
            throw ApiError.of(e).thrown();
        }
        Generation generation = new Generation(node, request.request(), request.body());
        // In this order: stop() sets and looks the other way round, so one of the two notices.
        current = Optional.of(generation);
        if (stopping) {
            current = Optional.empty();
            turn.close();
            throw ApiError.of(503, "", "stopping", "the node is shutting down: ask again when it's back").thrown();
        }
        generation.start();
        return new Running(generation, turn);
    }

    @Override
    public int promptTokens(CanonicalRequest request) throws ApiException {
        try (var _ = turns.take()) {
            return node.loadedModels().get(request.request().model()).prompt(request.request().input()).size();
        } catch (PromptException e) {
            throw ApiError.of(400, "messages", "prompt_refused", e.getMessage()).thrown();
        } catch (RequestException | NodeException e) {
            throw error(e).thrown();
        }
    }

    /// Ends what runs; what waits is refused.
    void stop() {
        stopping = true;
        current.ifPresent(Generation::cancel);
    }

    @Override
    public List<ServedModel> models() throws ApiException {
        try {
            return node.models().names().entrySet().stream()
                    .map(entry -> served(entry.getKey(), entry.getValue())).toList();
        } catch (NodeException e) {
            throw error(e).thrown();
        }
    }

    @Override
    public ServedModel model(String name) throws ApiException {
        try {
            return served(name, node.loadedModels().find(name));
        } catch (RequestException | NodeException e) {
            throw error(e).thrown();
        }
    }

    static ServedModel served(String name, StoredModel model) {
        return new ServedModel(name, model.id(), model.weightsRoot(), model.sizeBytes());
    }

    /// What the caller is told about a failure; the log has it all.
    static ApiError error(Exception why) {
        return switch (why) {
            case RequestException e -> ApiError.of(e);
            case NonceReusedException e -> e.error();
            case LogStoppedException e -> ApiError.of(503, "", "log_stopped", e.getMessage());
            case NodeException e -> {
                LOG.log(System.Logger.Level.ERROR, e.getMessage());
                yield ApiError.of(500, "", "node_failed", e.getMessage());
            }
            default -> {
                LOG.log(System.Logger.Level.ERROR, "an answer failed", why);
                yield ApiError.internal();
            }
        };
    }

    private final class Running implements RunningAnswer {
        private final Generation generation;
        private final Turns.Turn turn;

        Running(Generation generation, Turns.Turn turn) {
            this.generation = generation;
            this.turn = turn;
        }

        @Override
        public Optional<AnswerEvent> next(long timeoutMillis) {
            return generation.next(timeoutMillis);
        }

        // The turn ends when the model is free, not when the caller has gone.
        @Override
        public void close() {
            generation.cancel();
            generation.join();
            current = Optional.empty();
            turn.close();
        }
    }
}

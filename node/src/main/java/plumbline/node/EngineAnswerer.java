package plumbline.node;

import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import plumbline.engine.PromptException;
import plumbline.engine.gguf.GgmlType;
import plumbline.engine.gguf.Gguf;
import plumbline.engine.request.RequestException;
import plumbline.node.api.Access;
import plumbline.node.api.Answerer;
import plumbline.node.api.ApiError;
import plumbline.node.api.ApiException;
import plumbline.node.api.CanonicalRequest;
import plumbline.node.api.ModelFacts;
import plumbline.node.api.RunningAnswer;
import plumbline.node.api.ServedModel;
import plumbline.verify.MalformedException;
import plumbline.verify.ModelId;

/// Answers with the models of this node: a bounded number of answers at a time, the others wait for their turn.
/// Source: spec/api.md A23-A26.
final class EngineAnswerer implements Answerer {

    private static final System.Logger LOG = System.getLogger(EngineAnswerer.class.getName());

    private static final long RECEIPT_MILLIS = 500;
    private static final Duration FOREVER = Duration.ofDays(365);

    private final Node node;
    private final Turns turns;
    private final Metrics metrics;

    private final Set<Generation> underWay = ConcurrentHashMap.newKeySet();
    // A head takes a while to read, and a list of models asks for all of them.
    private final Map<ModelId, ModelFacts> facts = new ConcurrentHashMap<>();

    EngineAnswerer(Node node, Turns turns, Metrics metrics) {
        this.node = node;
        this.metrics = metrics;
        this.turns = turns;
    }

    @Override
    public RunningAnswer answer(CanonicalRequest request) throws ApiException {
        return answer(request, Access.Entry.anonymous(""), Access.Room.UNBOUNDED);
    }

    @Override
    public RunningAnswer answer(CanonicalRequest request, Access.Entry caller, Access.Room room) throws ApiException {
        Turns.Turn turn;
        try {
            turn = turns.ask(caller.queue());
        } catch (RequestException e) {
            throw ApiError.of(e).thrown();
        }
        AtomicReference<Generation> self = new AtomicReference<>();
        Charge charge = new Charge(caller.key(), receipt -> {
            metrics.logged(receipt);
            room.counted(receipt);
        });
        Generation generation = new Generation(
                node, request.request(), request.body(), turn, charge, () -> underWay.remove(self.get()));
        self.set(generation);
        underWay.add(generation);
        generation.start();
        return new MeteredAnswer(generation, metrics);
    }

    @Override
    public int promptTokens(CanonicalRequest request) throws ApiException {
        try (ModelHandle model = node.loadedModels().get(request.request().model())) {
            return model.prompt(request.request().input()).size();
        } catch (PromptException e) {
            throw ApiError.of(400, e.fieldOr("messages"), "prompt_refused", e.getMessage()).thrown();
        } catch (RequestException | NodeException e) {
            throw error(e).thrown();
        }
    }

    /// Takes no request any more and refuses what waits; what runs gets `limit` to finish and is cancelled then.
    /// Returns when nothing runs; a little later where something ran, so that whoever got an answer can still fetch its
    /// receipt.
    void stop(Duration limit) {
        boolean isFetched = !underWay.isEmpty() && limit.isPositive();
        turns.stop();
        if (!turns.awaitIdle(limit)) {
            cut();
        }
        // The turn ends before the receipt is written, so both are waited for.
        turns.awaitIdle(FOREVER);
        List.copyOf(underWay).forEach(Generation::awaitEnd);
        if (isFetched) {
            try {
                Thread.sleep(RECEIPT_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /// Cancels what runs, each with its next token.
    void cut() {
        underWay.forEach(Generation::cancel);
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
    public List<ServedModel> loaded() throws ApiException {
        List<ModelId> loaded = node.loadedModels().loaded();
        return models().stream().filter(model -> loaded.contains(model.id())).toList();
    }

    @Override
    public ServedModel model(String name) throws ApiException {
        try {
            return served(name, node.loadedModels().find(name));
        } catch (RequestException | NodeException e) {
            throw error(e).thrown();
        }
    }

    @Override
    public ModelFacts facts(ServedModel model) {
        return facts.computeIfAbsent(model.id(), this::read);
    }

    private ModelFacts read(ModelId id) {
        try {
            Optional<StoredModel> stored = node.models().byId(id);
            if (stored.isEmpty()) {
                return ModelFacts.unknown();
            }
            try (Gguf file = Gguf.open(stored.get().file())) {
                String family = file.metadata().string("general.architecture").orElse("");
                Map<GgmlType, Long> types = new EnumMap<>(GgmlType.class);
                file.tensors().forEach(tensor -> types.merge(tensor.type(), tensor.weights(), Long::sum));
                return new ModelFacts(file.metadata().string("general.license"), family,
                        types.values().stream().mapToLong(Long::longValue).sum(),
                        types.entrySet().stream().max(Map.Entry.comparingByValue())
                                .map(most -> most.getKey().name()).orElse(""),
                        file.metadata().uint(family + ".context_length").orElse(0));
            }
        } catch (IOException | MalformedException | NodeException e) {
            return ModelFacts.unknown(); // the file is gone, or is no model's: it says nothing
        }
    }

    static ServedModel served(String name, StoredModel model) {
        // When it was copied here; 0 if the file is gone.
        long created = model.file().toFile().lastModified() / 1000;
        return new ServedModel(name, model.id(), model.weightsRoot(), model.sizeBytes(), created);
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
}

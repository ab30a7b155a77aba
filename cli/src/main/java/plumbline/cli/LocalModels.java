package plumbline.cli;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import plumbline.engine.Model;
import plumbline.sdk.PlumblineException;
import plumbline.verify.ModelId;

/// The models in a data folder's cache, each loaded when an answer of it is to be computed again for the first time.
final class LocalModels implements plumbline.sdk.LocalModels, AutoCloseable {
    private final Path data;
    private final Terminal terminal;
    private final Map<ModelId, LocalModel> loaded = new HashMap<>();

    LocalModels(Path data, Terminal terminal) {
        this.data = data;
        this.terminal = terminal;
    }

    @Override
    public synchronized Optional<Model> get(ModelId id) throws PlumblineException {
        LocalModel known = loaded.get(id);
        Optional<Path> file = ModelPath.cached(id, data);
        if (known == null && file.isPresent()) {
            try {
                known = LocalModel.open(file.get(), terminal);
            } catch (Failure e) {
                throw new PlumblineException(e.getMessage(), e.cure());
            }
            if (!known.model().id().equals(id)) {
                known.close();
                throw new PlumblineException("the file " + file.get() + " isn't the model " + id, "Delete it.");
            }
            loaded.put(id, known);
        }
        return Optional.ofNullable(known).map(LocalModel::model);
    }

    @Override
    public synchronized void close() {
        loaded.values().forEach(LocalModel::close);
    }
}

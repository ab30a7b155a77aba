package plumbline.node;

import java.io.IOException;
import java.util.Optional;
import plumbline.engine.ModelException;
import plumbline.engine.request.RequestException;

/// Gives out loaded models by name and keeps the last one loaded. Who calls [#get] must be the only
/// one who uses models then (see [Turns]): getting another model closes the one before.
public final class LoadedModels implements AutoCloseable {

    private final ModelStore store;
    private final ModelLoader loader;
    private Optional<ModelHandle> loaded = Optional.empty();

    LoadedModels(ModelStore store, ModelLoader loader) {
        this.store = store;
        this.loader = loader;
    }

    /// The model of a name or id, loaded.
    ///
    /// @throws RequestException status 404 if there is no such model, 400 if it can't be run
    public ModelHandle get(String name) throws RequestException, NodeException {
        StoredModel stored = find(name);
        if (loaded.isPresent() && loaded.get().id().equals(stored.id())) {
            return loaded.get();
        }
        close();
        try {
            loaded = Optional.of(loader.load(stored));
        } catch (ModelException e) {
            throw new RequestException(400, "model", "model_refused",
                    "the model " + name + " can't be run: " + e.getMessage());
        } catch (IOException e) {
            throw new NodeException("the model file " + stored.file() + " can't be read: " + e, e);
        }
        if (!stored.checked()) {
            store.markChecked(stored.id());
        }
        return loaded.get();
    }

    /// The stored model of a name or id, not loaded.
    ///
    /// @throws RequestException status 404 if there is none
    StoredModel find(String name) throws RequestException, NodeException {
        return store.resolve(name).orElseThrow(() -> new RequestException(404, "model",
                "model_not_found", "there is no model `" + name + "` here: GET /v1/models lists those"
                        + " there are, `plumb publish FILE --name NS/NAME` adds one"));
    }

    @Override
    public void close() {
        loaded.ifPresent(ModelHandle::close);
        loaded = Optional.empty();
    }
}

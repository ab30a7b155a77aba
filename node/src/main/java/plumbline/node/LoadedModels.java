package plumbline.node;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import plumbline.engine.ModelException;
import plumbline.engine.request.RequestException;
import plumbline.verify.ModelId;

/// Gives out loaded models by name and keeps them loaded as long as there is memory: the idle one that was used longest
/// ago goes first. Safe for use by several threads; a model is loaded once, whoever else wants it waits for it.
public final class LoadedModels implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(LoadedModels.class.getName());

    private final ModelStore store;
    private final ModelLoader loader;
    private final MemoryLimits limits;
    private final Map<ModelId, Entry> entries = new HashMap<>(); // guarded by this
    private long uses;

    private static final class Entry {
        final long bytes;
        final CompletableFuture<ModelHandle> model = new CompletableFuture<>();
        int users;
        long lastUsed;

        Entry(long bytes) {
            this.bytes = bytes;
        }

        boolean hasFailed() {
            return model.isDone() && !model.isCompletedExceptionally() && model.join().hasFailed();
        }
    }

    LoadedModels(ModelStore store, ModelLoader loader, MemoryLimits limits) {
        this.store = store;
        this.loader = loader;
        this.limits = limits;
    }

    /// The model of a name or id, loaded, and kept loaded until the handle is closed.
    ///
    /// @throws RequestException status 404 if there is no such model, 400 if it can't be run, 503 if there is no memory
    ///     for it
    public ModelHandle get(String name) throws RequestException, NodeException {
        StoredModel stored = find(name);
        List<Entry> unload = new ArrayList<>();
        Entry entry;
        boolean mine;
        synchronized (this) {
            entry = entries.get(stored.id());
            mine = entry == null || entry.hasFailed();
            if (mine) {
                unload = makeRoom(name, stored, entry);
                entry = new Entry(stored.sizeBytes());
                entries.put(stored.id(), entry);
            }
            entry.users++;
            entry.lastUsed = ++uses;
        }
        unload.forEach(other -> other.model.join().close());
        if (mine) {
            load(name, stored, entry);
        }
        try {
            Entry leased = entry;
            return new LeasedModel(entry.model.join(), () -> giveBack(leased));
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case RequestException refused -> throw refused;
                case NodeException failed -> throw failed;
                default -> throw new IllegalStateException(e.getCause());
            }
        }
    }

    /// What to unload for a model, the one that broke down included, where there is one.
    private List<Entry> makeRoom(String name, StoredModel stored, Entry failed) throws RequestException {
        entries.remove(stored.id());
        try {
            List<Entry> unload = new ArrayList<>(makeRoom(name, stored.sizeBytes()));
            if (failed != null && failed.users == 0) {
                unload.add(failed);
            }
            return unload;
        } catch (RequestException e) {
            if (failed != null) {
                entries.put(stored.id(), failed);
            }
            throw e;
        }
    }

    private void giveBack(Entry entry) {
        boolean isOver;
        synchronized (this) {
            entry.users--;
            // One that broke down goes when nobody has it any more and it was loaded again.
            isOver = entry.users == 0 && entry.hasFailed() && !entries.containsValue(entry);
        }
        if (isOver) {
            entry.model.join().close();
        }
    }

    private List<Entry> makeRoom(String name, long needed) throws RequestException {
        List<Residents.Resident<ModelId>> loaded = entries.entrySet().stream().map(e -> new Residents.Resident<>(
                e.getKey(), e.getValue().bytes, e.getValue().users, e.getValue().lastUsed)).toList();
        Optional<List<ModelId>> unload = Residents.toUnload(loaded, needed, limits.weightsBytes());
        if (unload.isEmpty()) {
            boolean never = needed > limits.weightsBytes();
            throw new RequestException(never ? 400 : 503, "model", never ? "model_too_large" : "models_busy",
                    "the model " + name + " needs " + (needed >> 20) + " MiB, and this node has "
                            + (limits.weightsBytes() >> 20) + " for models"
                            + (never ? ": take a smaller quantisation of it, or another machine"
                                    : ", in use by models that are answering: ask again in a moment"));
        }
        return unload.get().stream().map(entries::remove).toList();
    }

    private void load(String name, StoredModel stored, Entry entry) {
        Exception failure;
        try {
            ModelHandle model = loaded(stored);
            if (!stored.checked()) {
                store.markChecked(stored.id());
            }
            entry.model.complete(model);
            shareMemory();
            return;
        } catch (ModelException e) {
            failure = new RequestException(400, "model", "model_refused",
                    "the model " + name + " can't be run: " + e.getMessage());
        } catch (IOException e) {
            failure = new NodeException("the model file " + stored.file() + " can't be read: " + e, e);
        } catch (OutOfMemoryError e) {
            LOG.log(System.Logger.Level.ERROR, "no memory for the model " + name, e);
            failure = new RequestException(503, "model", "model_too_large", "there is no memory for the model "
                    + name + ": ask another one, or give the JVM more (-Xmx)");
        } catch (InternalError e) {
            // What Java makes of a mapped file that is cut while it is read.
            failure = new NodeException(
                    "the model file " + stored.file() + " can't be read where it is mapped: " + e, e);
        } catch (NodeException | RuntimeException e) {
            failure = e;
        }
        synchronized (this) {
            entries.remove(stored.id());
        }
        entry.model.completeExceptionally(failure);
    }

    /// Where there isn't enough memory after all, the idle models go, whatever the limits say.
    private ModelHandle loaded(StoredModel stored) throws IOException, ModelException {
        requireWhole(stored);
        try {
            return loader.load(stored);
        } catch (OutOfMemoryError e) {
            List<Entry> idle;
            synchronized (this) {
                idle = entries.values().stream().filter(entry -> entry.users == 0).toList();
                entries.values().removeAll(idle);
            }
            idle.forEach(entry -> entry.model.join().close());
            return loader.load(stored);
        }
    }

    // Cheap, and it finds what a broken disk or a person does to the cache; the content was hashed when it came in.
    private static void requireWhole(StoredModel stored) throws IOException {
        long bytes = Files.size(stored.file());
        if (bytes != stored.sizeBytes()) {
            throw new IOException("it has " + bytes + " bytes, but had " + stored.sizeBytes()
                    + " when it was hashed: delete it and publish the model again");
        }
    }

    private synchronized void shareMemory() {
        List<ModelHandle> models = entries.values().stream().map(entry -> entry.model)
                .filter(model -> model.isDone() && !model.isCompletedExceptionally())
                .map(CompletableFuture::join).toList();
        models.forEach(model -> model.limitMemory(limits.keyValueBytes() / models.size()));
    }

    /// What the loaded models have done together.
    synchronized ModelHandle.Load load() {
        return entries.values().stream().map(entry -> entry.model)
                .filter(model -> model.isDone() && !model.isCompletedExceptionally())
                .map(model -> model.join().load()).reduce(ModelHandle.Load.NONE, ModelHandle.Load::plus);
    }

    /// The ids of the models that are loaded.
    public synchronized List<ModelId> loaded() {
        return entries.entrySet().stream().filter(entry -> entry.getValue().model.isDone())
                .map(Map.Entry::getKey).toList();
    }

    /// The stored model of a name or id, not loaded.
    ///
    /// @throws RequestException status 404 if there is none
    StoredModel find(String name) throws RequestException, NodeException {
        return store.resolve(name).orElseThrow(() -> new RequestException(404, "model",
                "model_not_found", "there is no model `" + name + "` here: GET /v1/models lists those"
                        + " there are, `plumb publish FILE --name NS/NAME` adds one"));
    }

    /// Unloads all. No answer may be under way.
    @Override
    public void close() {
        List<Entry> all;
        synchronized (this) {
            all = List.copyOf(entries.values());
            entries.clear();
        }
        all.forEach(entry -> entry.model.thenAccept(ModelHandle::close));
    }
}

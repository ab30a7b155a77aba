package plumbline.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Frees space in a data folder: models that have no name any more, and the contents of old receipts. What
/// isn't asked for stays. Source: spec/api.md A104.
public final class Cleanup {

    private final Database database;
    private final ModelStore models;
    private final Retention retention;

    Cleanup(Database database, ModelStore models, Retention retention) {
        this.database = database;
        this.models = models;
        this.retention = retention;
    }

    /// What goes, or would go.
    ///
    /// @param models without a name
    public record Found(List<StoredModel> models, Retention.Old old) {
        /// Bytes in all.
        public long bytes() {
            return models.stream().mapToLong(StoredModel::sizeBytes).sum() + old.bytes();
        }
    }

    /// Only looks.
    ///
    /// @param keep contents of receipts that are older count; empty leaves them out
    public Found look(Optional<Duration> keep) throws NodeException {
        return new Found(models.nameless(),
                keep.isPresent() ? retention.look(keep.get()) : new Retention.Old(0, 0));
    }

    /// Deletes it.
    public Found free(Optional<Duration> keep) throws NodeException {
        List<StoredModel> deleted = new ArrayList<>();
        for (StoredModel model : models.nameless()) {
            models.delete(model);
            deleted.add(model);
        }
        Retention.Old old = keep.isPresent() ? retention.delete(keep.get()) : new Retention.Old(0, 0);
        if (old.receipts() > 0) {
            database.shrink();
        }
        return new Found(List.copyOf(deleted), old);
    }
}

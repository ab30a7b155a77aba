package plumbline.engine;

import java.util.List;
import java.util.Optional;
import plumbline.verify.Digest;

/// One sequence alone on its way through the model, many positions at a time. One thread owns it.
final class Forward {

    /// Positions computed together.
    static final int CHUNK_MAX = Batch.ROWS_MAX;

    private final Model model;
    private final Batch batch;
    private final Memory memory;
    private final Optional<Digest> salt;

    /// Room for `capacity` positions; the states between the layers are committed under `salt`.
    Forward(Model model, int capacity, Digest salt) {
        this(model, capacity, Optional.of(salt));
    }

    private Forward(Model model, int capacity, Optional<Digest> salt) {
        this.model = model;
        this.batch = new Batch(model, Math.min(CHUNK_MAX, capacity), salt.isPresent());
        this.memory = new Memory(model, capacity);
        this.salt = salt;
    }

    /// One that commits to no state and has no boundary root, for measuring what that costs.
    static Forward uncommitted(Model model, int capacity) {
        return new Forward(model, capacity, Optional.empty());
    }

    /// Positions computed so far.
    int position() {
        return memory.position();
    }

    /// Root over all states so far.
    Digest boundaryRoot() {
        return BoundaryTrees.root(salt.orElseThrow(), memory.states(), memory.position(), model.pool());
    }

    /// Takes the next tokens `ids[from .. to)`, at most [#CHUNK_MAX], through every layer.
    void advance(int[] ids, int from, int to) {
        batch.run(List.of(new Batch.Rows(memory, ids, from, to)));
    }

    /// Takes the first `count` of `ids` through the model and writes the last one's logits.
    void prefill(int[] ids, int count, long[] logits) {
        for (int from = 0; from < count; from += CHUNK_MAX) {
            int to = Math.min(from + CHUNK_MAX, count);
            advance(ids, from, to);
            if (to == count) {
                logits(to - from, 1, logits);
            }
        }
    }

    /// Logits (wide) of the last `rows` of the chunk just computed, which had `count`, into `out`, row after row.
    void logits(int count, int rows, long[] out) {
        int[] last = new int[rows];
        for (int i = 0; i < rows; i++) {
            last[i] = count - rows + i;
        }
        batch.logits(last, 0, rows, out);
    }
}

package plumbline.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Memories of answers that have ended, for requests that begin with the same tokens: the next turn of a chat, or the
/// same instructions. Where they take more than they may, the least recently used goes first; the last one stays,
/// however long it is, since a chat that was computed again at each turn would be unbearable. One thread owns it.
final class KeptMemories {

    /// Fewer positions in common than this aren't worth a copy.
    static final int COMMON_MIN = 16;

    private final long bytesMax;
    private final List<Memory> kept = new ArrayList<>(); // least recently used first

    KeptMemories(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /// Keeps a memory; one that another one begins with holds nothing new and is dropped.
    void keep(Memory memory) {
        if (memory.position() < COMMON_MIN) {
            return;
        }
        kept.removeIf(other -> memory.common(other) == other.position());
        kept.add(memory);
        while (kept.size() > 1 && bytes() > bytesMax) {
            drop();
        }
    }

    /// The one that has most ids in common with `wanted[0 .. count)`, at least [#COMMON_MIN]; it counts as used now.
    Optional<Memory> find(int[] wanted, int count) {
        Memory best = null;
        int most = COMMON_MIN - 1;
        for (Memory memory : kept) {
            int common = memory.common(wanted, count);
            if (common > most) {
                most = common;
                best = memory;
            }
        }
        if (best == null) {
            return Optional.empty();
        }
        kept.remove(best);
        kept.add(best);
        return Optional.of(best);
    }

    boolean holds(Memory memory) {
        return kept.contains(memory);
    }

    void remove(Memory memory) {
        kept.remove(memory);
    }

    /// Drops the least recently used; false if there is none.
    boolean drop() {
        return !kept.isEmpty() && kept.removeFirst() != null;
    }

    long bytes() {
        return kept.stream().mapToLong(Memory::bytes).sum();
    }
}

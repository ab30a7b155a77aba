package plumbline.node;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Which models have to go for another one. A pure function.
final class Residents {

    /// A loaded model.
    ///
    /// @param users who answers with it now; it can't go while there is one
    /// @param lastUsed number of the use, higher is later
    record Resident<T>(T id, long bytes, int users, long lastUsed) {}

    private Residents() {}

    /// The idle models to unload, least recently used first, so that `needed` bytes fit below `limit`; empty if that
    /// can't be done now.
    static <T> Optional<List<T>> toUnload(List<Resident<T>> loaded, long needed, long limit) {
        long used = loaded.stream().mapToLong(Resident::bytes).sum();
        List<T> unload = new ArrayList<>();
        List<Resident<T>> idle = loaded.stream().filter(resident -> resident.users() == 0)
                .sorted(Comparator.comparingLong(Resident::lastUsed)).toList();
        for (Resident<T> resident : idle) {
            if (used + needed <= limit) {
                break;
            }
            unload.add(resident.id());
            used -= resident.bytes();
        }
        return used + needed <= limit ? Optional.of(unload) : Optional.empty();
    }
}

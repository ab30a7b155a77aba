package plumbline.node;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Who waits for a turn: callers take turns, and each caller's requests go in order, so that many requests of one don't
/// keep out the few of another. Bounded: when it is full, the longest share gives its last place to a shorter one.
/// No clock and no thread: whoever owns it guards it.
final class WaitingLine<T> {

    private final int sizeMax;
    private final Map<String, Deque<T>> callers = new LinkedHashMap<>(); // who is next stands first; none is empty
    private int size;

    WaitingLine(int sizeMax) {
        this.sizeMax = sizeMax;
    }

    /// How many wait.
    int size() {
        return size;
    }

    /// Takes `item` at the end of its caller's share. Returns who is sent away for it: nobody where there is room, the
    /// last one of the longest share where that is longer than the caller's with `item`, else `item` itself.
    Optional<T> add(String caller, T item) {
        Optional<T> away = Optional.empty();
        if (size >= sizeMax) {
            String longest = caller;
            int most = share(caller) + 1;
            for (String other : callers.keySet()) {
                if (share(other) > most) {
                    most = share(other);
                    longest = other;
                }
            }
            if (longest.equals(caller)) {
                return Optional.of(item);
            }
            away = Optional.of(callers.get(longest).getLast());
            remove(longest, away.get());
        }
        callers.computeIfAbsent(caller, _ -> new ArrayDeque<>()).add(item);
        size++;
        return away;
    }

    private int share(String caller) {
        Deque<T> items = callers.get(caller);
        return items == null ? 0 : items.size();
    }

    /// Takes out who is next.
    Optional<T> next() {
        if (callers.isEmpty()) {
            return Optional.empty();
        }
        String caller = callers.keySet().iterator().next();
        Deque<T> items = callers.remove(caller);
        T item = items.removeFirst();
        size--;
        if (!items.isEmpty()) {
            callers.put(caller, items);
        }
        return Optional.of(item);
    }

    /// Takes `item` out; false if it isn't there.
    boolean remove(String caller, T item) {
        Deque<T> items = callers.get(caller);
        if (items == null || !items.remove(item)) {
            return false;
        }
        size--;
        if (items.isEmpty()) {
            callers.remove(caller);
        }
        return true;
    }
}

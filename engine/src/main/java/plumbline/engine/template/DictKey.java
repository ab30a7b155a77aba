package plumbline.engine.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Writes a key of a dict as a string such that two keys are equal in Python, where `1`, `1.0` and
/// `True` are one key, exactly when their strings are equal. Strings, as keys of a hash table, keep
/// their order when hashes collide, so that no template can make a dict slow.
final class DictKey {
  private static final char MARK = '\0';
  private static final int TUPLE_DEPTH_MAX = 4;
  private static final int TUPLE_CHARS_MAX = 1 << 16;

  private DictKey() {}

  /// Empty for what Python calls unhashable, and for tuples that are long or nested deeply.
  static Optional<String> of(Value key, int depth) {
    return switch (key) {
      case Value.Text text -> Optional.of(of(text.text()));
      case Value.Safe safe -> Optional.of(of(safe.text()));
      case Value.None _ -> Optional.of(MARK + "none");
      case Value.Bool bool -> Optional.of(MARK + (bool == Value.Bool.TRUE ? "n1" : "n0"));
      case Value.Int number -> Optional.of(MARK + "n" + number.value());
      case Value.Real number -> real(number.value());
      case Value.TupleOf tuple -> tuple(tuple, depth);
      case Value.ListOf _, Value.Dict _, Value.DictView _, Value.Range _, Value.Iterator _,
              Value.Undefined _, Value.Namespace _, Value.Macro _, Value.Method _,
              Value.Function _, Value.LoopValue _ ->
          Optional.empty();
    };
  }

  static String of(String text) {
    return !text.isEmpty() && text.charAt(0) == MARK ? MARK + "s" + text : text;
  }

  private static Optional<String> real(double value) {
    if (value != Math.rint(value)) {
      return Optional.of(MARK + "f" + value);
    }
    BigInteger whole = new BigDecimal(value).toBigIntegerExact();
    return Optional.of(MARK + "n" + whole);
  }

  private static Optional<String> tuple(Value.TupleOf tuple, int depth) {
    if (depth >= TUPLE_DEPTH_MAX) {
      return Optional.empty();
    }
    StringBuilder key = new StringBuilder().append(MARK).append('t');
    for (Value item : tuple.items()) {
      Optional<String> part = of(item, depth + 1);
      if (part.isEmpty() || key.length() + part.get().length() > TUPLE_CHARS_MAX) {
        return Optional.empty();
      }
      key.append(part.get().length()).append(':').append(part.get());
    }
    return Optional.of(key.toString());
  }

  /// Puts an entry as Python does: an equal key keeps its first spelling and its place.
  static void put(Map<String, Value.Entry> entries, String key, Value.Entry entry) {
    Value.Entry old = entries.get(key);
    entries.put(key, old == null ? entry : new Value.Entry(old.key(), entry.value()));
  }

  static Map<String, Value.Entry> entries() {
    return new LinkedHashMap<>();
  }
}

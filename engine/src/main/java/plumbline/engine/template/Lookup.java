package plumbline.engine.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// `value.name`, `value[index]` and `value[start:stop:step]` as Jinja's sandbox has them
/// (spec/template.md J11): an attribute that changes a list or a dict is there for nobody, and what
/// is not found is undefined.
final class Lookup {
  private static final Set<String> TEXT_METHODS =
      Set.of(
          ("capitalize casefold center count encode endswith expandtabs find format format_map"
                  + " index isalnum isalpha isascii isdecimal isdigit isidentifier islower"
                  + " isnumeric isprintable isspace istitle isupper join ljust lower lstrip"
                  + " maketrans partition removeprefix removesuffix replace rfind rindex rjust"
                  + " rpartition rsplit rstrip split splitlines startswith strip swapcase title"
                  + " translate upper zfill")
              .split(" "));
  private static final Set<String> SAFE_TEXT_METHODS =
      Set.of("escape", "unescape", "striptags");
  private static final Set<String> LIST_METHODS = Set.of("copy", "count", "index");
  private static final Set<String> LIST_CHANGES =
      Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");
  private static final Set<String> TUPLE_METHODS = Set.of("count", "index");
  private static final Set<String> DICT_METHODS =
      Set.of("copy", "fromkeys", "get", "items", "keys", "values");
  private static final Set<String> DICT_CHANGES =
      Set.of("clear", "pop", "popitem", "setdefault", "update");
  private static final Set<String> NUMBER_ATTRIBUTES =
      Set.of(
          ("as_integer_ratio bit_count bit_length conjugate denominator from_bytes fromhex hex"
                  + " imag is_integer numerator real to_bytes")
              .split(" "));
  private static final Set<String> OTHER_ATTRIBUTES =
      Set.of(
          ("arguments caller catch_kwargs catch_varargs close count explicit_caller fromkeys"
                  + " gi_code gi_frame gi_running gi_suspended gi_yieldfrom index isdisjoint"
                  + " mapping name send start step stop throw")
              .split(" "));

  private final Rendering rendering;

  Lookup(Rendering rendering) {
    this.rendering = rendering;
  }

  /// `value.name`: the attribute, else the item of that name.
  Value attribute(Value value, String name) throws TemplateException {
    Optional<Value> attribute = ownAttribute(value, name);
    if (attribute.isPresent()) {
      return attribute.get();
    }
    if (value instanceof Value.Dict dict) {
      Value.Entry entry = dict.entries().get(DictKey.of(name));
      if (entry != null) {
        return entry.value();
      }
    }
    return missing(value, name);
  }

  /// The attribute of this name, without a look at the items.
  Optional<Value> ownAttribute(Value value, String name) throws TemplateException {
    if (value instanceof Value.Undefined undefined) {
      throw rendering.refused(
          undefined.why() + ", and '" + Texts.brief(name) + "' of it is asked for");
    }
    if (name.startsWith("__") && name.endsWith("__") && name.length() > 4) {
      // Whether Python has it or not, the sandbox shows nothing, unless a dict has such a key.
      if (value instanceof Value.Dict dict && dict.entries().containsKey(name)) {
        throw rendering.refused("the attribute '" + name + "' of a dict is not supported");
      }
      return Optional.of(missing(value, name));
    }
    return switch (value) {
      case Value.Text _ -> methods(value, name, TEXT_METHODS);
      case Value.Safe _ ->
          methods(value, name, TEXT_METHODS).or(() -> methods(value, name, SAFE_TEXT_METHODS));
      case Value.ListOf _ -> methods(value, name, LIST_METHODS).or(() ->
          hidden(value, name, LIST_CHANGES));
      case Value.TupleOf _ -> methods(value, name, TUPLE_METHODS);
      case Value.Dict _ -> methods(value, name, DICT_METHODS).or(() ->
          hidden(value, name, DICT_CHANGES));
      case Value.Namespace namespace -> field(namespace, name);
      case Value.LoopValue loop -> loopAttribute(loop, name);
      case Value.Bool _, Value.Int _, Value.Real _ -> refusing(value, name, NUMBER_ATTRIBUTES);
      case Value.DictView _, Value.Range _, Value.Iterator _, Value.Macro _, Value.Function _ ->
          refusing(value, name, OTHER_ATTRIBUTES);
      case Value.None _, Value.Method _, Value.Undefined _ -> Optional.empty();
    };
  }

  private static Optional<Value> methods(Value value, String name, Set<String> names) {
    return names.contains(name)
        ? Optional.of(new Value.Method(value, name))
        : Optional.empty();
  }

  private static Optional<Value> hidden(Value value, String name, Set<String> names) {
    return names.contains(name)
        ? Optional.of(
            new Value.Undefined("'" + name + "' would change a " + value.type()
                + ", which templates may not"))
        : Optional.empty();
  }

  private static Optional<Value> field(Value.Namespace namespace, String name) {
    Value value = namespace.fields().get(name);
    if (value == null) {
      return Optional.empty();
    }
    return Optional.of(
        name.startsWith("_")
            ? new Value.Undefined("the field '" + Texts.brief(name) + "' is private")
            : value);
  }

  private Optional<Value> loopAttribute(Value.LoopValue loop, String name)
      throws TemplateException {
    return name.startsWith("_")
        ? Optional.of(missing(loop, name))
        : loop.loop().attribute(name);
  }

  private Optional<Value> refusing(Value value, String name, Set<String> names)
      throws TemplateException {
    if (names.contains(name)) {
      throw rendering.refused(
          Texts.message("the attribute '%s' of %s is not supported", name, value.type()));
    }
    return Optional.empty();
  }

  private static Value missing(Value value, String name) {
    return new Value.Undefined(value.type() + " has no '" + Texts.brief(name) + "'");
  }

  /// `value[index]`: the item, else, for a text as index, the attribute.
  Value item(Value value, Value index) throws TemplateException {
    if (value instanceof Value.Undefined undefined) {
      throw rendering.refused(undefined.why() + ", and an item of it is asked for");
    }
    Optional<Value> item = ownItem(value, index);
    if (item.isPresent()) {
      return item.get();
    }
    Optional<String> name = Comparison.textOf(index);
    if (name.isPresent()) {
      Optional<Value> attribute = ownAttribute(value, name.get());
      if (attribute.isPresent()) {
        return attribute.get();
      }
    }
    return missing(value, name.orElse("item"));
  }

  private Optional<Value> ownItem(Value value, Value index) throws TemplateException {
    switch (value) {
      case Value.Dict dict -> {
        Optional<String> key = DictKey.of(index, 0);
        if (key.isEmpty()) {
          return Optional.empty();
        }
        rendering.charge(key.get().length());
        return Optional.ofNullable(dict.entries().get(key.get())).map(Value.Entry::value);
      }
      case Value.Text text -> {
        int length = Texts.length(rendering.read(text.text()));
        Optional<Integer> at = position(index, length);
        return at.map(i -> new Value.Text(Texts.slice(text.text(), i, i + 1)));
      }
      case Value.Sequence sequence -> {
        return position(index, sequence.items().size()).map(sequence.items()::get);
      }
      case Value.Range range -> {
        return position(index, range.count()).map(i -> Value.Int.of(range.at(i)));
      }
      case Value.Safe _ -> throw rendering.wrongType("'[]'", value);
      default -> {
        return Optional.empty();
      }
    }
  }

  private static Optional<Integer> position(Value index, int length) {
    if (!Numbers.isInteger(index)) {
      return Optional.empty();
    }
    BigInteger position = Numbers.integer(index);
    if (position.signum() < 0) {
      position = position.add(BigInteger.valueOf(length));
    }
    boolean within =
        position.signum() >= 0 && position.compareTo(BigInteger.valueOf(length)) < 0;
    return within ? Optional.of(position.intValueExact()) : Optional.empty();
  }

  /// `value[start:stop:step]`
  Value slice(Value value, Value start, Value stop, Value step) throws TemplateException {
    BigInteger stride = step == Value.None.NONE ? BigInteger.ONE : bound(step);
    if (stride.signum() == 0) {
      throw rendering.refused("a slice with step 0");
    }
    if (!(value instanceof Value.Text || value instanceof Value.Sequence)) {
      throw rendering.wrongType("a slice", value);
    }
    int length = Math.toIntExact(value.length().orElseThrow());
    boolean forward = stride.signum() > 0;
    int first = clip(start, length, forward ? 0 : length - 1, forward);
    int end = clip(stop, length, forward ? length : -1, forward);
    long by = Numbers.clamped(stride);
    long span = forward ? (long) end - first : (long) first - end;
    long count = span <= 0 ? 0 : (span - 1) / Math.abs(by) + 1;
    if (value instanceof Value.Text text) {
      rendering.charge(text.text().length());
      return by == 1
          ? rendering.text(Texts.slice(text.text(), first, first + (int) count))
          : strided(text.text(), first, by, count);
    }
    List<Value> items = new ArrayList<>();
    rendering.chargeItems(count);
    List<Value> all = ((Value.Sequence) value).items();
    for (long i = 0; i < count; i++) {
      items.add(all.get((int) (first + i * by)));
    }
    return value instanceof Value.TupleOf ? new Value.TupleOf(items) : new Value.ListOf(items);
  }

  private Value strided(String text, int first, long by, long count) throws TemplateException {
    int[] codePoints = text.codePoints().toArray();
    StringBuilder picked = new StringBuilder();
    for (long i = 0; i < count; i++) {
      picked.appendCodePoint(codePoints[(int) (first + i * by)]);
    }
    return rendering.text(picked.toString());
  }

  private BigInteger bound(Value value) throws TemplateException {
    if (!Numbers.isInteger(value)) {
      throw rendering.wrongType("a bound of a slice", value);
    }
    return Numbers.integer(value);
  }

  /// Where a bound of a slice falls in `length` items, as CPython's `PySlice_AdjustIndices`.
  private int clip(Value bound, int length, int absent, boolean forward)
      throws TemplateException {
    if (bound == Value.None.NONE) {
      return absent;
    }
    long at = Numbers.clamped(bound(bound));
    if (at < 0) {
      at += length;
      return (int) Math.max(at, forward ? 0 : -1);
    }
    return (int) Math.min(at, forward ? length : length - 1L);
  }
}

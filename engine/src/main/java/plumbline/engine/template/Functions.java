package plumbline.engine.template;

import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The global functions: Jinja's own, and the two that chat templates are given
/// (spec/template.md J10).
final class Functions {
  private static final Set<String> NAMES =
      Set.of(
          "range", "dict", "namespace", "lipsum", "cycler", "joiner", "raise_exception",
          "strftime_now");

  private final Rendering rendering;

  Functions(Rendering rendering) {
    this.rendering = rendering;
  }

  static Optional<Value> named(String name) {
    return NAMES.contains(name) ? Optional.of(new Value.Function(name)) : Optional.empty();
  }

  Value call(String name, Arguments arguments) throws TemplateException {
    return switch (name) {
      case "range" -> range(arguments);
      case "dict" -> dict(rendering, arguments);
      case "namespace" -> namespace(arguments);
      case "raise_exception" -> {
        Value message = arguments.bind(rendering, name, 1, "message").at(0).orElseThrow();
        throw rendering.raised(new Repr(rendering).str(message));
      }
      case "strftime_now" -> {
        String format = arguments.bind(rendering, name, 1, "format").text(0);
        yield new DateFormat(rendering).formatted(format);
      }
      default -> throw rendering.refused("the function '" + name + "' is not supported");
    };
  }

  private Value range(Arguments arguments) throws TemplateException {
    if (!arguments.named().isEmpty() || arguments.positional().isEmpty()) {
      throw rendering.refused("'range' takes one to three integers");
    }
    Arguments.Bound bound = arguments.bind(rendering, "range", 1, "/start", "/stop", "/step");
    boolean stopOnly = bound.at(1).isEmpty();
    long start = stopOnly ? 0 : exact(bound.at(0).orElseThrow());
    long stop = exact(bound.at(stopOnly ? 0 : 1).orElseThrow());
    long step = bound.at(2).isPresent() ? exact(bound.at(2).get()) : 1;
    if (step == 0) {
      throw rendering.refused("'range' with step 0");
    }
    long span = step > 0 ? stop - start : start - stop;
    long length = span <= 0 ? 0 : (span - 1) / Math.abs(step) + 1;
    if (length > Limits.RANGE_ITEMS_MAX) {
      throw rendering.refused(
          Texts.message("'range' of %s items, the limit is %s", length, Limits.RANGE_ITEMS_MAX));
    }
    return new Value.Range(start, step, (int) length);
  }

  private long exact(Value value) throws TemplateException {
    if (!Numbers.isInteger(value)) {
      throw rendering.wrongType("'range'", value);
    }
    BigInteger integer = Numbers.integer(value);
    if (integer.bitLength() > Integer.SIZE) {
      throw rendering.refused("'range' to or from " + integer.bitLength() + " bits");
    }
    return integer.longValueExact();
  }

  /// `dict(mapping or pairs, name=value)`
  static Value.Dict dict(Rendering rendering, Arguments arguments) throws TemplateException {
    Map<String, Value.Entry> entries = DictKey.entries();
    if (arguments.positional().size() > 1) {
      throw rendering.refused("'dict' takes at most one argument that is not named");
    }
    for (Value argument : arguments.positional()) {
      if (argument instanceof Value.Dict dict) {
        rendering.chargeItems(dict.entries().size());
        entries.putAll(dict.entries());
      } else {
        pairs(rendering, argument, entries);
      }
    }
    for (Map.Entry<String, Value> named : arguments.named().entrySet()) {
      Value key = new Value.Text(named.getKey());
      DictKey.put(
          entries, DictKey.of(named.getKey()), new Value.Entry(key, named.getValue()));
    }
    return new Value.Dict(entries);
  }

  private static void pairs(
      Rendering rendering, Value argument, Map<String, Value.Entry> entries)
      throws TemplateException {
    Iteration iteration = new Iteration(rendering);
    for (Value item : iteration.all(argument, "'dict'")) {
      List<Value> pair = iteration.all(item, "'dict' of pairs");
      if (pair.size() != 2) {
        throw rendering.refused("'dict' of items that are no pairs");
      }
      put(rendering, entries, pair.get(0), pair.get(1));
    }
  }

  static void put(
      Rendering rendering, Map<String, Value.Entry> entries, Value key, Value value)
      throws TemplateException {
    String written =
        DictKey.of(key, 0)
            .orElseThrow(() -> rendering.wrongType("a key of a dict", key));
    rendering.charge(written.length());
    DictKey.put(entries, written, new Value.Entry(key, value));
  }

  private Value namespace(Arguments arguments) throws TemplateException {
    Map<String, Value> fields = new LinkedHashMap<>();
    for (Value.Entry entry : dict(rendering, arguments).entries().values()) {
      if (!(entry.key() instanceof Value.Text name)) {
        throw rendering.wrongType("a field of a namespace", entry.key());
      }
      fields.put(name.text(), entry.value());
    }
    return new Value.Namespace(fields);
  }
}

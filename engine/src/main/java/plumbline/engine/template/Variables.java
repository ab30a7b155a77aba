package plumbline.engine.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Turns the caller's objects into values (spec/template.md J11).
final class Variables {
  private Variables() {}

  static Map<String, Value> of(Map<String, Object> variables) throws TemplateException {
    Map<String, Value> values = new HashMap<>();
    for (Map.Entry<String, Object> variable : variables.entrySet()) {
      values.put(variable.getKey(), value(variable.getKey(), variable.getValue(), 0));
    }
    return values;
  }

  private static Value value(String name, Object object, int depth) throws TemplateException {
    if (depth > Limits.VALUE_DEPTH_MAX) {
      throw refused(name, Texts.message("is nested more than %s deep", Limits.VALUE_DEPTH_MAX));
    }
    return switch (object) {
      case null -> Value.None.NONE;
      case String text -> new Value.Text(checked(name, text));
      case Boolean bool -> Value.Bool.of(bool);
      case Integer number -> Value.Int.of(number);
      case Long number -> Value.Int.of(number);
      case BigInteger number -> integer(name, number);
      case Double number when Double.isFinite(number) -> new Value.Real(number);
      case Double _ -> throw refused(name, "holds a number that is not finite");
      case List<?> list -> {
        List<Value> items = new ArrayList<>(list.size());
        for (Object item : list) {
          items.add(value(name, item, depth + 1));
        }
        yield new Value.ListOf(items);
      }
      case Map<?, ?> map -> dict(name, map, depth);
      default -> throw refused(name, "holds a " + object.getClass().getName());
    };
  }

  private static Value integer(String name, BigInteger number) throws TemplateException {
    if (number.bitLength() > Limits.INTEGER_BITS_MAX) {
      throw refused(
          name, Texts.message("holds an integer beyond %s bits", Limits.INTEGER_BITS_MAX));
    }
    return new Value.Int(number);
  }

  private static Value dict(String name, Map<?, ?> map, int depth) throws TemplateException {
    Map<String, Value.Entry> entries = DictKey.entries();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      if (!(entry.getKey() instanceof String key)) {
        throw refused(name, "holds a map with a key that is no text");
      }
      entries.put(
          DictKey.of(checked(name, key)),
          new Value.Entry(new Value.Text(key), value(name, entry.getValue(), depth + 1)));
    }
    return new Value.Dict(entries);
  }

  private static String checked(String name, String text) throws TemplateException {
    if (Texts.hasLoneSurrogate(text)) {
      throw refused(name, "holds a lone surrogate, which no text has");
    }
    return text;
  }

  private static TemplateException refused(String name, String why) {
    return new TemplateException(0, "the variable '" + name + "' " + why);
  }
}

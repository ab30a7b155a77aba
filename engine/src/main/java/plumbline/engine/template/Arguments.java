package plumbline.engine.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The arguments of a call, evaluated.
record Arguments(List<Value> positional, Map<String, Value> named) {
  static final Arguments NONE = new Arguments(List.of(), Map.of());

  /// The arguments after the first `count`.
  Arguments without(int count) {
    return new Arguments(positional.subList(count, positional.size()), named);
  }

  /// Matches the arguments to parameters. The first `required` of them must be given; a name with
  /// a leading `/` can be given by position only.
  Bound bind(Rendering rendering, String callee, int required, String... parameters)
      throws TemplateException {
    if (positional.size() > parameters.length) {
      throw rendering.refused(
          Texts.message(
              "'%s' takes at most %s arguments, %s given",
              callee, parameters.length, positional.size()));
    }
    Map<String, Value> left = new LinkedHashMap<>(named);
    List<Optional<Value>> values = new ArrayList<>();
    for (int i = 0; i < parameters.length; i++) {
      String name = parameters[i];
      boolean given = i < positional.size();
      Value byName = name.startsWith("/") ? null : left.remove(name);
      if (given && byName != null) {
        throw rendering.refused(Texts.message("'%s' is given '%s' twice", callee, name));
      }
      values.add(given ? Optional.of(positional.get(i)) : Optional.ofNullable(byName));
      if (i < required && values.getLast().isEmpty()) {
        throw rendering.refused(
            Texts.message("'%s' needs the argument '%s'", callee, name.replace("/", "")));
      }
    }
    if (!left.isEmpty()) {
      throw rendering.refused(
          Texts.message("'%s' takes no argument '%s'", callee, left.keySet().iterator().next()));
    }
    return new Bound(rendering, callee, values);
  }

  /// Arguments by the place of their parameter.
  record Bound(Rendering rendering, String callee, List<Optional<Value>> values) {
    Optional<Value> at(int index) {
      return values.get(index);
    }

    Value value(int index, Value absent) {
      return values.get(index).orElse(absent);
    }

    boolean truth(int index) {
      return values.get(index).map(Comparison::truth).orElse(false);
    }

    /// An argument that must be a text.
    String text(int index) throws TemplateException {
      Value value = values.get(index).orElseThrow();
      if (value instanceof Value.Text text) {
        return text.text();
      }
      throw rendering.wrongType("an argument of '" + callee + "'", value);
    }

    String text(int index, String absent) throws TemplateException {
      return values.get(index).isPresent() ? text(index) : absent;
    }

    /// An argument that must be an integer; those beyond an `int` come back as the nearest one.
    int integer(int index, int absent) throws TemplateException {
      if (values.get(index).isEmpty()) {
        return absent;
      }
      Value value = values.get(index).get();
      if (!Numbers.isInteger(value)) {
        throw rendering.wrongType("an argument of '" + callee + "'", value);
      }
      return Numbers.clamped(Numbers.integer(value));
    }

    boolean isAbsentOrNone(int index) {
      return values.get(index).isEmpty() || values.get(index).get() == Value.None.NONE;
    }
  }
}

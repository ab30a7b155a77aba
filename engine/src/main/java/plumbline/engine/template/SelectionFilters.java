package plumbline.engine.template;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// `map`, `select`, `reject`, `selectattr`, `rejectattr`: iterators over the items of a value.
final class SelectionFilters {
  private final Rendering rendering;
  private final FilterTable filters;
  private final TestTable tests;

  SelectionFilters(Rendering rendering, FilterTable filters, TestTable tests) {
    this.rendering = rendering;
    this.filters = filters;
    this.tests = tests;
  }

  /// A step applied to each item.
  private interface Step {
    Value apply(Value item) throws TemplateException;
  }

  Value apply(String name, Value input, Arguments arguments) throws TemplateException {
    // What is falsy, even a number, has no items here.
    if (!Comparison.truth(input)) {
      return new Value.Iterator(Optional::empty);
    }
    Iteration iteration = new Iteration(rendering);
    Value.Source source = iteration.source(input, "'" + name + "'");
    if (name.equals("map")) {
      Step step = mapping(arguments);
      return iteration.iterator(
          () -> {
            Optional<Value> item = source.next();
            return item.isPresent() ? Optional.of(step.apply(item.get())) : item;
          });
    }
    boolean selects = name.startsWith("select");
    Step step = testing(name, arguments);
    return iteration.iterator(
        () -> {
          Optional<Value> item = source.next();
          while (item.isPresent() && Comparison.truth(step.apply(item.get())) != selects) {
            item = source.next();
          }
          return item;
        });
  }

  private Step mapping(Arguments arguments) throws TemplateException {
    if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
      Arguments.Bound bound =
          arguments.bind(rendering, "map", 0, "attribute", "default");
      AttributePath path =
          AttributePath.of(rendering, bound.at(0).orElseThrow())
              .or(bound.value(1, Value.None.NONE));
      return path::of;
    }
    if (arguments.positional().isEmpty()) {
      throw rendering.refused("'map' needs the name of a filter or an attribute");
    }
    String filter = name(arguments.positional().getFirst(), "map");
    Arguments rest = arguments.without(1);
    return item -> filters.apply(filter, item, rest);
  }

  private Step testing(String name, Arguments arguments) throws TemplateException {
    boolean byAttribute = name.endsWith("attr");
    int taken = byAttribute ? 1 : 0;
    if (arguments.positional().size() < taken) {
      throw rendering.refused("'" + name + "' needs the name of an attribute");
    }
    AttributePath path =
        AttributePath.of(
            rendering, byAttribute ? arguments.positional().getFirst() : Value.None.NONE);
    if (arguments.positional().size() == taken) {
      return path::of;
    }
    String test = name(arguments.positional().get(taken), name);
    Map<String, Value> named = new LinkedHashMap<>(arguments.named());
    Arguments rest =
        new Arguments(
            arguments.positional().subList(taken + 1, arguments.positional().size()), named);
    return item -> Value.Bool.of(tests.apply(test, path.of(item), rest));
  }

  private String name(Value value, String callee) throws TemplateException {
    return Comparison.textOf(value)
        .orElseThrow(() -> rendering.wrongType("the name given to '" + callee + "'", value));
  }
}

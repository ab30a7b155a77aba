package plumbline.engine.template;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Filters that compare items. Texts are compared in lower case unless asked otherwise.
final class SortingFilters {
  private final Rendering rendering;
  private final Comparison comparison;

  SortingFilters(Rendering rendering) {
    this.rendering = rendering;
    this.comparison = new Comparison(rendering);
  }

  Value apply(String name, Value input, Arguments arguments) throws TemplateException {
    return switch (name) {
      case "sort" -> sorted(input, arguments);
      case "dictsort" -> dictSorted(input, arguments);
      case "unique" -> unique(input, arguments);
      default -> extreme(name, input, arguments);
    };
  }

  private Value key(Value value, boolean caseSensitive) throws TemplateException {
    Optional<String> text = Comparison.textOf(value);
    return caseSensitive || text.isEmpty()
        ? value
        : rendering.text(new CaseMapping(rendering).lower(text.get()));
  }

  private Value sorted(Value input, Arguments arguments) throws TemplateException {
    Arguments.Bound bound =
        arguments.bind(rendering, "sort", 0, "reverse", "case_sensitive", "attribute");
    List<AttributePath> paths = new ArrayList<>();
    Value attribute = bound.value(2, Value.None.NONE);
    Optional<String> text = Comparison.textOf(attribute);
    if (text.isPresent()) {
      rendering.chargeItems(text.get().length());
      for (String part : text.get().split(",", -1)) {
        paths.add(AttributePath.of(rendering, new Value.Text(part)));
      }
    } else {
      paths.add(AttributePath.of(rendering, attribute));
    }
    List<Value> items = new Iteration(rendering).all(input, "'sort'");
    List<Value> keys = new ArrayList<>();
    for (Value item : items) {
      List<Value> parts = new ArrayList<>();
      for (AttributePath path : paths) {
        parts.add(key(path.of(item), bound.truth(1)));
      }
      keys.add(rendering.list(parts));
    }
    return new Value.ListOf(comparison.sorted(items, keys, bound.truth(0)));
  }

  private Value dictSorted(Value input, Arguments arguments) throws TemplateException {
    Arguments.Bound bound =
        arguments.bind(rendering, "dictsort", 0, "case_sensitive", "by", "reverse");
    String by = bound.text(1, "key");
    if (!(input instanceof Value.Dict dict)) {
      throw rendering.wrongType("'dictsort'", input);
    }
    if (!by.equals("key") && !by.equals("value")) {
      throw rendering.refused("'dictsort' by '" + by + "', not by 'key' or 'value'");
    }
    List<Value> items = new ArrayList<>();
    List<Value> keys = new ArrayList<>();
    rendering.chargeItems(2L * dict.entries().size());
    for (Value.Entry entry : dict.entries().values()) {
      items.add(Iteration.viewed(entry, Value.View.ITEMS));
      keys.add(key(by.equals("key") ? entry.key() : entry.value(), bound.truth(0)));
    }
    return new Value.ListOf(comparison.sorted(items, keys, bound.truth(2)));
  }

  private Value unique(Value input, Arguments arguments) throws TemplateException {
    Arguments.Bound bound =
        arguments.bind(rendering, "unique", 0, "case_sensitive", "attribute");
    AttributePath path = AttributePath.of(rendering, bound.value(1, Value.None.NONE));
    Iteration iteration = new Iteration(rendering);
    Value.Source source = iteration.source(input, "'unique'");
    Set<String> seen = new HashSet<>();
    return iteration.iterator(
        () -> {
          Optional<Value> item = source.next();
          while (item.isPresent()) {
            Value key = key(path.of(item.get()), bound.truth(0));
            String written =
                DictKey.of(key, 0)
                    .orElseThrow(() -> rendering.wrongType("'unique'", key));
            rendering.charge(written.length() + Limits.ITEM_WORK);
            if (seen.add(written)) {
              break;
            }
            item = source.next();
          }
          return item;
        });
  }

  /// `min` or `max`: the first of those that no other one passes.
  private Value extreme(String name, Value input, Arguments arguments) throws TemplateException {
    Arguments.Bound bound = arguments.bind(rendering, name, 0, "case_sensitive", "attribute");
    AttributePath path = AttributePath.of(rendering, bound.value(1, Value.None.NONE));
    List<Value> items = new Iteration(rendering).all(input, "'" + name + "'");
    if (items.isEmpty()) {
      return new Value.Undefined("the " + name + " of nothing");
    }
    Value best = items.getFirst();
    Value bestKey = key(path.of(best), bound.truth(0));
    for (Value item : items.subList(1, items.size())) {
      Value key = key(path.of(item), bound.truth(0));
      int order = comparison.order(key, bestKey);
      boolean better = name.equals("min") ? order < 0 : order > 0;
      if (better) {
        best = item;
        bestKey = key;
      }
    }
    return best;
  }
}

package plumbline.engine.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Filters that take the items of a value as they are.
final class SequenceFilters {
  private final Rendering rendering;
  private final Iteration iteration;

  SequenceFilters(Rendering rendering) {
    this.rendering = rendering;
    this.iteration = new Iteration(rendering);
  }

  Value apply(String name, Value input, Arguments arguments) throws TemplateException {
    return switch (name) {
      case "count", "length" -> {
        arguments.bind(rendering, name, 0);
        yield length(input);
      }
      case "first" -> {
        arguments.bind(rendering, name, 0);
        yield first(input);
      }
      case "last" -> {
        arguments.bind(rendering, name, 0);
        yield last(input);
      }
      case "list" -> {
        arguments.bind(rendering, name, 0);
        yield new Value.ListOf(iteration.all(input, "'list'"));
      }
      case "items" -> {
        arguments.bind(rendering, name, 0);
        yield items(input);
      }
      case "reverse" -> {
        arguments.bind(rendering, name, 0);
        yield reversed(input);
      }
      case "join" -> joined(input, arguments);
      case "batch" -> batches(input, arguments);
      default -> slices(input, arguments);
    };
  }

  private Value length(Value input) throws TemplateException {
    OptionalLong length = input.length();
    if (length.isEmpty()) {
      throw rendering.wrongType("'length'", input);
    }
    rendering.charge(Comparison.textOf(input).map(String::length).orElse(0));
    return Value.Int.of(length.getAsLong());
  }

  private Value first(Value input) throws TemplateException {
    return iteration
        .source(input, "'first'")
        .next()
        .orElse(new Value.Undefined("the first item of nothing"));
  }

  private Value last(Value input) throws TemplateException {
    if (!Iteration.isReversible(input)) {
      throw rendering.wrongType("'last'", input);
    }
    List<Value> items = iteration.all(input, "'last'");
    return items.isEmpty() ? new Value.Undefined("the last item of nothing") : items.getLast();
  }

  private Value items(Value input) throws TemplateException {
    return switch (input) {
      case Value.Undefined _ -> new Value.Iterator(Optional::empty);
      case Value.Dict dict ->
          new Value.Iterator(
              iteration.source(new Value.DictView(dict, Value.View.ITEMS), "'items'"));
      default -> throw rendering.wrongType("'items'", input);
    };
  }

  private Value reversed(Value input) throws TemplateException {
    if (input instanceof Value.Text text) {
      return rendering.text(Texts.reversed(text.text()));
    }
    List<Value> reversed = iteration.all(input, "'reverse'").reversed();
    return Iteration.isReversible(input)
        ? new Value.Iterator(iteration.of(reversed))
        : new Value.ListOf(new ArrayList<>(reversed));
  }

  private Value joined(Value input, Arguments arguments) throws TemplateException {
    Arguments.Bound bound = arguments.bind(rendering, "join", 0, "d", "attribute");
    Repr repr = new Repr(rendering);
    String separator = repr.str(bound.value(0, new Value.Text("")));
    AttributePath path = AttributePath.of(rendering, bound.value(1, Value.None.NONE));
    TextBuilder out = rendering.builder();
    Value.Source source = iteration.source(input, "'join'");
    boolean first = true;
    for (Optional<Value> item = source.next(); item.isPresent(); item = source.next()) {
      out.append(first ? "" : separator).append(repr.str(path.of(item.get())));
      first = false;
    }
    return out.toText();
  }

  /// Makes the items when the first of them is asked for, as Python's generators do.
  private interface Later {
    List<Value> items() throws TemplateException;
  }

  private Value later(Later later) {
    List<Iterator<Value>> started = new ArrayList<>();
    return iteration.iterator(
        () -> {
          if (started.isEmpty()) {
            started.add(later.items().iterator());
          }
          Iterator<Value> items = started.getFirst();
          return items.hasNext() ? Optional.of(items.next()) : Optional.empty();
        });
  }

  private Value batches(Value input, Arguments arguments) throws TemplateException {
    Arguments.Bound bound = arguments.bind(rendering, "batch", 1, "linecount", "fill_with");
    int size = bound.integer(0, 0);
    if (size < 1) {
      throw rendering.refused("'batch' into lines of " + size);
    }
    Value fill = bound.value(1, Value.None.NONE);
    return later(
        () -> {
          List<Value> all = iteration.all(input, "'batch'");
          List<Value> batches = new ArrayList<>();
          for (int from = 0; from < all.size(); from += Math.min(size, all.size() - from)) {
            int to = from + Math.min(size, all.size() - from);
            List<Value> batch = new ArrayList<>(all.subList(from, to));
            fill(batch, fill == Value.None.NONE ? 0 : size - batch.size(), fill);
            batches.add(rendering.list(batch));
          }
          return batches;
        });
  }

  private void fill(List<Value> items, int count, Value fill) throws TemplateException {
    rendering.chargeItems(count);
    for (int i = 0; i < count; i++) {
      items.add(fill);
    }
  }

  private Value slices(Value input, Arguments arguments) throws TemplateException {
    Arguments.Bound bound = arguments.bind(rendering, "slice", 1, "slices", "fill_with");
    int count = bound.integer(0, 0);
    if (count < 1) {
      throw rendering.refused("'slice' into " + count);
    }
    Value fill = bound.value(1, Value.None.NONE);
    return later(
        () -> {
          List<Value> all = iteration.all(input, "'slice'");
          rendering.chargeItems(count);
          int each = all.size() / count;
          int longer = all.size() % count;
          List<Value> slices = new ArrayList<>();
          int from = 0;
          for (int i = 0; i < count; i++) {
            int to = from + each + (i < longer ? 1 : 0);
            List<Value> slice = new ArrayList<>(all.subList(from, to));
            fill(slice, fill != Value.None.NONE && i >= longer ? 1 : 0, fill);
            slices.add(rendering.list(slice));
            from = to;
          }
          return slices;
        });
  }
}

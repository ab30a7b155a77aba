package plumbline.engine.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// A running `{% for %}`: its items, taken one by one and at most one ahead, and what its variable
/// `loop` says of them (spec/template.md J8).
final class Loop {
  /// Renders the loop's body over other items: `loop(items)` in a loop marked `recursive`.
  interface Recursion {
    Value render(Value items, int depth) throws TemplateException;
  }

  private final Rendering rendering;
  private final Optional<Recursion> recursion;
  private final int depth;
  private Value.Source source;
  private OptionalLong length;
  private Optional<Value> previous = Optional.empty();
  private Optional<Value> current = Optional.empty();
  private Optional<Value> next = Optional.empty();
  private boolean peeked;
  private int index = -1;
  private Optional<Value> lastChanged = Optional.empty();

  Loop(
      Rendering rendering,
      Value.Source source,
      OptionalLong length,
      int depth,
      Optional<Recursion> recursion) {
    this.rendering = rendering;
    this.source = source;
    this.length = length;
    this.depth = depth;
    this.recursion = recursion;
  }

  /// The next item, after which `index` counts it.
  Optional<Value> advance() throws TemplateException {
    Optional<Value> item = peek();
    peeked = false;
    if (item.isPresent()) {
      index++;
      previous = current;
      current = item;
    }
    return item;
  }

  private Optional<Value> peek() throws TemplateException {
    if (!peeked) {
      next = source.next();
      peeked = true;
    }
    return next;
  }

  private long length() throws TemplateException {
    if (length.isEmpty()) {
      List<Value> rest = new ArrayList<>();
      for (Optional<Value> item = source.next(); item.isPresent(); item = source.next()) {
        rest.add(item.get());
        rendering.chargeItems(1);
      }
      Iterator<Value> items = rest.iterator();
      source = () -> items.hasNext() ? Optional.of(items.next()) : Optional.empty();
      boolean ahead = peeked && next.isPresent();
      length = OptionalLong.of(rest.size() + index + 1L + (ahead ? 1 : 0));
    }
    return length.getAsLong();
  }

  /// An attribute of `loop`, or empty when it has none by that name.
  Optional<Value> attribute(String name) throws TemplateException {
    return switch (name) {
      case "index" -> Optional.of(Value.Int.of(index + 1L));
      case "index0" -> Optional.of(Value.Int.of(index));
      case "first" -> Optional.of(Value.Bool.of(index == 0));
      case "last" -> Optional.of(Value.Bool.of(peek().isEmpty()));
      case "length" -> Optional.of(Value.Int.of(length()));
      case "revindex" -> Optional.of(Value.Int.of(length() - index));
      case "revindex0" -> Optional.of(Value.Int.of(length() - index - 1));
      case "depth" -> Optional.of(Value.Int.of(depth + 1L));
      case "depth0" -> Optional.of(Value.Int.of(depth));
      case "previtem" ->
          Optional.of(previous.orElse(new Value.Undefined("there is no previous item")));
      case "nextitem" -> Optional.of(peek().orElse(new Value.Undefined("there is no next item")));
      case "cycle", "changed" ->
          Optional.of(new Value.Method(new Value.LoopValue(this), name));
      default -> Optional.empty();
    };
  }

  Value cycle(List<Value> values) throws TemplateException {
    if (values.isEmpty()) {
      throw rendering.refused("'loop.cycle' needs a value");
    }
    return values.get(Math.floorMod(index, values.size()));
  }

  Value changed(List<Value> values) throws TemplateException {
    Value tuple = new Value.TupleOf(values);
    boolean same =
        lastChanged.isPresent() && new Comparison(rendering).equal(lastChanged.get(), tuple);
    lastChanged = Optional.of(tuple);
    return Value.Bool.of(!same);
  }

  Value call(List<Value> arguments) throws TemplateException {
    if (recursion.isEmpty()) {
      throw rendering.refused("'loop' is called, but the loop is not marked 'recursive'");
    }
    if (arguments.size() != 1) {
      throw rendering.refused("'loop' takes one argument, " + arguments.size() + " given");
    }
    return recursion.get().render(arguments.getFirst(), depth + 1);
  }
}

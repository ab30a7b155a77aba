package plumbline.engine.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Calls methods of values (spec/template.md J10).
final class MethodTable {
  private final Rendering rendering;
  private final Comparison comparison;
  private final TextMethodTable texts;

  MethodTable(Rendering rendering) {
    this.rendering = rendering;
    this.comparison = new Comparison(rendering);
    this.texts = new TextMethodTable(rendering);
  }

  Value call(Value.Method method, Arguments arguments) throws TemplateException {
    return switch (method.receiver()) {
      case Value.Text text -> texts.call(text.text(), method.name(), arguments);
      case Value.Dict dict -> onDict(dict, method.name(), arguments);
      case Value.Sequence sequence -> onSequence(sequence, method.name(), arguments);
      case Value.LoopValue loop -> onLoop(loop.loop(), method.name(), arguments);
      default ->
          throw rendering.wrongType("the method '" + method.name() + "'", method.receiver());
    };
  }

  private Value onDict(Value.Dict dict, String name, Arguments arguments)
      throws TemplateException {
    switch (name) {
      case "get" -> {
        Arguments.Bound bound = arguments.bind(rendering, name, 1, "/key", "/default");
        Value absent = bound.value(1, Value.None.NONE);
        Value key = bound.at(0).orElseThrow();
        if (key instanceof Value.Undefined) {
          return absent;
        }
        String written =
            DictKey.of(key, 0)
                .orElseThrow(() -> rendering.wrongType("a key of 'get'", key));
        rendering.charge(written.length());
        Value.Entry entry = dict.entries().get(written);
        return entry == null ? absent : entry.value();
      }
      case "items", "keys", "values" -> {
        arguments.bind(rendering, name, 0);
        return new Value.DictView(
            dict,
            switch (name) {
              case "keys" -> Value.View.KEYS;
              case "values" -> Value.View.VALUES;
              default -> Value.View.ITEMS;
            });
      }
      case "copy" -> {
        arguments.bind(rendering, name, 0);
        rendering.chargeItems(dict.entries().size());
        Map<String, Value.Entry> entries = DictKey.entries();
        entries.putAll(dict.entries());
        return new Value.Dict(entries);
      }
      default -> throw unsupported(name, dict);
    }
  }

  private Value onSequence(Value.Sequence sequence, String name, Arguments arguments)
      throws TemplateException {
    switch (name) {
      case "copy" -> {
        arguments.bind(rendering, name, 0);
        return rendering.list(new ArrayList<>(sequence.items()));
      }
      case "count" -> {
        Value sought = arguments.bind(rendering, name, 1, "/value").at(0).orElseThrow();
        long count = 0;
        for (Value item : sequence.items()) {
          count += item == sought || comparison.equal(item, sought) ? 1 : 0;
        }
        return Value.Int.of(count);
      }
      case "index" -> {
        Value sought = arguments.bind(rendering, name, 1, "/value").at(0).orElseThrow();
        List<Value> items = sequence.items();
        for (int i = 0; i < items.size(); i++) {
          if (items.get(i) == sought || comparison.equal(items.get(i), sought)) {
            return Value.Int.of(i);
          }
        }
        throw rendering.refused("'index' of a value that is not in the " + sequence.type());
      }
      default -> throw unsupported(name, sequence);
    }
  }

  private Value onLoop(Loop loop, String name, Arguments arguments) throws TemplateException {
    if (!arguments.named().isEmpty()) {
      throw rendering.refused("'loop." + name + "' takes no named argument");
    }
    return name.equals("cycle")
        ? loop.cycle(arguments.positional())
        : loop.changed(arguments.positional());
  }

  private TemplateException unsupported(String name, Value receiver) {
    return rendering.refused(
        Texts.message("the method '%s' of %s is not supported", name, receiver.type()));
  }
}

package plumbline.engine.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The argument `attribute` of filters: names and indexes with dots between them.
final class AttributePath {
  private static final int PART_CHARS_MAX = 1000;

  private final Rendering rendering;
  private final List<Value> parts;
  private final Optional<Value> absent;

  private AttributePath(Rendering rendering, List<Value> parts, Optional<Value> absent) {
    this.rendering = rendering;
    this.parts = parts;
    this.absent = absent;
  }

  /// `None` as attribute is the item itself.
  static AttributePath of(Rendering rendering, Value attribute) throws TemplateException {
    List<Value> parts = new ArrayList<>();
    Optional<String> text = Comparison.textOf(attribute);
    if (text.isPresent()) {
      rendering.chargeItems(text.get().length());
      for (String part : text.get().split("\\.", -1)) {
        parts.add(part(rendering, part));
      }
    } else if (attribute != Value.None.NONE) {
      parts.add(attribute);
    }
    return new AttributePath(rendering, parts, Optional.empty());
  }

  /// The same path, with a value for what is undefined along it; `None` stands for no such value.
  AttributePath or(Value value) {
    return new AttributePath(
        rendering, parts, value == Value.None.NONE ? Optional.empty() : Optional.of(value));
  }

  private static Value part(Rendering rendering, String part) throws TemplateException {
    boolean digits = !part.isEmpty();
    for (int i = 0; i < part.length(); i++) {
      digits &= CaseMapping.isDigit(part.charAt(i));
      if (part.charAt(i) > 0x7f || i >= PART_CHARS_MAX) {
        throw rendering.refused("an 'attribute' that is long or outside ASCII is not supported");
      }
    }
    return digits
        ? new Value.Int(Numbers.parsedInteger(part, 10).orElseThrow())
        : new Value.Text(part);
  }

  Value of(Value item) throws TemplateException {
    Value value = item;
    for (Value part : parts) {
      value = new Lookup(rendering).item(value, part);
      if (value instanceof Value.Undefined && absent.isPresent()) {
        value = absent.get();
      }
    }
    return value;
  }
}

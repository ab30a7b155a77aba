package plumbline.engine.template;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Writes values as Python's `str` and `repr` do (spec/template.md J13). A value whose text would
/// hold an address in memory is refused.
final class Repr {
  private final Rendering rendering;

  Repr(Rendering rendering) {
    this.rendering = rendering;
  }

  /// `str(value)`: what an output prints.
  String str(Value value) throws TemplateException {
    return switch (value) {
      case Value.Text text -> text.text();
      case Value.Safe safe -> safe.text();
      case Value.Undefined _ -> "";
      case Value.None _ -> "None";
      case Value.Bool bool -> bool == Value.Bool.TRUE ? "True" : "False";
      case Value.Int number -> number.value().toString();
      case Value.Real real -> Numbers.written(real.value());
      default -> repr(value);
    };
  }

  String repr(Value value) throws TemplateException {
    TextBuilder out = rendering.builder();
    write(value, out, 0);
    return out.toString();
  }

  private void write(Value value, TextBuilder out, int depth) throws TemplateException {
    rendering.charge(Limits.STEP_WORK);
    if (depth > Limits.VALUE_DEPTH_MAX) {
      throw rendering.refused(
          Texts.message("a value nested more than %s deep is printed", Limits.VALUE_DEPTH_MAX));
    }
    switch (value) {
      case Value.Text text -> quote(text.text(), out);
      case Value.None _, Value.Bool _, Value.Int _, Value.Real _ -> out.append(str(value));
      case Value.Undefined _ -> out.append("Undefined");
      case Value.ListOf list -> {
        out.append('[');
        items(list.items(), out, depth);
        out.append(']');
      }
      case Value.TupleOf tuple -> {
        out.append('(');
        items(tuple.items(), out, depth);
        out.append(tuple.items().size() == 1 ? ",)" : ")");
      }
      case Value.Dict dict -> dict(dict, out, depth);
      case Value.DictView view -> {
        out.append(view.type()).append("([");
        items(viewed(view), out, depth);
        out.append("])");
      }
      case Value.Range range -> range(range, out);
      case Value.Safe _, Value.Iterator _, Value.Namespace _, Value.Macro _, Value.Method _,
              Value.Function _, Value.LoopValue _ ->
          throw rendering.refused("a value of type " + value.type() + " cannot be printed");
    }
  }

  private List<Value> viewed(Value.DictView view) throws TemplateException {
    return new Iteration(rendering).all(view, "printing");
  }

  private void items(List<Value> items, TextBuilder out, int depth) throws TemplateException {
    for (int i = 0; i < items.size(); i++) {
      out.append(i == 0 ? "" : ", ");
      write(items.get(i), out, depth + 1);
    }
  }

  private void dict(Value.Dict dict, TextBuilder out, int depth) throws TemplateException {
    out.append('{');
    boolean first = true;
    for (Map.Entry<String, Value.Entry> entry : dict.entries().entrySet()) {
      out.append(first ? "" : ", ");
      write(entry.getValue().key(), out, depth + 1);
      out.append(": ");
      write(entry.getValue().value(), out, depth + 1);
      first = false;
    }
    out.append('}');
  }

  private void range(Value.Range range, TextBuilder out) throws TemplateException {
    long stop = range.start() + range.step() * range.count();
    if (range.step() != 1 || range.count() == 0) {
      // The stop that was asked for is not kept; with step 1 it is where the items end.
      throw rendering.refused("this range cannot be printed");
    }
    out.append("range(" + range.start() + ", " + stop + ")");
  }

  /// Single quotes, unless only the double ones would need no escape.
  private void quote(String text, TextBuilder out) throws TemplateException {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    out.append(quote);
    int copied = 0;
    for (int i = 0; i < text.length(); ) {
      int codePoint = text.codePointAt(i);
      int next = i + Character.charCount(codePoint);
      Optional<String> escape = escape(codePoint, quote);
      if (escape.isPresent()) {
        out.append(text, copied, i).append(escape.get());
        copied = next;
      }
      i = next;
    }
    out.append(text, copied, text.length()).append(quote);
  }

  private static Optional<String> escape(int codePoint, char quote) {
    if (codePoint == quote || codePoint == '\\') {
      return Optional.of("\\" + (char) codePoint);
    }
    if (codePoint >= 0x20 && codePoint < 0x7f) {
      return Optional.empty();
    }
    return switch (codePoint) {
      case '\n' -> Optional.of("\\n");
      case '\r' -> Optional.of("\\r");
      case '\t' -> Optional.of("\\t");
      default -> {
        if (!CodePointSet.UNPRINTABLE.contains(codePoint)) {
          yield Optional.empty();
        }
        yield Optional.of(
            codePoint < 0x100
                ? "\\x" + Texts.hex(codePoint, 2)
                : codePoint < 0x10000
                    ? "\\u" + Texts.hex(codePoint, 4)
                    : "\\U" + Texts.hex(codePoint, 8));
      }
    };
  }
}

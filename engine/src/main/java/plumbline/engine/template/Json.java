package plumbline.engine.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Writes JSON as Python's `json.dumps` does (spec/template.md J13).
final class Json {
  private final Rendering rendering;
  private final Style style;

  /// @param indent what one level is indented by; empty for JSON on one line
  record Style(
      boolean ascii, Optional<String> indent, String comma, String colon, boolean sorted) {}

  Json(Rendering rendering, Style style) {
    this.rendering = rendering;
    this.style = style;
  }

  Value.Text written(Value value) throws TemplateException {
    TextBuilder out = rendering.builder();
    write(value, out, 0);
    return out.toText();
  }

  private void write(Value value, TextBuilder out, int depth) throws TemplateException {
    rendering.charge(Limits.STEP_WORK);
    if (depth > Limits.VALUE_DEPTH_MAX) {
      throw rendering.refused(
          Texts.message("'tojson' of a value nested more than %s deep", Limits.VALUE_DEPTH_MAX));
    }
    switch (value) {
      case Value.Text text -> string(text.text(), out);
      case Value.Safe safe -> string(safe.text(), out);
      case Value.None _, Value.Bool _, Value.Int _, Value.Real _ -> out.append(scalar(value));
      case Value.Sequence sequence -> list(sequence.items(), out, depth);
      case Value.Dict dict -> dict(dict, out, depth);
      case Value.DictView _, Value.Range _, Value.Iterator _, Value.Undefined _,
              Value.Namespace _, Value.Macro _, Value.Method _, Value.Function _,
              Value.LoopValue _ ->
          throw rendering.wrongType("'tojson'", value);
    }
  }

  private String scalar(Value value) throws TemplateException {
    return switch (value) {
      case Value.None _ -> "null";
      case Value.Bool bool -> bool == Value.Bool.TRUE ? "true" : "false";
      default -> new Repr(rendering).str(value);
    };
  }

  private void list(List<Value> items, TextBuilder out, int depth) throws TemplateException {
    if (items.isEmpty()) {
      out.append("[]");
      return;
    }
    out.append('[');
    for (int i = 0; i < items.size(); i++) {
      out.append(i == 0 ? "" : style.comma());
      newline(out, depth + 1);
      write(items.get(i), out, depth + 1);
    }
    newline(out, depth);
    out.append(']');
  }

  private void dict(Value.Dict dict, TextBuilder out, int depth) throws TemplateException {
    if (dict.entries().isEmpty()) {
      out.append("{}");
      return;
    }
    out.append('{');
    boolean first = true;
    for (Value.Entry entry : entries(dict)) {
      out.append(first ? "" : style.comma());
      first = false;
      newline(out, depth + 1);
      string(key(entry.key()), out);
      out.append(style.colon());
      write(entry.value(), out, depth + 1);
    }
    newline(out, depth);
    out.append('}');
  }

  private List<Value.Entry> entries(Value.Dict dict) throws TemplateException {
    List<Value.Entry> entries = new ArrayList<>(dict.entries().values());
    rendering.chargeItems(entries.size());
    if (!style.sorted()) {
      return entries;
    }
    List<Value> keys = new ArrayList<>();
    for (Value.Entry entry : entries) {
      keys.add(entry.key());
    }
    List<Value.Entry> sorted = new ArrayList<>();
    for (Value key : new Comparison(rendering).sorted(keys, keys, false)) {
      sorted.add(dict.entries().get(DictKey.of(key, 0).orElseThrow()));
    }
    return sorted;
  }

  private String key(Value key) throws TemplateException {
    return switch (key) {
      case Value.Text text -> text.text();
      case Value.Safe safe -> safe.text();
      case Value.None _, Value.Bool _, Value.Int _, Value.Real _ -> scalar(key);
      default -> throw rendering.wrongType("a key of 'tojson'", key);
    };
  }

  private void newline(TextBuilder out, int depth) throws TemplateException {
    if (style.indent().isPresent()) {
      out.append('\n').repeat(style.indent().get(), depth);
    }
  }

  private void string(String text, TextBuilder out) throws TemplateException {
    out.append('"');
    int copied = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x20 || c == '"' || c == '\\' || (style.ascii() && c >= 0x7f)) {
        out.append(text, copied, i).append(escape(c));
        copied = i + 1;
      }
    }
    out.append(text, copied, text.length()).append('"');
  }

  private static String escape(char c) {
    return switch (c) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      case '\b' -> "\\b";
      case '\f' -> "\\f";
      default -> "\\u" + Texts.hex(c, 4);
    };
  }
}

package plumbline.engine.template;

import java.util.ArrayList;
import java.util.List;

/// What Python's methods of `str` do, over arguments that are already checked.
final class TextMethods {
  private TextMethods() {}

  /// @param chars the code points to strip, or `None` for whitespace
  static Value stripped(
      Rendering rendering, String text, Value chars, boolean leading, boolean trailing)
      throws TemplateException {
    rendering.charge(text.length());
    if (chars == Value.None.NONE) {
      String left = leading ? Whitespace.stripLeading(text) : text;
      return rendering.text(trailing ? Whitespace.stripTrailing(left) : left);
    }
    if (!(chars instanceof Value.Text set)) {
      throw rendering.wrongType("the argument of 'strip'", chars);
    }
    int from = 0;
    int to = text.length();
    while (leading && from < to) {
      int codePoint = text.codePointAt(from);
      rendering.charge(set.text().length());
      if (set.text().indexOf(codePoint) < 0) {
        break;
      }
      from += Character.charCount(codePoint);
    }
    while (trailing && to > from) {
      int codePoint = text.codePointBefore(to);
      rendering.charge(set.text().length());
      if (set.text().indexOf(codePoint) < 0) {
        break;
      }
      to -= Character.charCount(codePoint);
    }
    return rendering.text(text.substring(from, to));
  }

  static Value replaced(Rendering rendering, String text, String old, String by, int count)
      throws TemplateException {
    rendering.charge((long) text.length() + old.length());
    TextBuilder out = rendering.builder();
    long left = count < 0 ? Long.MAX_VALUE : count;
    if (old.isEmpty()) {
      return interleaved(text, by, left, out);
    }
    Texts.Search search = Texts.search(old);
    int copied = 0;
    for (int at = search.in(text, 0); at >= 0 && left > 0; at = search.in(text, copied)) {
      out.append(text, copied, at).append(by);
      rendering.charge(Limits.STEP_WORK);
      copied = at + old.length();
      left--;
    }
    return out.append(text, copied, text.length()).toText();
  }

  /// An empty text is found before every character and at the end.
  private static Value interleaved(String text, String by, long count, TextBuilder out)
      throws TemplateException {
    long left = count;
    int at = 0;
    while (left > 0) {
      out.append(by);
      left--;
      if (at == text.length()) {
        break;
      }
      int next = text.offsetByCodePoints(at, 1);
      out.append(text, at, next);
      at = next;
    }
    return out.append(text, at, text.length()).toText();
  }

  /// `split` at whitespace.
  static List<Value> words(Rendering rendering, String text, int splits)
      throws TemplateException {
    rendering.charge(text.length());
    List<Value> words = new ArrayList<>();
    int at = 0;
    while (true) {
      while (at < text.length() && Whitespace.isSpace(text.charAt(at))) {
        at++;
      }
      if (at == text.length()) {
        return words;
      }
      if (splits >= 0 && words.size() == splits) {
        words.add(new Value.Text(text.substring(at)));
        return words;
      }
      int from = at;
      while (at < text.length() && !Whitespace.isSpace(text.charAt(at))) {
        at++;
      }
      rendering.chargeItems(1);
      words.add(new Value.Text(text.substring(from, at)));
    }
  }

  /// `split` at a separator that is not empty.
  static List<Value> pieces(Rendering rendering, String text, String separator, int splits)
      throws TemplateException {
    rendering.charge((long) text.length() + separator.length());
    Texts.Search search = Texts.search(separator);
    List<Value> pieces = new ArrayList<>();
    int from = 0;
    int at = search.in(text, 0);
    while (at >= 0 && (splits < 0 || pieces.size() < splits)) {
      rendering.chargeItems(1);
      pieces.add(new Value.Text(text.substring(from, at)));
      from = at + separator.length();
      at = search.in(text, from);
    }
    pieces.add(new Value.Text(text.substring(from)));
    return pieces;
  }

  /// The same from the right: over the reversed text, and reversed again.
  static List<Value> fromRight(List<Value> reversedPieces) {
    List<Value> pieces = new ArrayList<>();
    for (Value piece : reversedPieces.reversed()) {
      pieces.add(new Value.Text(Texts.reversed(((Value.Text) piece).text())));
    }
    return pieces;
  }

  static List<String> lines(Rendering rendering, String text, boolean keepEnds)
      throws TemplateException {
    rendering.charge(text.length());
    List<String> lines = new ArrayList<>();
    int from = 0;
    while (from < text.length()) {
      int end = from;
      while (end < text.length() && !Whitespace.isLineBreak(text.charAt(end))) {
        end++;
      }
      int next = Math.min(end + (text.startsWith("\r\n", end) ? 2 : 1), text.length());
      rendering.chargeItems(1);
      lines.add(text.substring(from, keepEnds ? next : end));
      from = next;
    }
    return lines;
  }

  static Value centered(Rendering rendering, String text, int width, String fill)
      throws TemplateException {
    int padding = Math.max(0, width - Texts.length(text));
    int left = padding / 2 + (padding & width & 1);
    return rendering
        .builder()
        .repeat(fill, left)
        .append(text)
        .repeat(fill, padding - left)
        .toText();
  }

  static Value zeroFilled(Rendering rendering, String text, int width)
      throws TemplateException {
    int padding = Math.max(0, width - Texts.length(text));
    boolean signed = text.startsWith("-") || text.startsWith("+");
    return rendering
        .builder()
        .append(signed ? text.substring(0, 1) : "")
        .repeat("0", padding)
        .append(signed ? text.substring(1) : text)
        .toText();
  }
}

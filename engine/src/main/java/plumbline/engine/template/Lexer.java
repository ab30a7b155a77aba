package plumbline.engine.template;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// Cuts a template into tokens as Jinja 3.1.6 does with `trim_blocks` and `lstrip_blocks`
/// (spec/template.md J1 to J5). One pass, no regular expressions, time linear in the source.
final class Lexer {
  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private final TagLexer tags;
  private int at;
  private int line = 1;
  private int lineCountedTo;
  private boolean lineStarting = true;

  private Lexer(String source) {
    this.source = source;
    this.tags = new TagLexer(this, source);
  }

  static List<Token> tokens(String source) throws TemplateException {
    if (source.length() > Limits.SOURCE_CHARS_MAX) {
      throw new TemplateException(
          1,
          Texts.message(
              "the template has %s characters, the limit is %s",
              source.length(), Limits.SOURCE_CHARS_MAX));
    }
    Lexer lexer = new Lexer(normalized(source));
    lexer.root();
    return lexer.tokens;
  }

  /// Line ends become `\n` and the last one goes (spec/template.md J1).
  private static String normalized(String source) throws TemplateException {
    StringBuilder text = new StringBuilder(source.length());
    for (int i = 0; i < source.length(); i++) {
      char c = source.charAt(i);
      if (c == '\r') {
        text.append('\n');
        if (i + 1 < source.length() && source.charAt(i + 1) == '\n') {
          i++;
        }
      } else {
        text.append(c);
      }
    }
    if (!text.isEmpty() && text.charAt(text.length() - 1) == '\n') {
      text.setLength(text.length() - 1);
    }
    if (Texts.hasLoneSurrogate(text)) {
      throw new TemplateException(1, "the template has a lone surrogate and so is no text");
    }
    return text.toString();
  }

  private void root() throws TemplateException {
    while (at < source.length()) {
      int tag = nextTag();
      if (tag < 0) {
        data(source.substring(at));
        at = source.length();
        break;
      }
      String text = source.substring(at, tag);
      char kind = source.charAt(tag + 1);
      char sign = signAt(tag + 2);
      int afterRaw = kind == '%' ? rawTagEnd(tag, "raw", false) : -1;
      data(trimmedBeforeTag(text, sign, kind == '{'));
      at = tag + 2 + (sign == ' ' ? 0 : 1);
      if (afterRaw >= 0) {
        raw(afterRaw);
      } else if (kind == '#') {
        comment();
      } else {
        tags.lex(kind == '%');
      }
    }
    emit(Token.Kind.END, "");
  }

  private int nextTag() {
    for (int i = source.indexOf('{', at); i >= 0; i = source.indexOf('{', i + 1)) {
      char next = i + 1 < source.length() ? source.charAt(i + 1) : ' ';
      if (next == '{' || next == '%' || next == '#') {
        return i;
      }
    }
    return -1;
  }

  private char signAt(int index) {
    char c = index < source.length() ? source.charAt(index) : ' ';
    return c == '-' || c == '+' ? c : ' ';
  }

  private String trimmedBeforeTag(String text, char sign, boolean variable) {
    if (sign == '-') {
      return Whitespace.stripTrailing(text);
    }
    if (sign == '+' || variable) {
      return text;
    }
    int lineStart = text.lastIndexOf('\n') + 1;
    boolean atLineStart = lineStart > 0 || lineStarting;
    return atLineStart && Whitespace.isAllSpace(text, lineStart)
        ? text.substring(0, lineStart)
        : text;
  }

  private void comment() throws TemplateException {
    int end = source.indexOf("#}", at);
    if (end < 0) {
      throw refused("'{#' without '#}'");
    }
    char sign = end > at ? source.charAt(end - 1) : ' ';
    at = end + 2;
    closed(sign, true);
  }

  /// Where a tag `{% raw %}` that begins at `tag` ends, or -1 when it is another tag.
  private int rawTagEnd(int tag, String word, boolean closing) {
    int i = tag + 2 + (signAt(tag + 2) == ' ' ? 0 : 1);
    i = skipSpace(i);
    if (!source.startsWith(word, i)) {
      return -1;
    }
    i = skipSpace(i + word.length());
    if (source.startsWith("-%}", i)) {
      return skipSpace(i + 3);
    }
    if (closing && source.startsWith("+%}", i)) {
      return i + 3;
    }
    if (!source.startsWith("%}", i)) {
      return -1;
    }
    boolean trims = closing && i + 2 < source.length() && source.charAt(i + 2) == '\n';
    return i + 2 + (trims ? 1 : 0);
  }

  private void raw(int from) throws TemplateException {
    lineStarting = source.charAt(from - 1) == '\n';
    for (int i = source.indexOf("{%", from); i >= 0; i = source.indexOf("{%", i + 1)) {
      int end = rawTagEnd(i, "endraw", true);
      if (end >= 0) {
        data(trimmedBeforeTag(source.substring(from, i), signAt(i + 2), false));
        at = end;
        lineStarting = source.charAt(end - 1) == '\n';
        return;
      }
    }
    throw refused("'{% raw %}' without '{% endraw %}'");
  }

  int skipSpace(int index) {
    int i = index;
    while (i < source.length() && Whitespace.isSpace(source.charAt(i))) {
      i++;
    }
    return i;
  }

  /// Steps over what a tag's end takes with it and notes whether a line starts there.
  void closed(char sign, boolean trimsNewline) {
    if (sign == '-') {
      at = skipSpace(at);
    } else if (sign != '+' && trimsNewline && at < source.length() && source.charAt(at) == '\n') {
      at++;
    }
    lineStarting = source.charAt(at - 1) == '\n';
  }

  private void data(String text) throws TemplateException {
    if (!text.isEmpty()) {
      emit(Token.Kind.DATA, text);
    }
  }

  void emit(Token.Kind kind, String text) throws TemplateException {
    if (tokens.size() >= Limits.TOKENS_MAX) {
      throw refused(Texts.message("more than %s tokens", Limits.TOKENS_MAX));
    }
    tokens.add(new Token(kind, text, lineNow()));
  }

  TemplateException refused(String what) {
    return new TemplateException(lineNow(), what);
  }

  private int lineNow() {
    for (; lineCountedTo < at && lineCountedTo < source.length(); lineCountedTo++) {
      if (source.charAt(lineCountedTo) == '\n') {
        line++;
      }
    }
    return line;
  }

  int at() {
    return at;
  }

  void moveTo(int index) {
    at = index;
  }

  /// Brackets that stand open inside a tag; its end is looked for only when there are none.
  static final class Brackets {
    private final Deque<Character> open = new ArrayDeque<>();

    boolean isEmpty() {
      return open.isEmpty();
    }

    /// Returns false when `c` closes what is not open.
    boolean accept(char c) {
      switch (c) {
        case '(' -> open.push(')');
        case '[' -> open.push(']');
        case '{' -> open.push('}');
        case ')', ']', '}' -> {
          return !open.isEmpty() && open.pop() == c;
        }
        default -> {}
      }
      return true;
    }
  }
}

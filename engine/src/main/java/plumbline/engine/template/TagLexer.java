package plumbline.engine.template;

/// The tokens inside one `{{ }}` or `{% %}` (spec/template.md J3, J4).
final class TagLexer {
  private static final String TWO = "// ** == != >= <=";
  private static final String ONE = "+-*/%~[](){}><=.:|,;";

  private final Lexer lexer;
  private final String source;

  TagLexer(Lexer lexer, String source) {
    this.lexer = lexer;
    this.source = source;
  }

  void lex(boolean block) throws TemplateException {
    lexer.emit(block ? Token.Kind.BLOCK_BEGIN : Token.Kind.VARIABLE_BEGIN, "");
    Lexer.Brackets brackets = new Lexer.Brackets();
    while (lexer.at() < source.length()) {
      if (brackets.isEmpty() && end(block)) {
        return;
      }
      int at = lexer.at();
      char c = source.charAt(at);
      if (Whitespace.isSpace(c)) {
        lexer.moveTo(lexer.skipSpace(at));
      } else if (isDigit(c)) {
        number(at);
      } else if (isNameStart(c)) {
        int to = at;
        while (to < source.length() && (isNameStart(source.charAt(to)) || digitAt(to))) {
          to++;
        }
        if (to - at > Limits.NAME_CHARS_MAX) {
          throw lexer.refused("a name of more than " + Limits.NAME_CHARS_MAX + " characters");
        }
        token(Token.Kind.NAME, source.substring(at, to), to);
      } else if (c == '\'' || c == '"') {
        string(at, c);
      } else {
        operator(at, brackets);
      }
    }
  }

  private boolean end(boolean block) throws TemplateException {
    int at = lexer.at();
    char sign = source.charAt(at);
    boolean signed = sign == '-' || (block && sign == '+');
    if (!source.startsWith(block ? "%}" : "}}", at + (signed ? 1 : 0))) {
      return false;
    }
    lexer.emit(block ? Token.Kind.BLOCK_END : Token.Kind.VARIABLE_END, "");
    lexer.moveTo(at + (signed ? 3 : 2));
    lexer.closed(signed ? sign : ' ', block);
    return true;
  }

  private void token(Token.Kind kind, String text, int to) throws TemplateException {
    lexer.emit(kind, text);
    lexer.moveTo(to);
  }

  private void operator(int at, Lexer.Brackets brackets) throws TemplateException {
    char c = source.charAt(at);
    boolean two = at + 1 < source.length() && TWO.contains(source.substring(at, at + 2));
    if (two && c != ' ' && source.charAt(at + 1) != ' ') {
      token(Token.Kind.OPERATOR, source.substring(at, at + 2), at + 2);
      return;
    }
    if (ONE.indexOf(c) < 0) {
      throw lexer.refused("unexpected character " + Texts.quoted(source, at));
    }
    if (!brackets.accept(c)) {
      throw lexer.refused("'" + c + "' closes nothing, or not the bracket that is open");
    }
    token(Token.Kind.OPERATOR, String.valueOf(c), at + 1);
  }

  private void number(int at) throws TemplateException {
    boolean afterDot = at > 0 && source.charAt(at - 1) == '.';
    int whole = digits(at, 10);
    int to = whole;
    if (!afterDot) {
      if (to + 1 < source.length() && source.charAt(to) == '.' && digitAt(to + 1)) {
        to = digits(to + 1, 10);
      }
      to = exponent(to);
    }
    if (to > whole) {
      token(Token.Kind.FLOAT, source.substring(at, to).replace("_", ""), to);
      return;
    }
    int end = integerEnd(at);
    token(Token.Kind.INTEGER, source.substring(at, end).replace("_", ""), end);
  }

  private int exponent(int at) {
    if (at >= source.length() || (source.charAt(at) | 0x20) != 'e') {
      return at;
    }
    int i = at + 1;
    if (i < source.length() && (source.charAt(i) == '+' || source.charAt(i) == '-')) {
      i++;
    }
    return digitAt(i) ? digits(i, 10) : at;
  }

  /// `0b`, `0o`, `0x`, decimal without leading zeros, or zeros alone.
  private int integerEnd(int at) {
    if (source.charAt(at) != '0') {
      return digits(at, 10);
    }
    char mark = at + 1 < source.length() ? (char) (source.charAt(at + 1) | 0x20) : ' ';
    int radix = mark == 'b' ? 2 : mark == 'o' ? 8 : mark == 'x' ? 16 : 1;
    if (radix > 1) {
      int from = at + 2;
      if (from < source.length() && source.charAt(from) == '_') {
        from++;
      }
      if (from < source.length() && digitOf(source.charAt(from), radix)) {
        return digits(from, radix);
      }
    }
    return digits(at, 1);
  }

  /// The end of a run of digits with single underscores between them. Radix 1 means zeros only.
  private int digits(int at, int radix) {
    int i = at;
    while (i < source.length()) {
      char c = source.charAt(i);
      if (c == '_' && i > at && i + 1 < source.length() && digitOf(source.charAt(i + 1), radix)) {
        i += 2;
      } else if (digitOf(c, radix)) {
        i++;
      } else {
        break;
      }
    }
    return i;
  }

  private static boolean digitOf(char c, int radix) {
    char lower = (char) (c | 0x20);
    int value = isDigit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
    return value < radix;
  }

  private boolean digitAt(int index) {
    return index < source.length() && isDigit(source.charAt(index));
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isNameStart(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }

  private void string(int at, char quote) throws TemplateException {
    int to = at + 1;
    while (to < source.length() && source.charAt(to) != quote) {
      to += source.charAt(to) == '\\' ? 2 : 1;
    }
    if (to >= source.length()) {
      throw lexer.refused("a string is not closed");
    }
    token(Token.Kind.STRING, unescaped(at + 1, to), to + 1);
  }

  private String unescaped(int from, int to) throws TemplateException {
    StringBuilder text = new StringBuilder(to - from);
    int i = from;
    while (i < to) {
      char c = source.charAt(i);
      if (c != '\\') {
        text.append(c);
        i++;
        continue;
      }
      i = escape(i + 1, text);
    }
    if (Texts.hasLoneSurrogate(text)) {
      throw lexer.refused("an escape in a string makes a surrogate; write the character itself");
    }
    return text.toString();
  }

  /// Python's `unicode-escape`. Returns the index after the escape whose letter stands at `i`.
  private int escape(int i, StringBuilder text) throws TemplateException {
    char c = source.charAt(i);
    int simple = "\\'\"abfnrtv".indexOf(c);
    if (simple >= 0) {
      text.append("\\'\"\u0007\b\f\n\r\t\u000b".charAt(simple));
      return i + 1;
    }
    if (c >= '0' && c <= '7') {
      int to = i + 1;
      while (to < i + 3 && source.charAt(to) >= '0' && source.charAt(to) <= '7') {
        to++;
      }
      text.append((char) Integer.parseInt(source.substring(i, to), 8));
      return to;
    }
    switch (c) {
      case '\n' -> {}
      case 'x' -> {
        return hexEscape(i, 2, text);
      }
      case 'u' -> {
        return hexEscape(i, 4, text);
      }
      case 'U' -> {
        return hexEscape(i, 8, text);
      }
      case 'N' -> throw lexer.refused("the escape \\N{...} in a string is not supported");
      default -> {
        if (c > 0x7f) {
          throw lexer.refused("a backslash before a character outside ASCII is not supported");
        }
        text.append('\\').append(c);
      }
    }
    return i + 1;
  }

  private int hexEscape(int i, int count, StringBuilder text) throws TemplateException {
    int value = 0;
    for (int k = i + 1; k <= i + count; k++) {
      int digit = k < source.length() ? Texts.hexDigit(source.charAt(k)) : -1;
      if (digit < 0 || value > 0x10ffff >> 4) {
        throw lexer.refused("bad escape \\" + source.charAt(i) + " in a string");
      }
      value = value * 16 + digit;
    }
    // A surrogate cannot be told from half of a pair once it is in the text, so look here.
    if (value >= 0xd800 && value <= 0xdfff) {
      throw lexer.refused("the escape of a surrogate in a string is not supported");
    }
    text.appendCodePoint(value);
    return i + 1 + count;
  }
}

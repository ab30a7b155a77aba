package plumbline.engine.template;

import java.util.List;

/// The parsers' place in the tokens, and how deep they are nested there.
final class TokenStream {
  private final List<Token> tokens;
  private int at;
  private int nesting;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(at);
  }

  Token ahead() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  int line() {
    return current().line();
  }

  Token take() {
    Token token = current();
    if (token.kind() != Token.Kind.END) {
      at++;
    }
    return token;
  }

  boolean is(Token.Kind kind) {
    return current().kind() == kind;
  }

  boolean isName(String name) {
    return current().isName(name);
  }

  boolean isOperator(String operator) {
    return current().isOperator(operator);
  }

  boolean skipName(String name) {
    boolean skips = isName(name);
    if (skips) {
      at++;
    }
    return skips;
  }

  boolean skipOperator(String operator) {
    boolean skips = isOperator(operator);
    if (skips) {
      at++;
    }
    return skips;
  }

  Token expect(Token.Kind kind, String described) throws TemplateException {
    if (!is(kind)) {
      throw refused("expected " + described + ", found " + current().described());
    }
    return take();
  }

  void expectOperator(String operator) throws TemplateException {
    if (!skipOperator(operator)) {
      throw refused("expected '" + operator + "', found " + current().described());
    }
  }

  void expectName(String name) throws TemplateException {
    if (!skipName(name)) {
      throw refused("expected '" + name + "', found " + current().described());
    }
  }

  String name() throws TemplateException {
    return expect(Token.Kind.NAME, "a name").text();
  }

  /// Every level of recursion of the parsers passes here, so that none can exhaust the stack.
  void enter() throws TemplateException {
    if (++nesting > Limits.NESTING_MAX) {
      throw refused(Texts.message("nested more than %s deep", Limits.NESTING_MAX));
    }
  }

  void leave() {
    nesting--;
  }

  TemplateException refused(String what) {
    return new TemplateException(line(), what);
  }
}

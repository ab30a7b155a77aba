package plumbline.engine.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Parses literals and names and what can follow them: `.name`, `[index]`, calls, filters, tests.
final class PrimaryParser {
  private static final int INTEGER_DIGITS_MAX = 1200;

  private final TokenStream stream;
  private final ExpressionParser expressions;

  PrimaryParser(TokenStream stream, ExpressionParser expressions) {
    this.stream = stream;
    this.expressions = expressions;
  }

  Expr primary() throws TemplateException {
    Token token = stream.current();
    switch (token.kind()) {
      case NAME -> {
        return named(stream.take());
      }
      case STRING -> {
        return string();
      }
      case INTEGER -> {
        return new Expr.Literal(token.line(), integer(stream.take()));
      }
      case FLOAT -> {
        return new Expr.Literal(token.line(), real(stream.take()));
      }
      case OPERATOR -> {
        return bracketed();
      }
      default -> throw stream.refused("unexpected " + token.described());
    }
  }

  private static Expr named(Token token) {
    return switch (token.text()) {
      case "true", "True" -> new Expr.Literal(token.line(), Value.Bool.TRUE);
      case "false", "False" -> new Expr.Literal(token.line(), Value.Bool.FALSE);
      case "none", "None" -> new Expr.Literal(token.line(), Value.None.NONE);
      default -> new Expr.Name(token.line(), token.text());
    };
  }

  /// Strings that stand side by side are one string.
  private Expr string() {
    int line = stream.line();
    StringBuilder text = new StringBuilder();
    while (stream.is(Token.Kind.STRING)) {
      text.append(stream.take().text());
    }
    return new Expr.Literal(line, new Value.Text(text.toString()));
  }

  private static Value integer(Token token) throws TemplateException {
    String digits = token.text();
    if (digits.length() > INTEGER_DIGITS_MAX) {
      throw new TemplateException(
          token.line(), Texts.message("an integer has more than %s digits", INTEGER_DIGITS_MAX));
    }
    char mark = digits.length() > 2 ? (char) (digits.charAt(1) | 0x20) : ' ';
    int radix = mark == 'b' ? 2 : mark == 'o' ? 8 : mark == 'x' ? 16 : 10;
    return new Value.Int(new BigInteger(radix == 10 ? digits : digits.substring(2), radix));
  }

  private static Value real(Token token) throws TemplateException {
    double value = Double.parseDouble(token.text());
    if (Double.isInfinite(value)) {
      throw new TemplateException(token.line(), token.text() + " is beyond a double");
    }
    return new Value.Real(value);
  }

  private Expr bracketed() throws TemplateException {
    int line = stream.line();
    if (stream.skipOperator("(")) {
      Expr inner = expressions.tuple(true, true);
      stream.expectOperator(")");
      return inner;
    }
    if (stream.skipOperator("[")) {
      List<Expr> items = new ArrayList<>();
      while (!stream.isOperator("]")) {
        items.add(expressions.expression());
        if (!stream.skipOperator(",")) {
          break;
        }
      }
      stream.expectOperator("]");
      return new Expr.ListOf(line, items);
    }
    if (!stream.skipOperator("{")) {
      throw stream.refused("unexpected " + stream.current().described());
    }
    List<Expr> items = new ArrayList<>();
    while (!stream.isOperator("}")) {
      items.add(expressions.expression());
      stream.expectOperator(":");
      items.add(expressions.expression());
      if (!stream.skipOperator(",")) {
        break;
      }
    }
    stream.expectOperator("}");
    return new Expr.DictOf(line, items);
  }

  Expr postfixes(Expr start) throws TemplateException {
    Expr value = start;
    while (true) {
      if (stream.isOperator(".")) {
        value = attribute(value);
      } else if (stream.isOperator("[")) {
        value = subscript(value);
      } else if (stream.isOperator("(")) {
        value = new Expr.Call(stream.line(), value, arguments());
      } else {
        return value;
      }
    }
  }

  private Expr attribute(Expr target) throws TemplateException {
    int line = stream.take().line();
    Token token = stream.take();
    return switch (token.kind()) {
      case NAME -> new Expr.Attribute(line, target, token.text());
      case INTEGER -> new Expr.Item(line, target, new Expr.Literal(line, integer(token)));
      default ->
          throw new TemplateException(
              line, "expected a name or a number after '.', found " + token.described());
    };
  }

  /// `[]` is the empty tuple as an index, which finds nothing; several items make a tuple.
  private Expr subscript(Expr target) throws TemplateException {
    int line = stream.take().line();
    List<Expr> items = new ArrayList<>();
    while (!stream.isOperator("]")) {
      if (!items.isEmpty()) {
        stream.expectOperator(",");
      }
      Optional<Expr> start = Optional.empty();
      if (!stream.isOperator(":")) {
        start = Optional.of(expressions.expression());
      }
      if (stream.isOperator(":")) {
        if (!items.isEmpty()) {
          throw stream.refused("a slice inside a tuple of indexes is not supported");
        }
        return slice(line, target, start);
      }
      items.add(start.orElseThrow());
    }
    stream.expectOperator("]");
    Expr index = items.size() == 1 ? items.getFirst() : new Expr.TupleOf(line, items);
    return new Expr.Item(line, target, index);
  }

  private Expr slice(int line, Expr target, Optional<Expr> start) throws TemplateException {
    stream.expectOperator(":");
    Optional<Expr> stop = sliceBound();
    Optional<Expr> step = stream.skipOperator(":") ? sliceBound() : Optional.empty();
    if (stream.isOperator(",")) {
      throw stream.refused("a slice inside a tuple of indexes is not supported");
    }
    stream.expectOperator("]");
    return new Expr.Slice(line, target, start, stop, step);
  }

  private Optional<Expr> sliceBound() throws TemplateException {
    boolean absent = stream.isOperator(":") || stream.isOperator("]") || stream.isOperator(",");
    return absent ? Optional.empty() : Optional.of(expressions.expression());
  }

  Expr.CallArguments arguments() throws TemplateException {
    stream.expectOperator("(");
    List<Expr> positional = new ArrayList<>();
    List<Expr.Named> named = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Optional<Expr> spread = Optional.empty();
    Optional<Expr> spreadNamed = Optional.empty();
    while (!stream.isOperator(")")) {
      boolean last = spreadNamed.isPresent();
      if (!last && spread.isEmpty() && stream.skipOperator("*")) {
        spread = Optional.of(expressions.expression());
      } else if (!last && stream.skipOperator("**")) {
        spreadNamed = Optional.of(expressions.expression());
      } else if (!last && stream.is(Token.Kind.NAME) && stream.ahead().isOperator("=")) {
        String name = stream.take().text();
        stream.take();
        if (!names.add(name)) {
          throw stream.refused("the argument '" + name + "' is given twice");
        }
        named.add(new Expr.Named(name, expressions.expression()));
      } else if (!last && spread.isEmpty() && named.isEmpty()) {
        positional.add(expressions.expression());
      } else {
        throw stream.refused("arguments of a call in the wrong order");
      }
      if (!stream.isOperator(")")) {
        stream.expectOperator(",");
      }
    }
    stream.expectOperator(")");
    return new Expr.CallArguments(positional, named, spread, spreadNamed);
  }

  Expr filtersAndTests(Expr start) throws TemplateException {
    Expr value = start;
    while (true) {
      if (stream.skipOperator("|")) {
        value = filter(Optional.of(value));
      } else if (stream.isName("is")) {
        value = test(value);
      } else if (stream.isOperator("(")) {
        value = new Expr.Call(stream.line(), value, arguments());
      } else {
        return value;
      }
    }
  }

  /// The name of a filter and its arguments, after the `|`.
  Expr.Filter filter(Optional<Expr> input) throws TemplateException {
    int line = stream.line();
    String name = dottedName();
    Expr.CallArguments arguments =
        stream.isOperator("(") ? arguments() : Expr.CallArguments.NONE;
    return new Expr.Filter(line, input, name, arguments);
  }

  /// Filters one after the other, the first without an input of its own.
  Expr.Filter filterChain() throws TemplateException {
    Expr.Filter filter = filter(Optional.empty());
    while (stream.skipOperator("|")) {
      filter = filter(Optional.of(filter));
    }
    return filter;
  }

  private String dottedName() throws TemplateException {
    StringBuilder name = new StringBuilder(stream.name());
    while (stream.skipOperator(".")) {
      name.append('.').append(stream.name());
    }
    return name.toString();
  }

  private Expr test(Expr input) throws TemplateException {
    int line = stream.take().line();
    boolean negated = stream.skipName("not");
    String name = dottedName();
    Expr.CallArguments arguments = Expr.CallArguments.NONE;
    if (stream.isOperator("(")) {
      arguments = arguments();
    } else if (takesBareArgument()) {
      if (stream.isName("is")) {
        throw stream.refused("tests with 'is' cannot be chained");
      }
      Expr argument = postfixes(primary());
      arguments =
          new Expr.CallArguments(
              List.of(argument), List.of(), Optional.empty(), Optional.empty());
    }
    Expr test = new Expr.Test(line, input, name, arguments);
    return negated ? new Expr.Not(line, test) : test;
  }

  private boolean takesBareArgument() {
    return switch (stream.current().kind()) {
      case STRING, INTEGER, FLOAT -> true;
      case NAME -> !stream.isName("else") && !stream.isName("or") && !stream.isName("and");
      case OPERATOR -> stream.isOperator("[") || stream.isOperator("{");
      default -> false;
    };
  }
}

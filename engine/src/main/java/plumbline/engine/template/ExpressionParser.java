package plumbline.engine.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Parses expressions with Jinja's grammar and its precedences, loosest first: inline `if`, `or`,
/// `and`, `not`, comparisons, `+ -`, `~`, `* / // %`, `**`, signs, postfixes, filters and tests
/// (spec/template.md J6).
final class ExpressionParser {
  private static final Map<String, Expr.Comparator> COMPARATORS =
      Map.of(
          "==", Expr.Comparator.EQUAL,
          "!=", Expr.Comparator.NOT_EQUAL,
          "<", Expr.Comparator.LESS,
          "<=", Expr.Comparator.LESS_OR_EQUAL,
          ">", Expr.Comparator.GREATER,
          ">=", Expr.Comparator.GREATER_OR_EQUAL);
  private static final Map<String, Expr.BinaryOperator> SUMS =
      Map.of("+", Expr.BinaryOperator.ADD, "-", Expr.BinaryOperator.SUBTRACT);
  private static final Map<String, Expr.BinaryOperator> PRODUCTS =
      Map.of(
          "*", Expr.BinaryOperator.MULTIPLY,
          "/", Expr.BinaryOperator.DIVIDE,
          "//", Expr.BinaryOperator.FLOOR_DIVIDE,
          "%", Expr.BinaryOperator.REMAINDER);

  private final TokenStream stream;
  private final PrimaryParser primary;

  ExpressionParser(TokenStream stream) {
    this.stream = stream;
    this.primary = new PrimaryParser(stream, this);
  }

  PrimaryParser primary() {
    return primary;
  }

  Expr expression() throws TemplateException {
    stream.enter();
    Expr then = or();
    while (stream.isName("if")) {
      int line = stream.take().line();
      Expr test = or();
      Optional<Expr> otherwise =
          stream.skipName("else") ? Optional.of(expression()) : Optional.empty();
      then = new Expr.Conditional(line, then, test, otherwise);
    }
    stream.leave();
    return then;
  }

  /// An expression, or several with commas between them, which make a tuple.
  Expr tuple(boolean conditional, boolean bracketed, String... endNames)
      throws TemplateException {
    int line = stream.line();
    List<Expr> items = new ArrayList<>();
    boolean tuple = false;
    while (!tupleEnds(endNames)) {
      items.add(conditional ? expression() : unconditional());
      if (!stream.isOperator(",")) {
        break;
      }
      stream.take();
      tuple = true;
    }
    if (!tuple && items.size() == 1) {
      return items.getFirst();
    }
    if (!tuple && !bracketed) {
      throw stream.refused("expected an expression, found " + stream.current().described());
    }
    return new Expr.TupleOf(line, items);
  }

  boolean tupleEnds(String... endNames) {
    Token token = stream.current();
    if (token.kind() == Token.Kind.VARIABLE_END
        || token.kind() == Token.Kind.BLOCK_END
        || token.isOperator(")")) {
      return true;
    }
    for (String name : endNames) {
      if (token.isName(name)) {
        return true;
      }
    }
    return false;
  }

  /// An expression without an inline `if`, as after `for x in` and `{% if %}`.
  private Expr unconditional() throws TemplateException {
    stream.enter();
    Expr value = or();
    stream.leave();
    return value;
  }

  private Expr or() throws TemplateException {
    Expr left = and();
    while (stream.isName("or")) {
      int line = stream.take().line();
      left = new Expr.Logic(line, false, left, and());
    }
    return left;
  }

  private Expr and() throws TemplateException {
    Expr left = not();
    while (stream.isName("and")) {
      int line = stream.take().line();
      left = new Expr.Logic(line, true, left, not());
    }
    return left;
  }

  private Expr not() throws TemplateException {
    if (!stream.isName("not")) {
      return compare();
    }
    int line = stream.take().line();
    stream.enter();
    Expr value = not();
    stream.leave();
    return new Expr.Not(line, value);
  }

  private Expr compare() throws TemplateException {
    int line = stream.line();
    List<Expr> operands = new ArrayList<>();
    List<Expr.Comparator> comparators = new ArrayList<>();
    operands.add(sum());
    for (Optional<Expr.Comparator> next = comparator();
        next.isPresent();
        next = comparator()) {
      comparators.add(next.get());
      operands.add(sum());
    }
    return comparators.isEmpty()
        ? operands.getFirst()
        : new Expr.Compare(line, comparators, operands);
  }

  private Optional<Expr.Comparator> comparator() {
    Token token = stream.current();
    if (token.kind() == Token.Kind.OPERATOR && COMPARATORS.containsKey(token.text())) {
      return Optional.of(COMPARATORS.get(stream.take().text()));
    }
    if (stream.skipName("in")) {
      return Optional.of(Expr.Comparator.IN);
    }
    if (token.isName("not") && stream.ahead().isName("in")) {
      stream.take();
      stream.take();
      return Optional.of(Expr.Comparator.NOT_IN);
    }
    return Optional.empty();
  }

  private Optional<Expr.BinaryOperator> operator(Map<String, Expr.BinaryOperator> operators) {
    Token token = stream.current();
    return token.kind() == Token.Kind.OPERATOR
        ? Optional.ofNullable(operators.get(token.text()))
        : Optional.empty();
  }

  private Expr sum() throws TemplateException {
    Expr left = concat();
    for (var next = operator(SUMS); next.isPresent(); next = operator(SUMS)) {
      int line = stream.take().line();
      left = new Expr.Binary(line, next.get(), left, concat());
    }
    return left;
  }

  private Expr concat() throws TemplateException {
    int line = stream.line();
    List<Expr> parts = new ArrayList<>();
    parts.add(product());
    while (stream.skipOperator("~")) {
      parts.add(product());
    }
    return parts.size() == 1 ? parts.getFirst() : new Expr.Concat(line, parts);
  }

  private Expr product() throws TemplateException {
    Expr left = power();
    for (var next = operator(PRODUCTS); next.isPresent(); next = operator(PRODUCTS)) {
      int line = stream.take().line();
      left = new Expr.Binary(line, next.get(), left, power());
    }
    return left;
  }

  /// Jinja's `**` takes its operands from the left, unlike Python's.
  private Expr power() throws TemplateException {
    Expr left = unary(true);
    while (stream.isOperator("**")) {
      int line = stream.take().line();
      left = new Expr.Binary(line, Expr.BinaryOperator.POWER, left, unary(true));
    }
    return left;
  }

  private Expr unary(boolean filters) throws TemplateException {
    stream.enter();
    Expr value;
    if (stream.isOperator("-") || stream.isOperator("+")) {
      Token sign = stream.take();
      value = new Expr.Signed(sign.line(), sign.text().equals("-"), unary(false));
    } else {
      value = primary.primary();
    }
    value = primary.postfixes(value);
    if (filters) {
      value = primary.filtersAndTests(value);
    }
    stream.leave();
    return value;
  }

  /// Refuses an expression that would take too many levels to evaluate: a long chain of operators
  /// is a deep tree, though it is not nested in the source.
  static Expr bounded(Expr root) throws TemplateException {
    List<Expr> level = List.of(root);
    for (int depth = 1; !level.isEmpty(); depth++) {
      if (depth > Limits.TREE_DEPTH_MAX) {
        throw new TemplateException(
            root.line(),
            Texts.message("an expression is more than %s operations deep", Limits.TREE_DEPTH_MAX));
      }
      List<Expr> next = new ArrayList<>();
      for (Expr expression : level) {
        next.addAll(expression.children());
      }
      level = next;
    }
    return root;
  }
}

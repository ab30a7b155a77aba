package plumbline.engine.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Parses a whole template: its text, its outputs and its statements (spec/template.md J6, J8).
final class StatementParser {
  /// Statements of Jinja that name other templates or escape HTML; chat templates do neither.
  private static final Set<String> UNSUPPORTED =
      Set.of("block", "extends", "include", "import", "from", "autoescape");

  private final TokenStream stream;
  private final ExpressionParser expressions;
  private final TargetParser targets;
  private boolean breakable;

  private StatementParser(List<Token> tokens) {
    this.stream = new TokenStream(tokens);
    this.expressions = new ExpressionParser(stream);
    this.targets = new TargetParser(stream, expressions);
  }

  /// A parsed template: its statements and the names of its outermost frame.
  record Root(List<Node> body, Names names) {}

  static Root parse(String source) throws TemplateException {
    StatementParser parser = new StatementParser(Lexer.tokens(source));
    List<Node> body = parser.nodes();
    Root root = new Root(body, new Names.Collector().body(body).names());
    NameCheck.check(body);
    return root;
  }

  /// Statements up to the end of the template or up to one of the `ends`, which stays unread.
  private List<Node> nodes(String... ends) throws TemplateException {
    List<Node> nodes = new ArrayList<>();
    while (true) {
      Token token = stream.take();
      switch (token.kind()) {
        case DATA -> nodes.add(new Node.Data(token.line(), token.text()));
        case VARIABLE_BEGIN -> {
          Expr value = ExpressionParser.bounded(expressions.tuple(true, false));
          nodes.add(new Node.Output(token.line(), List.of(value)));
          stream.expect(Token.Kind.VARIABLE_END, "'}}'");
        }
        case BLOCK_BEGIN -> {
          for (String end : ends) {
            if (stream.isName(end)) {
              return nodes;
            }
          }
          nodes.add(statement());
          stream.expect(Token.Kind.BLOCK_END, "'%}'");
        }
        default -> {
          if (ends.length > 0) {
            throw stream.refused("the template ends before {% " + ends[ends.length - 1] + " %}");
          }
          return nodes;
        }
      }
    }
  }

  /// The end of the opening tag, the statements, and the closing tag but for its `%}`.
  private List<Node> body(String... ends) throws TemplateException {
    stream.skipOperator(":");
    stream.expect(Token.Kind.BLOCK_END, "'%}'");
    return nodes(ends);
  }

  private Node statement() throws TemplateException {
    stream.enter();
    Token tag = stream.expect(Token.Kind.NAME, "the name of a statement");
    int line = tag.line();
    Node node =
        switch (tag.text()) {
          case "if" -> branches(line);
          case "for" -> loop(line);
          case "set" -> assignment(line);
          case "print" -> print(line);
          case "macro" -> new Node.MacroOf(line, stream.name(), signature(true, "endmacro"));
          case "call" -> callBlock(line);
          case "generation" ->
              new Node.CallBlock(line, Optional.empty(), signature(false, "endgeneration"));
          case "with" -> with(line);
          case "filter" -> filterBlock(line);
          case "break", "continue" -> jump(tag);
          default -> throw unknown(tag);
        };
    stream.leave();
    return node;
  }

  private static TemplateException unknown(Token tag) {
    String why = UNSUPPORTED.contains(tag.text()) ? "is not supported" : "is not known here";
    return new TemplateException(tag.line(), "the statement '" + tag.text() + "' " + why);
  }

  private Node branches(int line) throws TemplateException {
    List<Node.Branch> branches = new ArrayList<>();
    while (true) {
      Expr test = ExpressionParser.bounded(expressions.tuple(false, false));
      branches.add(new Node.Branch(test, body("elif", "else", "endif")));
      if (!stream.skipName("elif")) {
        break;
      }
    }
    List<Node> otherwise = List.of();
    if (stream.skipName("else")) {
      otherwise = body("endif");
    }
    stream.expectName("endif");
    return new Node.If(line, branches, otherwise);
  }

  private Node loop(int line) throws TemplateException {
    targets.enterLoop();
    Node.Target target = targets.parse(false, "in");
    stream.expectName("in");
    Expr items = ExpressionParser.bounded(expressions.tuple(false, false, "recursive"));
    Optional<Expr> test = Optional.empty();
    if (stream.skipName("if")) {
      test = Optional.of(ExpressionParser.bounded(expressions.expression()));
    }
    boolean recursive = stream.skipName("recursive");
    boolean outerBreakable = breakable;
    breakable = true;
    List<Node> body = body("endfor", "else");
    breakable = outerBreakable && !recursive;
    List<Node> otherwise = List.of();
    if (stream.skipName("else")) {
      otherwise = body("endfor");
    }
    stream.expectName("endfor");
    breakable = outerBreakable;
    targets.leaveLoop();
    Node.LoopNames names =
        new Node.LoopNames(
            new Names.Collector().parameter("loop").parameters(target).body(body).names(),
            new Names.Collector().parameters(target).expressions(test.stream().toList()).names(),
            new Names.Collector().body(otherwise).names());
    return new Node.For(line, target, items, test, recursive, body, otherwise, names);
  }

  private Node assignment(int line) throws TemplateException {
    Node.Target target = targets.parse(true);
    if (stream.skipOperator("=")) {
      Expr value = ExpressionParser.bounded(expressions.tuple(true, false));
      return new Node.Assign(line, target, value);
    }
    Optional<Expr.Filter> filter = Optional.empty();
    if (stream.skipOperator("|")) {
      filter = Optional.of(expressions.primary().filterChain());
      ExpressionParser.bounded(filter.get());
    }
    List<Node> body = body("endset");
    stream.expectName("endset");
    Names names = new Names.Collector().body(body).names();
    return new Node.AssignBlock(line, target, filter, body, names);
  }

  private Node print(int line) throws TemplateException {
    List<Expr> values = new ArrayList<>();
    while (!stream.is(Token.Kind.BLOCK_END)) {
      if (!values.isEmpty()) {
        stream.expectOperator(",");
      }
      values.add(ExpressionParser.bounded(expressions.expression()));
    }
    return new Node.Output(line, values);
  }

  private Node callBlock(int line) throws TemplateException {
    boolean parameters = stream.isOperator("(");
    List<String> names = new ArrayList<>();
    List<Expr> defaults = new ArrayList<>();
    if (parameters) {
      parameters(names, defaults);
    }
    Expr call = ExpressionParser.bounded(expressions.expression());
    if (!(call instanceof Expr.Call called)) {
      throw new TemplateException(line, "{% call %} needs the call of a macro");
    }
    return new Node.CallBlock(
        line, Optional.of(called), signature(names, defaults, "endcall"));
  }

  private Node.Signature signature(boolean parameters, String end) throws TemplateException {
    List<String> names = new ArrayList<>();
    List<Expr> defaults = new ArrayList<>();
    if (parameters) {
      parameters(names, defaults);
    }
    return signature(names, defaults, end);
  }

  private void parameters(List<String> names, List<Expr> defaults) throws TemplateException {
    stream.expectOperator("(");
    while (!stream.isOperator(")")) {
      if (!names.isEmpty()) {
        stream.expectOperator(",");
      }
      String name = stream.name();
      if (name.equals("caller") || names.contains(name)) {
        throw stream.refused("the parameter '" + name + "' is not supported here");
      }
      if (names.size() >= Limits.PARAMETERS_MAX) {
        throw stream.refused("more than " + Limits.PARAMETERS_MAX + " parameters");
      }
      names.add(name);
      if (stream.skipOperator("=")) {
        defaults.add(ExpressionParser.bounded(expressions.expression()));
      } else if (!defaults.isEmpty()) {
        throw stream.refused("a parameter without a default follows one with a default");
      }
    }
    stream.expectOperator(")");
  }

  private Node.Signature signature(List<String> parameters, List<Expr> defaults, String end)
      throws TemplateException {
    boolean outerBreakable = breakable;
    breakable = false;
    List<Node> body = body(end);
    breakable = outerBreakable;
    stream.expectName(end);
    Set<String> special = SpecialNames.readIn(body);
    boolean caller = special.contains("caller");
    boolean named = special.contains("kwargs") && !parameters.contains("kwargs");
    boolean more = special.contains("varargs") && !parameters.contains("varargs");
    Names.Collector names = new Names.Collector();
    parameters.forEach(names::parameter);
    names.expressions(defaults).body(body);
    if (caller) {
      names.parameter("caller");
    }
    if (named) {
      names.parameter("kwargs");
    }
    if (more) {
      names.parameter("varargs");
    }
    return new Node.Signature(parameters, defaults, body, caller, named, more, names.names());
  }

  private Node with(int line) throws TemplateException {
    List<Node.Target> variables = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!stream.is(Token.Kind.BLOCK_END)) {
      if (!variables.isEmpty()) {
        stream.expectOperator(",");
      }
      variables.add(targets.parameter());
      stream.expectOperator("=");
      values.add(ExpressionParser.bounded(expressions.expression()));
    }
    List<Node> body = body("endwith");
    stream.expectName("endwith");
    Names.Collector names = new Names.Collector();
    variables.forEach(names::parameters);
    return new Node.With(line, variables, values, body, names.body(body).names());
  }

  private Node filterBlock(int line) throws TemplateException {
    Expr.Filter filter = expressions.primary().filterChain();
    ExpressionParser.bounded(filter);
    List<Node> body = body("endfilter");
    stream.expectName("endfilter");
    Names names = new Names.Collector().body(body).expressions(List.of(filter)).names();
    return new Node.FilterBlock(line, filter, body, names);
  }

  private Node jump(Token tag) throws TemplateException {
    if (!breakable) {
      throw new TemplateException(tag.line(), "'" + tag.text() + "' outside a loop");
    }
    return tag.text().equals("break")
        ? new Node.Break(tag.line())
        : new Node.Continue(tag.line());
  }
}

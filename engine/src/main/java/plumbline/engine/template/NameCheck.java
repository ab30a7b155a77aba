package plumbline.engine.template;

import java.util.List;

/// Refuses, before anything is rendered, names that Jinja's compiler refuses: an unknown filter or
/// test is an error of the template unless it stands right inside an `{% if %}` or an inline `if`,
/// where it is one only when it is reached (spec/template.md J10).
final class NameCheck {
  private NameCheck() {}

  static void check(List<Node> body) throws TemplateException {
    nodes(body, false);
  }

  private static void nodes(List<Node> nodes, boolean soft) throws TemplateException {
    for (Node node : nodes) {
      node(node, soft);
    }
  }

  private static void node(Node node, boolean soft) throws TemplateException {
    switch (node) {
      case Node.Data _, Node.Break _, Node.Continue _ -> {}
      case Node.Output output -> expressions(output.values(), soft);
      case Node.Assign assign -> expressions(List.of(assign.value()), soft);
      case Node.AssignBlock block -> {
        expressions(block.filter().stream().toList(), false);
        nodes(block.body(), false);
      }
      case Node.If branching -> {
        for (Node.Branch branch : branching.branches()) {
          expressions(List.of(branch.test()), true);
          nodes(branch.body(), true);
        }
        nodes(branching.otherwise(), true);
      }
      case Node.For loop -> {
        expressions(List.of(loop.items()), soft);
        expressions(loop.test().stream().toList(), false);
        nodes(loop.body(), false);
        nodes(loop.otherwise(), false);
      }
      case Node.MacroOf macro -> signature(macro.signature());
      case Node.CallBlock block -> {
        expressions(block.call().stream().toList(), soft);
        signature(block.signature());
      }
      case Node.With with -> {
        expressions(with.values(), soft);
        nodes(with.body(), false);
      }
      case Node.FilterBlock block -> {
        nodes(block.body(), false);
        expressions(List.of(block.filter()), false);
      }
    }
  }

  private static void signature(Node.Signature signature) throws TemplateException {
    expressions(signature.defaults(), false);
    nodes(signature.body(), false);
  }

  private static void expressions(List<? extends Expr> expressions, boolean soft)
      throws TemplateException {
    for (Expr expression : expressions) {
      switch (expression) {
        case Expr.Filter filter when !soft && !FilterTable.KNOWN.contains(filter.name()) ->
            throw new TemplateException(
                filter.line(), "there is no filter named '" + filter.name() + "'");
        case Expr.Test test when !soft && !TestTable.KNOWN.contains(test.name()) ->
            throw new TemplateException(
                test.line(), "there is no test named '" + test.name() + "'");
        case Expr.Name name when name.name().equals("self") ->
            throw new TemplateException(name.line(), "the name 'self' is not supported");
        default -> {}
      }
      boolean inner = soft || expression instanceof Expr.Conditional;
      expressions(expression.children(), inner);
    }
  }
}

package plumbline.engine.template;

import java.util.ArrayList;
import java.util.List;

/// Parses what can be assigned to: names, `namespace.field`, and tuples of them.
final class TargetParser {
  private final TokenStream stream;
  private final ExpressionParser expressions;
  private int loops;

  TargetParser(TokenStream stream, ExpressionParser expressions) {
    this.stream = stream;
    this.expressions = expressions;
  }

  /// Inside a loop, its target included, nothing may be called `loop`.
  void enterLoop() {
    loops++;
  }

  void leaveLoop() {
    loops--;
  }

  Node.Target parse(boolean fields, String... endNames) throws TemplateException {
    Node.Target target = tuple(fields, endNames);
    if (loops > 0) {
      refuseLoop(target);
    }
    return target;
  }

  /// A target of `{% with %}`, which may be called `loop`.
  Node.Target parameter() throws TemplateException {
    return tuple(false);
  }

  private void refuseLoop(Node.Target target) throws TemplateException {
    switch (target) {
      case Node.Target.Variable variable -> {
        if (variable.name().equals("loop")) {
          throw new TemplateException(variable.line(), "'loop' is assigned to inside a loop");
        }
      }
      case Node.Target.NamespaceField _ -> {}
      case Node.Target.Unpacked unpacked -> {
        for (Node.Target part : unpacked.targets()) {
          refuseLoop(part);
        }
      }
    }
  }

  private Node.Target tuple(boolean fields, String... endNames) throws TemplateException {
    int line = stream.line();
    List<Node.Target> targets = new ArrayList<>();
    boolean tuple = false;
    while (!expressions.tupleEnds(endNames)) {
      targets.add(one(fields));
      if (!stream.skipOperator(",")) {
        break;
      }
      tuple = true;
    }
    if (targets.isEmpty()) {
      throw stream.refused("expected a name, found " + stream.current().described());
    }
    return tuple ? new Node.Target.Unpacked(line, targets) : targets.getFirst();
  }

  private Node.Target one(boolean fields) throws TemplateException {
    Expr primary = expressions.primary().primary();
    if (fields && primary instanceof Expr.Name name && stream.skipOperator(".")) {
      return new Node.Target.NamespaceField(name.line(), name.name(), stream.name());
    }
    return assignable(ExpressionParser.bounded(primary));
  }

  private static Node.Target assignable(Expr expression) throws TemplateException {
    return switch (expression) {
      case Expr.Name name -> new Node.Target.Variable(name.line(), name.name());
      case Expr.TupleOf tuple -> {
        List<Node.Target> targets = new ArrayList<>();
        for (Expr item : tuple.items()) {
          targets.add(assignable(item));
        }
        yield new Node.Target.Unpacked(tuple.line(), targets);
      }
      default ->
          throw new TemplateException(
              expression.line(), "only names and tuples of names can be assigned to");
    };
  }
}

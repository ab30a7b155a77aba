package plumbline.engine.template;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Finds which of `caller`, `kwargs` and `varargs` a macro reads before it assigns them, anywhere
/// in its body: those become parameters of it (spec/template.md J9).
final class SpecialNames {
  private final Set<String> open = new HashSet<>(List.of("caller", "kwargs", "varargs"));
  private final Set<String> read = new HashSet<>();

  private SpecialNames() {}

  static Set<String> readIn(List<Node> body) {
    SpecialNames names = new SpecialNames();
    names.nodes(body);
    return names.read;
  }

  private void nodes(List<Node> nodes) {
    for (Node node : nodes) {
      node(node);
    }
  }

  private void node(Node node) {
    switch (node) {
      case Node.Data _, Node.Break _, Node.Continue _ -> {}
      case Node.Output output -> expressions(output.values());
      case Node.Assign assign -> {
        assigned(List.of(assign.target()));
        expressions(List.of(assign.value()));
      }
      case Node.AssignBlock block -> {
        assigned(List.of(block.target()));
        expressions(block.filter().stream().toList());
        nodes(block.body());
      }
      case Node.If branching -> {
        for (Node.Branch branch : branching.branches()) {
          expressions(List.of(branch.test()));
          nodes(branch.body());
        }
        nodes(branching.otherwise());
      }
      case Node.For loop -> {
        assigned(List.of(loop.target()));
        expressions(List.of(loop.items()));
        nodes(loop.body());
        nodes(loop.otherwise());
        expressions(loop.test().stream().toList());
      }
      case Node.MacroOf macro -> signature(macro.signature());
      case Node.CallBlock block -> {
        expressions(block.call().stream().toList());
        signature(block.signature());
      }
      case Node.With with -> {
        assigned(with.targets());
        expressions(with.values());
        nodes(with.body());
      }
      case Node.FilterBlock block -> {
        nodes(block.body());
        expressions(List.of(block.filter()));
      }
    }
  }

  private void signature(Node.Signature signature) {
    open.removeAll(signature.parameters());
    expressions(signature.defaults());
    nodes(signature.body());
  }

  private void assigned(List<Node.Target> targets) {
    for (Node.Target target : targets) {
      switch (target) {
        case Node.Target.Variable variable -> open.remove(variable.name());
        case Node.Target.NamespaceField _ -> {}
        case Node.Target.Unpacked unpacked -> assigned(new ArrayList<>(unpacked.targets()));
      }
    }
  }

  private void expressions(List<? extends Expr> expressions) {
    for (Expr expression : expressions) {
      if (expression instanceof Expr.Name name && open.contains(name.name())) {
        read.add(name.name());
      }
      expressions(expression.children());
    }
  }
}

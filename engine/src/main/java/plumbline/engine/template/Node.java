package plumbline.engine.template;

import java.util.List;
import java.util.Optional;

/// A statement of a template, or a piece of its text. A node whose body has variables of its own
/// carries their `Names`.
sealed interface Node {
  int line();

  record Data(int line, String text) implements Node {}

  record Output(int line, List<Expr> values) implements Node {}

  record Assign(int line, Target target, Expr value) implements Node {}

  /// `{% set x | filters %}...{% endset %}`
  record AssignBlock(
      int line, Target target, Optional<Expr.Filter> filter, List<Node> body, Names names)
      implements Node {}

  /// Branches are tried in order; `{% elif %}` is a further branch.
  record If(int line, List<Branch> branches, List<Node> otherwise) implements Node {}

  record Branch(Expr test, List<Node> body) {}

  record For(
      int line,
      Target target,
      Expr items,
      Optional<Expr> test,
      boolean recursive,
      List<Node> body,
      List<Node> otherwise,
      LoopNames names)
      implements Node {}

  record LoopNames(Names body, Names test, Names otherwise) {}

  record MacroOf(int line, String name, Signature signature) implements Node {}

  /// `{% call(parameters) target %}...{% endcall %}`; also `{% generation %}`, without a call.
  record CallBlock(int line, Optional<Expr.Call> call, Signature signature) implements Node {}

  record With(int line, List<Target> targets, List<Expr> values, List<Node> body, Names names)
      implements Node {}

  record FilterBlock(int line, Expr.Filter filter, List<Node> body, Names names)
      implements Node {}

  record Break(int line) implements Node {}

  record Continue(int line) implements Node {}

  /// What a macro or a call block takes. `defaults` belong to the last parameters.
  record Signature(
      List<String> parameters,
      List<Expr> defaults,
      List<Node> body,
      boolean takesCaller,
      boolean takesNamed,
      boolean takesMore,
      Names names) {}

  /// What can be assigned to.
  sealed interface Target {
    record Variable(int line, String name) implements Target {}

    record NamespaceField(int line, String namespace, String field) implements Target {}

    record Unpacked(int line, List<Target> targets) implements Target {}
  }
}

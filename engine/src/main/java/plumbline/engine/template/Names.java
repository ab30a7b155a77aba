package plumbline.engine.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The variables of one frame, found before anything runs, as Jinja's compiler finds them
/// (spec/template.md J7). A frame owns the names that are assigned in it, wherever in it; what such
/// a name holds before its first assignment depends on where that one stands.
///
/// @param owned names assigned in this frame
/// @param read names read in this frame before they are assigned in it
record Names(Map<String, Start> owned, Set<String> read) {
  /// What an owned name holds when the frame is entered.
  enum Start {
    /// Set by whoever enters the frame.
    PARAMETER,
    /// The outer frames' value if they know the name, else nothing.
    OUTER_OR_NOTHING,
    /// The outer frames' value if they know the name, else the template's variable.
    OUTER_OR_VARIABLE
  }

  /// Walks one frame in the order of the source.
  static final class Collector {
    private final Map<String, Start> owned = new HashMap<>();
    private final Set<String> read = new HashSet<>();
    private List<String> assigned = new ArrayList<>();

    Names names() {
      return new Names(Collections.unmodifiableMap(owned), Collections.unmodifiableSet(read));
    }

    Collector parameter(String name) {
      owned.put(name, Start.PARAMETER);
      return this;
    }

    Collector parameters(Node.Target target) {
      switch (target) {
        case Node.Target.Variable variable -> parameter(variable.name());
        case Node.Target.NamespaceField field -> load(field.namespace());
        case Node.Target.Unpacked unpacked -> unpacked.targets().forEach(this::parameters);
      }
      return this;
    }

    private void load(String name) {
      if (!owned.containsKey(name)) {
        read.add(name);
      }
    }

    private void store(String name) {
      Start start = read.contains(name) ? Start.OUTER_OR_VARIABLE : Start.OUTER_OR_NOTHING;
      if (owned.putIfAbsent(name, start) == null) {
        assigned.add(name);
      }
    }

    private void store(Node.Target target) {
      switch (target) {
        case Node.Target.Variable variable -> store(variable.name());
        case Node.Target.NamespaceField field -> load(field.namespace());
        case Node.Target.Unpacked unpacked -> unpacked.targets().forEach(this::store);
      }
    }

    Collector expressions(List<? extends Expr> expressions) {
      for (Expr expression : expressions) {
        if (expression instanceof Expr.Name name) {
          load(name.name());
        }
        expressions(expression.children());
      }
      return this;
    }

    Collector body(List<Node> nodes) {
      nodes.forEach(this::node);
      return this;
    }

    /// Stops at what has a frame of its own, as the compiler does.
    private void node(Node node) {
      switch (node) {
        case Node.Data _, Node.Break _, Node.Continue _ -> {}
        case Node.Output output -> expressions(output.values());
        case Node.Assign assign -> {
          expressions(List.of(assign.value()));
          store(assign.target());
        }
        case Node.AssignBlock block -> store(block.target());
        case Node.If branching -> branches(branching);
        case Node.For loop -> expressions(List.of(loop.items()));
        case Node.MacroOf macro -> store(macro.name());
        case Node.CallBlock block -> block.call().ifPresent(call -> expressions(List.of(call)));
        case Node.With with -> expressions(with.values());
        case Node.FilterBlock block -> expressions(List.of(block.filter()));
      }
    }

    /// A name first assigned in a branch may stay unassigned, so it starts with what is outside.
    private void branches(Node.If branching) {
      List<String> outside = assigned;
      assigned = new ArrayList<>();
      for (Node.Branch branch : branching.branches()) {
        expressions(List.of(branch.test()));
        body(branch.body());
      }
      body(branching.otherwise());
      for (String name : assigned) {
        owned.put(name, Start.OUTER_OR_VARIABLE);
      }
      outside.addAll(assigned);
      assigned = outside;
    }
  }
}

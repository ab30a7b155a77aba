package plumbline.engine.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// An expression of a template.
sealed interface Expr {
  int line();

  /// The expressions right below this one, in the order they are written.
  List<Expr> children();

  record Literal(int line, Value value) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of();
    }
  }

  record Name(int line, String name) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of();
    }
  }

  record ListOf(int line, List<Expr> items) implements Expr {
    @Override
    public List<Expr> children() {
      return items;
    }
  }

  record TupleOf(int line, List<Expr> items) implements Expr {
    @Override
    public List<Expr> children() {
      return items;
    }
  }

  /// `items` holds key, value, key, value.
  record DictOf(int line, List<Expr> items) implements Expr {
    @Override
    public List<Expr> children() {
      return items;
    }
  }

  enum BinaryOperator {
    ADD("+"),
    SUBTRACT("-"),
    MULTIPLY("*"),
    DIVIDE("/"),
    FLOOR_DIVIDE("//"),
    REMAINDER("%"),
    POWER("**");

    final String sign;

    BinaryOperator(String sign) {
      this.sign = sign;
    }
  }

  record Binary(int line, BinaryOperator operator, Expr left, Expr right) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(left, right);
    }
  }

  /// Unary plus and minus.
  record Signed(int line, boolean negative, Expr value) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(value);
    }
  }

  record Not(int line, Expr value) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(value);
    }
  }

  /// `and` or `or`: the result is one of the operands.
  record Logic(int line, boolean and, Expr left, Expr right) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(left, right);
    }
  }

  enum Comparator {
    EQUAL("=="),
    NOT_EQUAL("!="),
    LESS("<"),
    LESS_OR_EQUAL("<="),
    GREATER(">"),
    GREATER_OR_EQUAL(">="),
    IN("in"),
    NOT_IN("not in");

    final String sign;

    Comparator(String sign) {
      this.sign = sign;
    }
  }

  /// A chain `a < b < c`: `operands` has one item more than `comparators`.
  record Compare(int line, List<Comparator> comparators, List<Expr> operands) implements Expr {
    @Override
    public List<Expr> children() {
      return operands;
    }
  }

  /// `a ~ b ~ c`
  record Concat(int line, List<Expr> parts) implements Expr {
    @Override
    public List<Expr> children() {
      return parts;
    }
  }

  /// `then if test else otherwise`
  record Conditional(int line, Expr then, Expr test, Optional<Expr> otherwise) implements Expr {
    @Override
    public List<Expr> children() {
      List<Expr> children = new ArrayList<>(List.of(test, then));
      otherwise.ifPresent(children::add);
      return children;
    }
  }

  record Attribute(int line, Expr target, String name) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(target);
    }
  }

  record Item(int line, Expr target, Expr index) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(target, index);
    }
  }

  record Slice(
      int line, Expr target, Optional<Expr> start, Optional<Expr> stop, Optional<Expr> step)
      implements Expr {
    @Override
    public List<Expr> children() {
      List<Expr> children = new ArrayList<>(List.of(target));
      start.ifPresent(children::add);
      stop.ifPresent(children::add);
      step.ifPresent(children::add);
      return children;
    }
  }

  record Call(int line, Expr target, CallArguments arguments) implements Expr {
    @Override
    public List<Expr> children() {
      List<Expr> children = new ArrayList<>(List.of(target));
      children.addAll(arguments.all());
      return children;
    }
  }

  /// `input | name(arguments)`; no input inside `{% filter %}` and `{% set x | name %}`.
  record Filter(int line, Optional<Expr> input, String name, CallArguments arguments)
      implements Expr {
    @Override
    public List<Expr> children() {
      List<Expr> children = new ArrayList<>();
      input.ifPresent(children::add);
      children.addAll(arguments.all());
      return children;
    }
  }

  /// `input is name(arguments)`
  record Test(int line, Expr input, String name, CallArguments arguments) implements Expr {
    @Override
    public List<Expr> children() {
      List<Expr> children = new ArrayList<>(List.of(input));
      children.addAll(arguments.all());
      return children;
    }
  }

  record Named(String name, Expr value) {}

  /// What stands in the brackets of a call; `spread` is `*list`, `spreadNamed` is `**dict`.
  record CallArguments(
      List<Expr> positional,
      List<Named> named,
      Optional<Expr> spread,
      Optional<Expr> spreadNamed) {
    static final CallArguments NONE =
        new CallArguments(List.of(), List.of(), Optional.empty(), Optional.empty());

    List<Expr> all() {
      List<Expr> all = new ArrayList<>(positional);
      for (Named argument : named) {
        all.add(argument.value());
      }
      spread.ifPresent(all::add);
      spreadNamed.ifPresent(all::add);
      return all;
    }
  }
}

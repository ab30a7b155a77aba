package plumbline.engine.template;

import java.util.Set;

/// All tests by name (spec/template.md J10).
final class TestTable {
  /// The tests of Jinja 3.1.6; all of them are supported.
  static final Set<String> KNOWN =
      Set.of(
          ("odd even divisibleby defined undefined filter test none boolean false true integer"
                  + " float lower upper string mapping number sequence iterable callable sameas"
                  + " escaped in == eq equalto != ne > gt greaterthan ge >= < lt lessthan <= le")
              .split(" "));

  private final Rendering rendering;
  private final Comparison comparison;
  private final Arithmetic arithmetic;

  TestTable(Rendering rendering) {
    this.rendering = rendering;
    this.comparison = new Comparison(rendering);
    this.arithmetic = new Arithmetic(rendering);
  }

  boolean apply(String name, Value input, Arguments arguments) throws TemplateException {
    return switch (name) {
      case "divisibleby", "sameas", "in", "==", "eq", "equalto", "!=", "ne", ">", "gt",
              "greaterthan", "ge", ">=", "<", "lt", "lessthan", "<=", "le" -> {
        Value other = arguments.bind(rendering, name, 1, "other").at(0).orElseThrow();
        yield against(name, input, other);
      }
      default -> {
        if (!KNOWN.contains(name)) {
          throw rendering.refused("there is no test named '" + name + "'");
        }
        arguments.bind(rendering, name, 0);
        yield alone(name, input);
      }
    };
  }

  private boolean against(String name, Value input, Value other) throws TemplateException {
    return switch (name) {
      case "divisibleby" -> remainderIs(input, other, 0);
      case "sameas" -> same(input, other);
      case "in" -> comparison.contains(other, input);
      case "==", "eq", "equalto" -> comparison.equal(input, other);
      case "!=", "ne" -> !comparison.equal(input, other);
      default -> ordered(name, comparison.order(input, other));
    };
  }

  private static boolean ordered(String name, int order) {
    return switch (name) {
      case ">", "gt", "greaterthan" -> order > 0;
      case ">=", "ge" -> order >= 0;
      case "<", "lt", "lessthan" -> order < 0;
      default -> order <= 0;
    };
  }

  private boolean alone(String name, Value input) throws TemplateException {
    return switch (name) {
      case "odd" -> remainderIs(input, Value.Int.of(2), 1);
      case "even" -> remainderIs(input, Value.Int.of(2), 0);
      case "defined" -> !(input instanceof Value.Undefined);
      case "undefined" -> input instanceof Value.Undefined;
      case "none" -> input == Value.None.NONE;
      case "boolean" -> input instanceof Value.Bool;
      case "true" -> input == Value.Bool.TRUE;
      case "false" -> input == Value.Bool.FALSE;
      case "integer" -> input instanceof Value.Int;
      case "float" -> input instanceof Value.Real;
      case "number" -> Numbers.isNumber(input);
      case "string" -> Comparison.textOf(input).isPresent();
      case "mapping" -> input instanceof Value.Dict;
      case "iterable" -> Iteration.isIterable(input);
      case "sequence" -> isSequence(input);
      case "callable" -> isCallable(input);
      case "escaped" -> input instanceof Value.Safe;
      case "lower" ->
          new CaseMapping(rendering).isAllOf(new Repr(rendering).str(input), false);
      case "upper" -> new CaseMapping(rendering).isAllOf(new Repr(rendering).str(input), true);
      case "filter" -> Comparison.textOf(input).filter(FilterTable.KNOWN::contains).isPresent();
      default -> Comparison.textOf(input).filter(KNOWN::contains).isPresent();
    };
  }

  private boolean remainderIs(Value input, Value divisor, long remainder)
      throws TemplateException {
    Value left = arithmetic.apply(Expr.BinaryOperator.REMAINDER, input, divisor);
    return comparison.equal(left, Value.Int.of(remainder));
  }

  private static boolean isSequence(Value value) {
    return switch (value) {
      case Value.Text _, Value.Safe _, Value.Sequence _, Value.Dict _, Value.Range _,
              Value.Undefined _ ->
          true;
      default -> false;
    };
  }

  private static boolean isCallable(Value value) {
    return switch (value) {
      case Value.Method _, Value.Function _, Value.Macro _, Value.LoopValue _,
              Value.Undefined _ ->
          true;
      default -> false;
    };
  }

  /// Whether two values are one object. Where that hangs on how Python stores equal texts and
  /// numbers, there is no answer to give.
  private boolean same(Value left, Value right) throws TemplateException {
    if (left == right) {
      return true;
    }
    if (left instanceof Value.Int a && right instanceof Value.Int b) {
      if (Numbers.isSmall(a) || Numbers.isSmall(b) || !a.value().equals(b.value())) {
        return a.value().equals(b.value());
      }
      throw rendering.refused("'sameas' of equal integers beyond 256 is not supported");
    }
    boolean texts =
        Comparison.textOf(left).isPresent() && Comparison.textOf(right).isPresent();
    boolean reals = left instanceof Value.Real && right instanceof Value.Real;
    boolean tuples = left instanceof Value.TupleOf && right instanceof Value.TupleOf;
    if ((texts || reals || tuples) && comparison.equal(left, right)) {
      throw rendering.refused(
          Texts.message("'sameas' of equal values of type %s is not supported", left.type()));
    }
    boolean functions = left instanceof Value.Function && right instanceof Value.Function;
    return functions && left.equals(right);
  }
}

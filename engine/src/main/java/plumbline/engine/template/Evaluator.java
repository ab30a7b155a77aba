package plumbline.engine.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Evaluates expressions. Every level of recursion passes `value`, which counts steps and depth.
final class Evaluator {
  private final Rendering rendering;
  private final Runner runner;
  private final Comparison comparison;
  private final Arithmetic arithmetic;
  private final Lookup lookup;
  private final Repr repr;
  private final TestTable tests;
  private final FilterTable filters;
  private final MethodTable methods;
  private final Functions functions;

  Evaluator(Rendering rendering, Runner runner) {
    this.rendering = rendering;
    this.runner = runner;
    this.comparison = new Comparison(rendering);
    this.arithmetic = new Arithmetic(rendering);
    this.lookup = new Lookup(rendering);
    this.repr = new Repr(rendering);
    this.tests = new TestTable(rendering);
    this.filters = new FilterTable(rendering, tests);
    this.methods = new MethodTable(rendering);
    this.functions = new Functions(rendering);
  }

  Value value(Expr expression, Frame frame) throws TemplateException {
    rendering.enter(expression.line());
    Value value = evaluated(expression, frame);
    rendering.leave(expression.line());
    return value;
  }

  private Value evaluated(Expr expression, Frame frame) throws TemplateException {
    return switch (expression) {
      case Expr.Literal literal -> literal.value();
      case Expr.Name name -> frame.get(name.name());
      case Expr.ListOf list -> rendering.list(values(list.items(), frame));
      case Expr.TupleOf tuple -> rendering.tuple(values(tuple.items(), frame));
      case Expr.DictOf dict -> dict(dict, frame);
      case Expr.Signed signed -> arithmetic.signed(signed.negative(), value(signed.value(), frame));
      case Expr.Binary binary ->
          arithmetic.apply(
              binary.operator(), value(binary.left(), frame), value(binary.right(), frame));
      case Expr.Not not -> Value.Bool.of(!truth(not.value(), frame));
      case Expr.Logic logic -> logic(logic, frame);
      case Expr.Compare compare -> compare(compare, frame);
      case Expr.Concat concat -> concat(concat, frame);
      case Expr.Conditional conditional -> conditional(conditional, frame);
      case Expr.Attribute attribute ->
          lookup.attribute(value(attribute.target(), frame), attribute.name());
      case Expr.Item item -> lookup.item(value(item.target(), frame), value(item.index(), frame));
      case Expr.Slice slice ->
          lookup.slice(
              value(slice.target(), frame),
              bound(slice.start(), frame),
              bound(slice.stop(), frame),
              bound(slice.step(), frame));
      case Expr.Call call -> call(call, frame, Optional.empty());
      case Expr.Filter filter -> {
        Value input = value(filter.input().orElseThrow(), frame);
        yield filters.apply(filter.name(), input, arguments(filter.arguments(), frame));
      }
      case Expr.Test test -> {
        Value input = value(test.input(), frame);
        yield Value.Bool.of(
            tests.apply(test.name(), input, arguments(test.arguments(), frame)));
      }
    };
  }

  boolean truth(Expr expression, Frame frame) throws TemplateException {
    return Comparison.truth(value(expression, frame));
  }

  String text(Expr expression, Frame frame) throws TemplateException {
    return repr.str(value(expression, frame));
  }

  /// Applies filters one after the other, the innermost of them to `input`.
  Value filtered(Expr.Filter filter, Value input, Frame frame) throws TemplateException {
    rendering.enter(filter.line());
    Value inner =
        filter.input().isPresent() && filter.input().get() instanceof Expr.Filter before
            ? filtered(before, input, frame)
            : input;
    Value value = filters.apply(filter.name(), inner, arguments(filter.arguments(), frame));
    rendering.leave(filter.line());
    return value;
  }

  private List<Value> values(List<Expr> expressions, Frame frame) throws TemplateException {
    List<Value> values = new ArrayList<>(expressions.size());
    for (Expr expression : expressions) {
      values.add(value(expression, frame));
    }
    return values;
  }

  private Value dict(Expr.DictOf dict, Frame frame) throws TemplateException {
    Map<String, Value.Entry> entries = DictKey.entries();
    rendering.chargeItems(dict.items().size());
    for (int i = 0; i < dict.items().size(); i += 2) {
      Value key = value(dict.items().get(i), frame);
      Functions.put(rendering, entries, key, value(dict.items().get(i + 1), frame));
    }
    return new Value.Dict(entries);
  }

  private Value logic(Expr.Logic logic, Frame frame) throws TemplateException {
    Value left = value(logic.left(), frame);
    return Comparison.truth(left) == logic.and() ? value(logic.right(), frame) : left;
  }

  private Value compare(Expr.Compare compare, Frame frame) throws TemplateException {
    Value left = value(compare.operands().getFirst(), frame);
    for (int i = 0; i < compare.comparators().size(); i++) {
      Value right = value(compare.operands().get(i + 1), frame);
      if (!holds(compare.comparators().get(i), left, right)) {
        return Value.Bool.FALSE;
      }
      left = right;
    }
    return Value.Bool.TRUE;
  }

  private boolean holds(Expr.Comparator comparator, Value left, Value right)
      throws TemplateException {
    return switch (comparator) {
      case EQUAL -> comparison.equal(left, right);
      case NOT_EQUAL -> !comparison.equal(left, right);
      case IN -> comparison.contains(right, left);
      case NOT_IN -> !comparison.contains(right, left);
      case LESS -> comparison.order(left, right) < 0;
      case LESS_OR_EQUAL -> comparison.order(left, right) <= 0;
      case GREATER -> comparison.order(left, right) > 0;
      case GREATER_OR_EQUAL -> comparison.order(left, right) >= 0;
    };
  }

  private Value concat(Expr.Concat concat, Frame frame) throws TemplateException {
    TextBuilder text = rendering.builder();
    for (Value part : values(concat.parts(), frame)) {
      text.append(repr.str(part));
    }
    return text.toText();
  }

  private Value conditional(Expr.Conditional conditional, Frame frame)
      throws TemplateException {
    if (truth(conditional.test(), frame)) {
      return value(conditional.then(), frame);
    }
    return conditional.otherwise().isPresent()
        ? value(conditional.otherwise().get(), frame)
        : new Value.Undefined("an inline 'if' is false and has no 'else'");
  }

  private Value bound(Optional<Expr> bound, Frame frame) throws TemplateException {
    return bound.isPresent() ? value(bound.get(), frame) : Value.None.NONE;
  }

  /// Calls what `call` names; `caller` is the body of a `{% call %}` around it.
  Value call(Expr.Call call, Frame frame, Optional<Value> caller) throws TemplateException {
    Value callee = value(call.target(), frame);
    Arguments arguments = arguments(call.arguments(), frame);
    if (caller.isPresent()) {
      if (!(callee instanceof Value.Macro)) {
        throw rendering.wrongType("{% call %}", callee);
      }
      Map<String, Value> named = new LinkedHashMap<>(arguments.named());
      named.put("caller", caller.get());
      arguments = new Arguments(arguments.positional(), named);
    }
    return called(callee, arguments);
  }

  private Value called(Value callee, Arguments arguments) throws TemplateException {
    return switch (callee) {
      case Value.Macro macro -> runner.call(macro, arguments);
      case Value.Method method -> methods.call(method, arguments);
      case Value.Function function -> functions.call(function.name(), arguments);
      case Value.LoopValue loop when arguments.named().isEmpty() ->
          loop.loop().call(arguments.positional());
      default -> throw rendering.wrongType("a call", callee);
    };
  }

  private Arguments arguments(Expr.CallArguments given, Frame frame) throws TemplateException {
    if (given == Expr.CallArguments.NONE) {
      return Arguments.NONE;
    }
    List<Value> positional = values(given.positional(), frame);
    if (given.spread().isPresent()) {
      Value more = value(given.spread().get(), frame);
      positional.addAll(new Iteration(rendering).all(more, "'*'"));
    }
    Map<String, Value> named = new LinkedHashMap<>();
    for (Expr.Named argument : given.named()) {
      named.put(argument.name(), value(argument.value(), frame));
    }
    if (given.spreadNamed().isPresent()) {
      spread(value(given.spreadNamed().get(), frame), named);
    }
    return new Arguments(positional, named);
  }

  private void spread(Value value, Map<String, Value> named) throws TemplateException {
    if (!(value instanceof Value.Dict dict)) {
      throw rendering.wrongType("'**'", value);
    }
    rendering.chargeItems(dict.entries().size());
    for (Value.Entry entry : dict.entries().values()) {
      if (!(entry.key() instanceof Value.Text name)
          || named.putIfAbsent(name.text(), entry.value()) != null) {
        throw rendering.refused("'**' with a name that is no text or is given twice");
      }
    }
  }
}

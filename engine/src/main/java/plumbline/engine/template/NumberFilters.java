package plumbline.engine.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Optional;

/// Filters that make numbers.
final class NumberFilters {
  private static final int DIGITS_MAX = 1200;
  private static final int PRECISION_MAX = 300;
  private static final int ROUNDING_WORK = 1000;

  private final Rendering rendering;
  private final Arithmetic arithmetic;

  NumberFilters(Rendering rendering) {
    this.rendering = rendering;
    this.arithmetic = new Arithmetic(rendering);
  }

  Value apply(String name, Value input, Arguments arguments) throws TemplateException {
    return switch (name) {
      case "abs" -> {
        arguments.bind(rendering, name, 0);
        yield absolute(input);
      }
      case "int" -> integer(input, arguments);
      case "float" -> real(input, arguments);
      case "round" -> rounded(input, arguments);
      default -> sum(input, arguments);
    };
  }

  private Value absolute(Value input) throws TemplateException {
    if (input instanceof Value.Real real) {
      return new Value.Real(Math.abs(real.value()));
    }
    if (!Numbers.isInteger(input)) {
      throw rendering.wrongType("'abs'", input);
    }
    return new Value.Int(Numbers.integer(input).abs());
  }

  private String number(String text) throws TemplateException {
    if (text.length() > DIGITS_MAX) {
      throw rendering.refused(Texts.message("a number of more than %s characters", DIGITS_MAX));
    }
    return new CaseMapping(rendering).ascii(text, "a number");
  }

  private Value integer(Value input, Arguments arguments) throws TemplateException {
    Arguments.Bound bound = arguments.bind(rendering, "int", 0, "default", "base");
    Value absent = bound.value(0, Value.Int.of(0));
    int base = bound.integer(1, 10);
    if (base < 2 || base > 36) {
      throw rendering.refused("'int' with base " + base + " is not supported");
    }
    Optional<String> text = Comparison.textOf(input);
    if (text.isPresent()) {
      Optional<BigInteger> parsed = Numbers.parsedInteger(number(text.get()), base);
      if (parsed.isPresent()) {
        return arithmetic.bounded(parsed.get());
      }
      Optional<Double> real = Numbers.parsedReal(text.get()).filter(Double::isFinite);
      return real.isPresent() ? truncated(real.get()) : absent;
    }
    return switch (input) {
      case Value.Int _ -> input;
      case Value.Bool _ -> new Value.Int(Numbers.integer(input));
      case Value.Real real -> truncated(real.value());
      case Value.Undefined _ -> throw rendering.wrongType("'int'", input);
      default -> absent;
    };
  }

  private static Value truncated(double value) {
    return new Value.Int(Numbers.truncated(value));
  }

  private Value real(Value input, Arguments arguments) throws TemplateException {
    Value absent =
        arguments.bind(rendering, "float", 0, "default").value(0, new Value.Real(0.0));
    Optional<String> text = Comparison.textOf(input);
    if (text.isPresent()) {
      Optional<Double> parsed = Numbers.parsedReal(number(text.get()));
      if (parsed.isPresent() && !Double.isFinite(parsed.get())) {
        throw rendering.refused("'float' of a number that is not finite");
      }
      return parsed.isPresent() ? new Value.Real(parsed.get()) : absent;
    }
    return switch (input) {
      case Value.Real _ -> input;
      case Value.Int _, Value.Bool _ ->
          new Value.Real(
              Numbers.real(Numbers.integer(input))
                  .orElseThrow(() -> rendering.wrongType("'float' of so large", input)));
      case Value.Undefined _ -> throw rendering.wrongType("'float'", input);
      default -> absent;
    };
  }

  private Value rounded(Value input, Arguments arguments) throws TemplateException {
    Arguments.Bound bound = arguments.bind(rendering, "round", 0, "precision", "method");
    int precision = bound.integer(0, 0);
    String method = bound.text(1, "common");
    if (!Numbers.isNumber(input) || precision < 0 || precision > PRECISION_MAX) {
      throw rendering.refused(
          Texts.message("'round' of %s to %s digits is not supported", input.type(), precision));
    }
    rendering.charge(ROUNDING_WORK);
    return switch (method) {
      case "common" -> nearest(input, precision);
      case "ceil" -> towards(RoundingMode.CEILING, input, precision);
      case "floor" -> towards(RoundingMode.FLOOR, input, precision);
      default -> throw rendering.refused("'round' has no method '" + method + "'");
    };
  }

  /// Python rounds the exact value of a double, halves to even.
  private static Value nearest(Value input, int precision) {
    if (!(input instanceof Value.Real real)) {
      return new Value.Int(Numbers.integer(input));
    }
    BigDecimal exact = new BigDecimal(real.value());
    double rounded = exact.setScale(precision, RoundingMode.HALF_EVEN).doubleValue();
    return new Value.Real(Math.copySign(rounded, real.value()));
  }

  /// `ceil(value * 10**precision) / 10**precision`, each step as Python takes it.
  private Value towards(RoundingMode mode, Value input, int precision) throws TemplateException {
    Value power = new Value.Int(BigInteger.TEN.pow(precision));
    Value scaled = arithmetic.apply(Expr.BinaryOperator.MULTIPLY, input, power);
    if (scaled instanceof Value.Real real) {
      scaled = new Value.Int(new BigDecimal(real.value()).setScale(0, mode).toBigInteger());
    }
    return arithmetic.apply(Expr.BinaryOperator.DIVIDE, scaled, power);
  }

  private Value sum(Value input, Arguments arguments) throws TemplateException {
    Arguments.Bound bound = arguments.bind(rendering, "sum", 0, "attribute", "start");
    Value sum = bound.value(1, Value.Int.of(0));
    if (Comparison.textOf(sum).isPresent()) {
      throw rendering.wrongType("'sum'", sum);
    }
    AttributePath path = AttributePath.of(rendering, bound.value(0, Value.None.NONE));
    for (Value item : new Iteration(rendering).all(input, "'sum'")) {
      sum = arithmetic.apply(Expr.BinaryOperator.ADD, sum, path.of(item));
    }
    return sum;
  }
}

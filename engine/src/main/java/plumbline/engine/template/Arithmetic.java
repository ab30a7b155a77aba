package plumbline.engine.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `+ - * / // % **` as Python has them (spec/template.md J12). Integers are exact; what would need
/// a rounding that is not specified is refused.
final class Arithmetic {
  private final Rendering rendering;

  Arithmetic(Rendering rendering) {
    this.rendering = rendering;
  }

  Value apply(Expr.BinaryOperator operator, Value left, Value right) throws TemplateException {
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      return left instanceof Value.Real || right instanceof Value.Real
          ? finite(reals(operator, real(left), real(right)))
          : integers(operator, Numbers.integer(left), Numbers.integer(right));
    }
    if (operator == Expr.BinaryOperator.REMAINDER && left instanceof Value.Text text) {
      return new PercentFormat(rendering).formatted(text.text(), right);
    }
    return switch (operator) {
      case ADD -> joined(left, right);
      case MULTIPLY -> repeated(left, right);
      case SUBTRACT, DIVIDE, FLOOR_DIVIDE, REMAINDER, POWER ->
          throw refused(operator, left, right);
    };
  }

  private TemplateException refused(Expr.BinaryOperator operator, Value left, Value right) {
    return rendering.refused(
        Texts.message("'%s' does not work on %s and %s", operator.sign, left.type(), right.type()));
  }

  /// Jinja's compiler fails on constants that are not finite, so no number here is.
  private Value finite(double value) throws TemplateException {
    if (!Double.isFinite(value)) {
      throw rendering.refused("a float is no longer finite");
    }
    return new Value.Real(value);
  }

  private double real(Value value) throws TemplateException {
    if (value instanceof Value.Real real) {
      return real.value();
    }
    Optional<Double> real = Numbers.real(Numbers.integer(value));
    return real.orElseThrow(() -> rendering.refused("an integer is too large for a float"));
  }

  private double reals(Expr.BinaryOperator operator, double left, double right)
      throws TemplateException {
    boolean divides =
        operator == Expr.BinaryOperator.DIVIDE
            || operator == Expr.BinaryOperator.FLOOR_DIVIDE
            || operator == Expr.BinaryOperator.REMAINDER;
    if (divides && right == 0) {
      throw rendering.refused("division by zero");
    }
    return switch (operator) {
      case ADD -> left + right;
      case SUBTRACT -> left - right;
      case MULTIPLY -> left * right;
      case DIVIDE -> left / right;
      case FLOOR_DIVIDE -> floorDivided(left, right);
      case REMAINDER -> remainder(left, right);
      case POWER -> throw rendering.refused("'**' with a float is not supported");
    };
  }

  /// The remainder has the divisor's sign (CPython, `float_rem`).
  private static double remainder(double left, double right) {
    double remainder = left % right;
    if (remainder == 0) {
      return Math.copySign(0.0, right);
    }
    return (right < 0) == (remainder < 0) ? remainder : remainder + right;
  }

  /// CPython, `_float_div_mod`.
  private static double floorDivided(double left, double right) {
    double remainder = left % right;
    double quotient = (left - remainder) / right;
    if (remainder != 0 && (right < 0) != (remainder < 0)) {
      quotient -= 1.0;
    }
    if (quotient == 0) {
      return Math.copySign(0.0, left / right);
    }
    double floor = Math.floor(quotient);
    return quotient - floor > 0.5 ? floor + 1.0 : floor;
  }

  private Value integers(Expr.BinaryOperator operator, BigInteger left, BigInteger right)
      throws TemplateException {
    boolean divides =
        operator == Expr.BinaryOperator.DIVIDE
            || operator == Expr.BinaryOperator.FLOOR_DIVIDE
            || operator == Expr.BinaryOperator.REMAINDER;
    if (divides && right.signum() == 0) {
      throw rendering.refused("division by zero");
    }
    rendering.charge(Math.max(left.bitLength(), right.bitLength()));
    return switch (operator) {
      case ADD -> bounded(left.add(right));
      case SUBTRACT -> bounded(left.subtract(right));
      case MULTIPLY -> bounded(left.multiply(right));
      case DIVIDE -> {
        // Both are doubles, so that dividing them rounds once.
        if (Math.max(left.bitLength(), right.bitLength()) > Numbers.EXACT_BITS) {
          throw rendering.refused("'/' of integers beyond 2**53 is not supported");
        }
        yield new Value.Real(left.doubleValue() / right.doubleValue());
      }
      case FLOOR_DIVIDE -> new Value.Int(floorDivided(left, right)[0]);
      case REMAINDER -> new Value.Int(floorDivided(left, right)[1]);
      case POWER -> power(left, right);
    };
  }

  static BigInteger[] floorDivided(BigInteger left, BigInteger right) {
    BigInteger[] parts = left.divideAndRemainder(right);
    if (parts[1].signum() != 0 && parts[1].signum() != right.signum()) {
      parts[0] = parts[0].subtract(BigInteger.ONE);
      parts[1] = parts[1].add(right);
    }
    return parts;
  }

  private Value power(BigInteger base, BigInteger exponent) throws TemplateException {
    if (exponent.signum() < 0) {
      throw rendering.refused("'**' with a negative exponent is not supported");
    }
    if (base.bitLength() <= 1 && base.signum() >= 0) {
      return new Value.Int(exponent.signum() == 0 ? BigInteger.ONE : base);
    }
    boolean small = exponent.bitLength() < 16;
    if (!small || (long) (base.bitLength() - 1) * exponent.intValue() > Limits.INTEGER_BITS_MAX) {
      if (base.equals(BigInteger.ONE.negate())) {
        return new Value.Int(exponent.testBit(0) ? base : BigInteger.ONE);
      }
      throw tooLarge();
    }
    return bounded(base.pow(exponent.intValue()));
  }

  Value.Int bounded(BigInteger value) throws TemplateException {
    if (value.bitLength() > Limits.INTEGER_BITS_MAX) {
      throw tooLarge();
    }
    return new Value.Int(value);
  }

  private TemplateException tooLarge() {
    return rendering.refused(
        Texts.message("an integer grows beyond %s bits", Limits.INTEGER_BITS_MAX));
  }

  Value signed(boolean negative, Value value) throws TemplateException {
    if (value instanceof Value.Real real) {
      return new Value.Real(negative ? -real.value() : real.value());
    }
    if (!Numbers.isInteger(value)) {
      throw rendering.wrongType(negative ? "unary '-'" : "unary '+'", value);
    }
    BigInteger integer = Numbers.integer(value);
    return new Value.Int(negative ? integer.negate() : integer);
  }

  private Value joined(Value left, Value right) throws TemplateException {
    if (left instanceof Value.Safe || right instanceof Value.Safe) {
      return escapedSum(left, right);
    }
    if (left instanceof Value.Text a && right instanceof Value.Text b) {
      return rendering.builder().append(a.text()).append(b.text()).toText();
    }
    boolean lists = left instanceof Value.ListOf && right instanceof Value.ListOf;
    boolean tuples = left instanceof Value.TupleOf && right instanceof Value.TupleOf;
    if (!lists && !tuples) {
      throw refused(Expr.BinaryOperator.ADD, left, right);
    }
    List<Value> a = ((Value.Sequence) left).items();
    List<Value> b = ((Value.Sequence) right).items();
    rendering.chargeItems((long) a.size() + b.size());
    List<Value> items = new ArrayList<>(a);
    items.addAll(b);
    return lists ? new Value.ListOf(items) : new Value.TupleOf(items);
  }

  /// Safe text escapes what is added to it.
  private Value escapedSum(Value left, Value right) throws TemplateException {
    TextBuilder sum = rendering.builder();
    for (Value part : List.of(left, right)) {
      switch (part) {
        case Value.Safe safe -> sum.append(safe.text());
        case Value.Text text -> Escaping.escape(text.text(), sum);
        default -> throw refused(Expr.BinaryOperator.ADD, left, right);
      }
    }
    return new Value.Safe(sum.toString());
  }

  private Value repeated(Value left, Value right) throws TemplateException {
    boolean countFirst = Numbers.isInteger(left);
    Value piece = countFirst ? right : left;
    Value times = countFirst ? left : right;
    if (!Numbers.isInteger(times)) {
      throw refused(Expr.BinaryOperator.MULTIPLY, left, right);
    }
    long count = Math.max(0, Numbers.clamped(Numbers.integer(times)));
    return switch (piece) {
      case Value.Text text -> rendering.builder().repeat(text.text(), count).toText();
      case Value.ListOf list -> new Value.ListOf(repeated(list.items(), count));
      case Value.TupleOf tuple -> new Value.TupleOf(repeated(tuple.items(), count));
      default -> throw refused(Expr.BinaryOperator.MULTIPLY, left, right);
    };
  }

  private List<Value> repeated(List<Value> items, long count) throws TemplateException {
    if (items.isEmpty()) {
      return List.of();
    }
    rendering.chargeItems(items.size() * count);
    List<Value> repeated = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      repeated.addAll(items);
    }
    return repeated;
  }
}

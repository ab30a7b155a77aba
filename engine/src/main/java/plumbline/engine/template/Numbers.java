package plumbline.engine.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Optional;

/// Python's numbers: how they are read, written and turned into each other.
final class Numbers {
  /// Up to here every integer is a double.
  static final int EXACT_BITS = 53;

  private static final int SMALL_MIN = -5;
  private static final int SMALL_MAX = 256;

  private Numbers() {}

  static boolean isNumber(Value value) {
    return value instanceof Value.Int || value instanceof Value.Real || value instanceof Value.Bool;
  }

  static boolean isInteger(Value value) {
    return value instanceof Value.Int || value instanceof Value.Bool;
  }

  /// The value of an `int` or a `bool`.
  static BigInteger integer(Value value) {
    return switch (value) {
      case Value.Int number -> number.value();
      case Value.Bool bool -> bool == Value.Bool.TRUE ? BigInteger.ONE : BigInteger.ZERO;
      default -> throw new IllegalArgumentException("not an integer: " + value.type());
    };
  }

  /// Integers that Python keeps one object of.
  static boolean isSmall(Value.Int number) {
    BigInteger value = number.value();
    return value.bitLength() < 16
        && value.intValue() >= SMALL_MIN
        && value.intValue() <= SMALL_MAX;
  }

  /// An integer as an `int`, or the nearest `int` when it is beyond them.
  static int clamped(BigInteger value) {
    if (value.bitLength() < Integer.SIZE) {
      return value.intValue();
    }
    return value.signum() < 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE;
  }

  /// Whether the value of a number is that of a double without any rounding.
  static boolean isDouble(Value number) {
    return number instanceof Value.Real || integer(number).bitLength() <= EXACT_BITS;
  }

  /// The value of a number that `isDouble`.
  static double real(Value number) {
    return number instanceof Value.Real real ? real.value() : integer(number).doubleValue();
  }

  /// `int(float)`: towards zero.
  static BigInteger truncated(double value) {
    return Math.abs(value) < 1L << EXACT_BITS
        ? BigInteger.valueOf((long) value)
        : new BigDecimal(value).toBigInteger();
  }

  /// `float(int)`; empty beyond the doubles.
  static Optional<Double> real(BigInteger value) {
    double real = value.doubleValue();
    return Double.isInfinite(real) ? Optional.empty() : Optional.of(real);
  }

  /// Python's `repr` of a double: the shortest digits that read back as it, in plain notation from
  /// 1e-4 up to 1e16.
  static String written(double value) {
    String sign = value < 0 || (value == 0 && 1 / value < 0) ? "-" : "";
    double magnitude = Math.abs(value);
    if (magnitude == 0) {
      return sign + "0.0";
    }
    BigDecimal shortest = shortest(magnitude);
    String digits = shortest.unscaledValue().toString();
    int exponent = digits.length() - 1 - shortest.scale();
    if (exponent < -4 || exponent >= 16) {
      String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
      String size = (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
      return sign + digits.charAt(0) + fraction + "e" + (exponent < 0 ? "-" : "+") + size;
    }
    String plain = shortest.toPlainString();
    return sign + plain + (plain.indexOf('.') < 0 ? ".0" : "");
  }

  /// The JDK writes at least two digits even where one would do; Python does not.
  private static BigDecimal shortest(double magnitude) {
    BigDecimal written = new BigDecimal(Double.toString(magnitude)).stripTrailingZeros();
    if (written.precision() != 2) {
      return written;
    }
    BigDecimal rounded = written.round(new MathContext(1, RoundingMode.HALF_EVEN));
    boolean same = Double.parseDouble(rounded.toString()) == magnitude;
    return same ? rounded.stripTrailingZeros() : written;
  }

  /// `int(text, radix)` of text in ASCII, or empty when it is no integer. Radix 0 is not supported.
  static Optional<BigInteger> parsedInteger(String text, int radix) {
    String stripped = Whitespace.stripLeading(Whitespace.stripTrailing(text));
    boolean negative = stripped.startsWith("-");
    String digits = negative || stripped.startsWith("+") ? stripped.substring(1) : stripped;
    String lower = digits.length() > 1 ? digits.substring(0, 2) : "";
    boolean marked =
        (radix == 2 && lower.equalsIgnoreCase("0b"))
            || (radix == 8 && lower.equalsIgnoreCase("0o"))
            || (radix == 16 && lower.equalsIgnoreCase("0x"));
    if (marked) {
      digits = digits.substring(digits.startsWith("_", 2) ? 3 : 2);
    }
    Optional<String> plain = withoutUnderscores(digits);
    if (plain.isEmpty() || !isDigits(plain.get(), radix)) {
      return Optional.empty();
    }
    BigInteger value = new BigInteger(plain.get(), radix);
    return Optional.of(negative ? value.negate() : value);
  }

  /// Underscores may stand between digits only.
  private static Optional<String> withoutUnderscores(String digits) {
    if (digits.startsWith("_") || digits.endsWith("_") || digits.contains("__")) {
      return Optional.empty();
    }
    return Optional.of(digits.replace("_", ""));
  }

  private static boolean isDigits(String text, int radix) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      char lower = (char) (c | 0x20);
      int digit =
          c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'z' ? lower - 'a' + 10 : 99;
      if (digit >= radix || c > 0x7f) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /// `float(text)` of text in ASCII, or empty when it is no number. Infinity stands for whatever
  /// is not finite.
  static Optional<Double> parsedReal(String text) {
    String stripped = Whitespace.stripLeading(Whitespace.stripTrailing(text));
    boolean signed = stripped.startsWith("-") || stripped.startsWith("+");
    String body = CaseMapping.lowerAscii(signed ? stripped.substring(1) : stripped);
    double sign = stripped.startsWith("-") ? -1 : 1;
    if (body.equals("inf") || body.equals("infinity") || body.equals("nan")) {
      return Optional.of(sign * Double.POSITIVE_INFINITY);
    }
    int mark = body.indexOf('e');
    String mantissa = mark < 0 ? body : body.substring(0, mark);
    String exponent = mark < 0 ? "0" : body.substring(mark + 1);
    int point = mantissa.indexOf('.');
    String whole = point < 0 ? mantissa : mantissa.substring(0, point);
    String fraction = point < 0 ? "" : mantissa.substring(point + 1);
    boolean signedExponent = exponent.startsWith("-") || exponent.startsWith("+");
    if ((whole.isEmpty() && fraction.isEmpty())
        || !digitsOrNothing(whole)
        || !digitsOrNothing(fraction)
        || !digitsOrNothing(signedExponent ? exponent.substring(1) : exponent)
        || exponent.length() == (signedExponent ? 1 : 0)) {
      return Optional.empty();
    }
    return Optional.of(sign * Double.parseDouble(body.replace("_", "")));
  }

  private static boolean digitsOrNothing(String text) {
    return text.isEmpty()
        || withoutUnderscores(text).filter(digits -> isDigits(digits, 10)).isPresent();
  }
}

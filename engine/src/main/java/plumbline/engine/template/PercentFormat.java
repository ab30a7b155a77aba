package plumbline.engine.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Optional;

/// `format % values`: the conversions `s r d i u x X o f %` with flags, width and precision; others
/// are refused (spec/template.md J10).
final class PercentFormat {
  private static final int PRECISION_MAX = 300;
  private static final int ROUNDING_WORK = 1000;

  private final Rendering rendering;
  private final Repr repr;
  private String format = "";
  private int at;
  private int taken;

  PercentFormat(Rendering rendering) {
    this.rendering = rendering;
    this.repr = new Repr(rendering);
  }

  /// One conversion, without its letter.
  private record Spec(
      boolean left, boolean zero, String plus, int width, Optional<Integer> precision) {}

  Value formatted(String text, Value values) throws TemplateException {
    format = text;
    TextBuilder out = rendering.builder();
    List<Value> list =
        values instanceof Value.TupleOf tuple ? tuple.items() : List.of(values);
    int copied = 0;
    for (int mark = text.indexOf('%'); mark >= 0; mark = text.indexOf('%', copied)) {
      rendering.charge(Limits.STEP_WORK);
      out.append(text, copied, mark);
      at = mark + 1;
      conversion(list, values, out);
      copied = at;
    }
    out.append(text, copied, text.length());
    // Python lets a list or a dict go unused, for it could have been looked into by key.
    boolean mapping =
        values instanceof Value.Dict
            || values instanceof Value.ListOf
            || values instanceof Value.Range
            || values instanceof Value.Undefined;
    if (taken < list.size() && !mapping) {
      throw rendering.refused("'%' has more values than conversions");
    }
    return out.toText();
  }

  private char current() throws TemplateException {
    if (at >= format.length()) {
      throw rendering.refused("a format ends inside a conversion");
    }
    return format.charAt(at);
  }

  private void conversion(List<Value> list, Value values, TextBuilder out)
      throws TemplateException {
    if (current() == '%') {
      at++;
      out.append('%');
      return;
    }
    Optional<Value> named = Optional.empty();
    if (current() == '(') {
      int end = format.indexOf(')', at);
      if (end < 0 || format.substring(at + 1, end).indexOf('(') >= 0) {
        throw rendering.refused("a key in a format is not closed");
      }
      named = Optional.of(keyed(values, format.substring(at + 1, end)));
      at = end + 1;
    }
    Spec spec = spec();
    char letter = current();
    at++;
    if (named.isEmpty() && taken >= list.size()) {
      throw rendering.refused("'%' has fewer values than conversions");
    }
    Value value = named.isPresent() ? named.get() : list.get(taken++);
    pad(spec, written(letter, spec, value), "sr".indexOf(letter) < 0, out);
  }

  private Value keyed(Value values, String key) throws TemplateException {
    if (!(values instanceof Value.Dict dict)) {
      throw rendering.wrongType("a format with keys", values);
    }
    Value.Entry entry = dict.entries().get(DictKey.of(key));
    if (entry == null) {
      throw rendering.refused("a format asks for '" + key + "', which is not given");
    }
    return entry.value();
  }

  private Spec spec() throws TemplateException {
    boolean left = false;
    boolean zero = false;
    String plus = "";
    for (char c = current(); "-0+ ".indexOf(c) >= 0; c = current()) {
      left |= c == '-';
      zero |= c == '0';
      plus = c == '+' || (c == ' ' && plus.isEmpty()) ? String.valueOf(c) : plus;
      at++;
    }
    int width = number();
    Optional<Integer> precision = Optional.empty();
    if (current() == '.') {
      at++;
      precision = Optional.of(number());
    }
    return new Spec(left, zero, plus, width, precision);
  }

  private int number() throws TemplateException {
    int number = 0;
    for (char c = current(); CaseMapping.isDigit(c); c = current()) {
      number = Math.min(number * 10 + (c - '0'), Limits.OUTPUT_CHARS_MAX * 2);
      at++;
    }
    return number;
  }

  private String written(char letter, Spec spec, Value value) throws TemplateException {
    switch (letter) {
      case 's', 'r' -> {
        String text = letter == 's' ? repr.str(value) : repr.repr(value);
        int length = spec.precision().orElse(Integer.MAX_VALUE);
        return Texts.length(text) <= length ? text : Texts.slice(text, 0, length);
      }
      case 'd', 'i', 'u' -> {
        return signed(spec, digits(spec, integer(letter, value).abs().toString()),
            integer(letter, value).signum() < 0);
      }
      case 'x', 'X', 'o' -> {
        if (value instanceof Value.Real) {
          throw rendering.wrongType("'%" + letter + "'", value);
        }
        BigInteger integer = integer(letter, value);
        String digits = integer.abs().toString(letter == 'o' ? 8 : 16);
        String cased = letter == 'X' ? new CaseMapping(rendering).upper(digits) : digits;
        return signed(spec, digits(spec, cased), integer.signum() < 0);
      }
      case 'f', 'F' -> {
        return fixed(spec, value);
      }
      default ->
          throw rendering.refused(
              "the conversion " + Texts.quoted(format, at - 1) + " is not supported");
    }
  }

  private BigInteger integer(char letter, Value value) throws TemplateException {
    if (value instanceof Value.Real real) {
      return Numbers.truncated(real.value());
    }
    if (!Numbers.isInteger(value)) {
      throw rendering.wrongType("'%" + letter + "'", value);
    }
    return Numbers.integer(value);
  }

  private String digits(Spec spec, String digits) throws TemplateException {
    int padding = spec.precision().orElse(0) - digits.length();
    return rendering.builder().repeat("0", padding).append(digits).toString();
  }

  private static String signed(Spec spec, String digits, boolean negative) {
    return (negative ? "-" : spec.plus()) + digits;
  }

  private String fixed(Spec spec, Value value) throws TemplateException {
    int precision = spec.precision().orElse(6);
    Value number = new Arithmetic(rendering).apply(
        Expr.BinaryOperator.MULTIPLY, value, new Value.Real(1.0));
    if (!(number instanceof Value.Real given) || precision > PRECISION_MAX) {
      throw rendering.wrongType("'%f'", value);
    }
    double real = given.value();
    rendering.charge(ROUNDING_WORK);
    BigDecimal rounded =
        new BigDecimal(real).abs().setScale(precision, RoundingMode.HALF_EVEN);
    return signed(spec, rounded.toPlainString(), Math.copySign(1.0, real) < 0);
  }

  private void pad(Spec spec, String text, boolean number, TextBuilder out)
      throws TemplateException {
    int padding = Math.max(0, spec.width() - Texts.length(text));
    if (spec.left()) {
      out.append(text).repeat(" ", padding);
    } else if (spec.zero() && number) {
      boolean sign = !text.isEmpty() && "+- ".indexOf(text.charAt(0)) >= 0;
      out.append(sign ? text.substring(0, 1) : "")
          .repeat("0", padding)
          .append(sign ? text.substring(1) : text);
    } else {
      out.repeat(" ", padding).append(text);
    }
  }
}

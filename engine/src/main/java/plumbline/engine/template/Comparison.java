package plumbline.engine.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Truth, equality, order and membership as Python has them (spec/template.md J12).
final class Comparison {
  private static final int LONG_COMPARISON_WORK = 1000;

  private final Rendering rendering;

  Comparison(Rendering rendering) {
    this.rendering = rendering;
  }

  static boolean truth(Value value) {
    return switch (value) {
      case Value.None _, Value.Undefined _ -> false;
      case Value.Bool bool -> bool == Value.Bool.TRUE;
      case Value.Int number -> number.value().signum() != 0;
      case Value.Real real -> real.value() != 0;
      case Value.Text text -> !text.text().isEmpty();
      case Value.Safe safe -> !safe.text().isEmpty();
      case Value.Sequence sequence -> !sequence.items().isEmpty();
      case Value.Dict dict -> !dict.entries().isEmpty();
      case Value.DictView view -> !view.dict().entries().isEmpty();
      case Value.Range range -> range.count() > 0;
      case Value.Iterator _, Value.Namespace _, Value.Macro _, Value.Method _, Value.Function _,
              Value.LoopValue _ ->
          true;
    };
  }

  boolean equal(Value left, Value right) throws TemplateException {
    return equal(left, right, 0);
  }

  private boolean equal(Value left, Value right, int depth) throws TemplateException {
    rendering.charge(Limits.STEP_WORK);
    if (depth > Limits.VALUE_DEPTH_MAX) {
      throw tooDeep();
    }
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      return orderNumbers(left, right) == 0;
    }
    Optional<String> text = textOf(left);
    if (text.isPresent()) {
      Optional<String> other = textOf(right);
      rendering.charge(other.isPresent() ? text.get().length() : 0);
      return text.equals(other);
    }
    return switch (left) {
      case Value.ListOf list ->
          right instanceof Value.ListOf other && equalItems(list, other, depth);
      case Value.TupleOf tuple ->
          right instanceof Value.TupleOf other && equalItems(tuple, other, depth);
      case Value.Dict dict -> right instanceof Value.Dict other && equalDicts(dict, other, depth);
      case Value.Undefined _ -> right instanceof Value.Undefined;
      case Value.DictView _, Value.Range _, Value.Method _, Value.LoopValue _ -> {
        if (left != right && left.getClass() == right.getClass()) {
          throw rendering.wrongType("'=='", left);
        }
        yield left == right;
      }
      default -> left == right;
    };
  }

  static Optional<String> textOf(Value value) {
    return switch (value) {
      case Value.Text text -> Optional.of(text.text());
      case Value.Safe safe -> Optional.of(safe.text());
      default -> Optional.empty();
    };
  }

  private boolean equalItems(Value.Sequence left, Value.Sequence right, int depth)
      throws TemplateException {
    List<Value> a = left.items();
    List<Value> b = right.items();
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!same(a.get(i), b.get(i), depth + 1)) {
        return false;
      }
    }
    return true;
  }

  /// Containers take an object to equal itself without asking it.
  private boolean same(Value left, Value right, int depth) throws TemplateException {
    return left == right || equal(left, right, depth);
  }

  private boolean equalDicts(Value.Dict left, Value.Dict right, int depth)
      throws TemplateException {
    if (left.entries().size() != right.entries().size()) {
      return false;
    }
    for (Map.Entry<String, Value.Entry> entry : left.entries().entrySet()) {
      Value.Entry other = right.entries().get(entry.getKey());
      if (other == null || !same(entry.getValue().value(), other.value(), depth + 1)) {
        return false;
      }
    }
    return true;
  }

  /// Negative, zero or positive.
  int order(Value left, Value right) throws TemplateException {
    return order(left, right, 0);
  }

  private int order(Value left, Value right, int depth) throws TemplateException {
    rendering.charge(Limits.STEP_WORK);
    if (depth > Limits.VALUE_DEPTH_MAX) {
      throw tooDeep();
    }
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      return orderNumbers(left, right);
    }
    Optional<String> a = textOf(left);
    Optional<String> b = textOf(right);
    if (a.isPresent() && b.isPresent()) {
      rendering.charge(Math.min(a.get().length(), b.get().length()));
      return orderTexts(a.get(), b.get());
    }
    if (left instanceof Value.ListOf x && right instanceof Value.ListOf y) {
      return orderItems(x.items(), y.items(), depth);
    }
    if (left instanceof Value.TupleOf x && right instanceof Value.TupleOf y) {
      return orderItems(x.items(), y.items(), depth);
    }
    throw rendering.refused(
        Texts.message("%s and %s have no order", left.type(), right.type()));
  }

  private int orderItems(List<Value> left, List<Value> right, int depth)
      throws TemplateException {
    for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
      if (!same(left.get(i), right.get(i), depth + 1)) {
        return order(left.get(i), right.get(i), depth + 1);
      }
    }
    return Integer.compare(left.size(), right.size());
  }

  /// By code point, which is not the order of UTF-16 units.
  static int orderTexts(String left, String right) {
    int length = Math.min(left.length(), right.length());
    for (int i = 0; i < length; i++) {
      char a = left.charAt(i);
      char b = right.charAt(i);
      if (a != b) {
        // A surrogate stands for a code point above all that need none.
        boolean above = Character.isSurrogate(a);
        return above == Character.isSurrogate(b) ? Integer.compare(a, b) : above ? 1 : -1;
      }
    }
    return Integer.compare(left.length(), right.length());
  }

  /// Integers and doubles are compared by their exact values.
  private int orderNumbers(Value left, Value right) throws TemplateException {
    boolean integers = Numbers.isInteger(left) && Numbers.isInteger(right);
    if (integers) {
      return Numbers.integer(left).compareTo(Numbers.integer(right));
    }
    if (Numbers.isDouble(left) && Numbers.isDouble(right)) {
      double a = Numbers.real(left);
      double b = Numbers.real(right);
      return a < b ? -1 : a > b ? 1 : 0;
    }
    rendering.charge(LONG_COMPARISON_WORK);
    return exact(left).compareTo(exact(right));
  }

  private static BigDecimal exact(Value number) {
    return number instanceof Value.Real real
        ? new BigDecimal(real.value())
        : new BigDecimal(Numbers.integer(number));
  }

  /// `item in container`
  boolean contains(Value container, Value item) throws TemplateException {
    switch (container) {
      case Value.Text _, Value.Safe _ -> {
        Optional<String> needle = textOf(item);
        if (needle.isEmpty()) {
          throw rendering.wrongType("'in' a text", item);
        }
        String text = rendering.read(textOf(container).orElseThrow());
        return Texts.indexOf(text, rendering.read(needle.get()), 0) >= 0;
      }
      case Value.Dict dict -> {
        return key(dict, item);
      }
      case Value.DictView view when view.view() == Value.View.KEYS -> {
        return key(view.dict(), item);
      }
      case Value.Range range -> {
        return inRange(range, item);
      }
      default -> {
        Value.Source source = new Iteration(rendering).source(container, "'in'");
        for (Optional<Value> next = source.next(); next.isPresent(); next = source.next()) {
          if (same(next.get(), item, 0)) {
            return true;
          }
        }
        return false;
      }
    }
  }

  private boolean key(Value.Dict dict, Value item) throws TemplateException {
    if (item instanceof Value.Undefined) {
      return false;
    }
    Optional<String> key = DictKey.of(item, 0);
    if (key.isEmpty()) {
      throw rendering.wrongType("'in' a dict", item);
    }
    rendering.charge(key.get().length());
    return dict.entries().containsKey(key.get());
  }

  private boolean inRange(Value.Range range, Value item) throws TemplateException {
    if (!(item instanceof Value.Int || item instanceof Value.Bool)) {
      throw rendering.wrongType("'in' a range", item);
    }
    BigInteger offset = Numbers.integer(item).subtract(BigInteger.valueOf(range.start()));
    BigInteger[] parts = offset.divideAndRemainder(BigInteger.valueOf(range.step()));
    return parts[1].signum() == 0
        && parts[0].signum() >= 0
        && parts[0].compareTo(BigInteger.valueOf(range.count())) < 0;
  }

  /// A stable merge sort by `keys`. It must not trust the order to be one, as the JDK's sort does:
  /// a template can hand it values that compare as they please.
  List<Value> sorted(List<Value> items, List<Value> keys, boolean descending)
      throws TemplateException {
    int[] order = new int[items.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    int[] scratch = new int[order.length];
    for (int width = 1; width < order.length; width *= 2) {
      for (int from = 0; from < order.length; from += 2 * width) {
        int middle = Math.min(from + width, order.length);
        int to = Math.min(from + 2 * width, order.length);
        merge(keys, descending, order, scratch, from, middle, to);
      }
      System.arraycopy(scratch, 0, order, 0, order.length);
    }
    List<Value> sorted = new ArrayList<>(order.length);
    for (int index : order) {
      sorted.add(items.get(index));
    }
    return sorted;
  }

  private void merge(
      List<Value> keys, boolean descending, int[] order, int[] merged, int from, int middle, int to)
      throws TemplateException {
    int left = from;
    int right = middle;
    for (int i = from; i < to; i++) {
      boolean takesRight = left == middle;
      if (!takesRight && right < to) {
        int compared = order(keys.get(order[right]), keys.get(order[left]));
        takesRight = descending ? compared > 0 : compared < 0;
      }
      merged[i] = takesRight ? order[right++] : order[left++];
    }
  }

  private TemplateException tooDeep() {
    return rendering.refused(
        Texts.message("a value is nested more than %s deep", Limits.VALUE_DEPTH_MAX));
  }
}

package plumbline.engine.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/// Goes through the items of a value as Python's `iter` does.
final class Iteration {
  private final Rendering rendering;

  Iteration(Rendering rendering) {
    this.rendering = rendering;
  }

  static boolean isIterable(Value value) {
    return switch (value) {
      case Value.Text _, Value.Safe _, Value.Sequence _, Value.Dict _, Value.DictView _,
              Value.Range _, Value.Iterator _, Value.Undefined _, Value.LoopValue _ ->
          true;
      case Value.None _, Value.Bool _, Value.Int _, Value.Real _, Value.Namespace _,
              Value.Macro _, Value.Method _, Value.Function _ ->
          false;
    };
  }

  Value.Source source(Value value, String what) throws TemplateException {
    return switch (value) {
      case Value.Text text -> characters(text.text());
      case Value.Sequence sequence -> of(sequence.items());
      case Value.Dict dict -> view(dict, Value.View.KEYS);
      case Value.DictView view -> view(view.dict(), view.view());
      case Value.Range range -> range(range);
      case Value.Iterator iterator -> iterator.source();
      case Value.Undefined _ -> Optional::empty;
      case Value.None _, Value.Bool _, Value.Int _, Value.Real _, Value.Safe _,
              Value.Namespace _, Value.Macro _, Value.Method _, Value.Function _,
              Value.LoopValue _ ->
          throw rendering.wrongType(what, value);
    };
  }

  Value.Source of(List<Value> items) {
    Iterator<Value> iterator = items.iterator();
    return () -> {
      rendering.charge(Limits.STEP_WORK);
      return iterator.hasNext() ? Optional.of(iterator.next()) : Optional.empty();
    };
  }

  private Value.Source characters(String text) {
    int[] at = {0};
    return () -> {
      rendering.charge(Limits.STEP_WORK);
      if (at[0] >= text.length()) {
        return Optional.empty();
      }
      int end = text.offsetByCodePoints(at[0], 1);
      Value character = new Value.Text(text.substring(at[0], end));
      at[0] = end;
      return Optional.of(character);
    };
  }

  private Value.Source range(Value.Range range) {
    int[] at = {0};
    return () -> {
      rendering.charge(Limits.STEP_WORK);
      return at[0] < range.count()
          ? Optional.of(Value.Int.of(range.at(at[0]++)))
          : Optional.empty();
    };
  }

  private Value.Source view(Value.Dict dict, Value.View view) {
    Iterator<Value.Entry> entries = dict.entries().values().iterator();
    return () -> {
      rendering.charge(Limits.STEP_WORK);
      return entries.hasNext() ? Optional.of(viewed(entries.next(), view)) : Optional.empty();
    };
  }

  static Value viewed(Value.Entry entry, Value.View view) {
    return switch (view) {
      case KEYS -> entry.key();
      case VALUES -> entry.value();
      case ITEMS -> new Value.TupleOf(List.of(entry.key(), entry.value()));
    };
  }

  /// An iterator over the items that another one yields.
  Value iterator(Value.Source source) {
    return new Value.Iterator(counted(source));
  }

  /// Iterators can be chained without end, so each of them counts as a level of evaluation.
  Value.Source counted(Value.Source source) {
    return () -> {
      rendering.descend();
      Optional<Value> item = source.next();
      rendering.ascend();
      return item;
    };
  }

  /// All items at once, as Python's `list`.
  List<Value> all(Value value, String what) throws TemplateException {
    Value.Source source = source(value, what);
    List<Value> items = new ArrayList<>();
    for (Optional<Value> next = source.next(); next.isPresent(); next = source.next()) {
      items.add(next.get());
      rendering.charge(Limits.ITEM_WORK);
      if (items.size() > Limits.ITEMS_MAX) {
        throw rendering.refused(Texts.message("more than %s items", Limits.ITEMS_MAX));
      }
    }
    return items;
  }

  /// Whether `reversed(value)` works without listing the value first.
  static boolean isReversible(Value value) {
    return switch (value) {
      case Value.Text _, Value.Sequence _, Value.Dict _, Value.DictView _, Value.Range _,
              Value.Undefined _ ->
          true;
      default -> false;
    };
  }
}

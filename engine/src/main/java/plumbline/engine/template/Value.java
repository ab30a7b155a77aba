package plumbline.engine.template;

import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// A value of a rendering, with the meaning Python gives it (spec/template.md J11). Two values are
/// the same object in Python's sense exactly when they are the same object here.
sealed interface Value {
  enum None implements Value {
    NONE
  }

  enum Bool implements Value {
    FALSE,
    TRUE;

    static Bool of(boolean value) {
      return value ? TRUE : FALSE;
    }
  }

  record Int(BigInteger value) implements Value {
    static Int of(long value) {
      return new Int(BigInteger.valueOf(value));
    }
  }

  /// A float; always finite (spec/template.md J12).
  record Real(double value) implements Value {}

  record Text(String text) implements Value {}

  /// Text marked with the filter `safe`: text, but adding other text to it escapes that one.
  record Safe(String text) implements Value {}

  /// A list or a tuple.
  sealed interface Sequence extends Value permits ListOf, TupleOf {
    List<Value> items();
  }

  record ListOf(List<Value> items) implements Sequence {}

  record TupleOf(List<Value> items) implements Sequence {}

  /// Entries in the order they were first put; the map's keys are those of `DictKey`.
  record Dict(Map<String, Entry> entries) implements Value {}

  record Entry(Value key, Value value) {}

  enum View {
    KEYS,
    VALUES,
    ITEMS
  }

  /// `dict.keys()`, `dict.values()`, `dict.items()`
  record DictView(Dict dict, View view) implements Value {}

  record Range(long start, long step, int count) implements Value {
    long at(int index) {
      return start + step * index;
    }
  }

  /// An iterator: what it has yielded is gone.
  record Iterator(Source source) implements Value {}

  /// Values one after the other.
  interface Source {
    Optional<Value> next() throws TemplateException;
  }

  /// A name or an element that is not there. `why` says so, for the message when it is used.
  record Undefined(String why) implements Value {}

  /// `namespace()`: the one value that a template can change.
  record Namespace(Map<String, Value> fields) implements Value {}

  /// A macro, with the frame it was defined in. An empty name is the body of a call block.
  record Macro(String name, Node.Signature signature, Frame frame) implements Value {}

  /// A method of a value, not called yet.
  record Method(Value receiver, String name) implements Value {}

  /// A global function such as `range`.
  record Function(String name) implements Value {}

  /// The variable `loop`.
  record LoopValue(Loop loop) implements Value {}

  /// The length where Python has one: `len(value)`.
  default OptionalLong length() {
    return switch (this) {
      case Text text -> OptionalLong.of(Texts.length(text.text()));
      case Safe safe -> OptionalLong.of(Texts.length(safe.text()));
      case Sequence sequence -> OptionalLong.of(sequence.items().size());
      case Dict dict -> OptionalLong.of(dict.entries().size());
      case DictView view -> OptionalLong.of(view.dict().entries().size());
      case Range range -> OptionalLong.of(range.count());
      case Undefined _ -> OptionalLong.of(0);
      case None _, Bool _, Int _, Real _, Iterator _, Namespace _, Macro _, Method _, Function _,
              LoopValue _ ->
          OptionalLong.empty();
    };
  }

  /// The name of the type, as Python has it, for messages.
  default String type() {
    return switch (this) {
      case None _ -> "NoneType";
      case Bool _ -> "bool";
      case Int _ -> "int";
      case Real _ -> "float";
      case Text _ -> "str";
      case Safe _ -> "safe str";
      case ListOf _ -> "list";
      case TupleOf _ -> "tuple";
      case Dict _ -> "dict";
      case DictView view -> "dict_" + view.view().name().toLowerCase(Locale.ROOT);
      case Range _ -> "range";
      case Iterator _ -> "iterator";
      case Undefined undefined -> "undefined value (" + undefined.why() + ")";
      case Namespace _ -> "namespace";
      case Macro _ -> "macro";
      case Method _ -> "method";
      case Function _ -> "function";
      case LoopValue _ -> "loop";
    };
  }
}

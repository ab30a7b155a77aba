package plumbline.engine.template;

import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What one rendering shares: its variables, its clock, the line it is at and how much work it has
/// done (spec/template.md J16). Owned by the one thread that renders.
final class Rendering {
  private final Map<String, Value> variables;
  private final Optional<LocalDateTime> clock;
  private long work;
  private int depth;
  private int line;

  Rendering(Map<String, Value> variables, Optional<LocalDateTime> clock) {
    this.variables = variables;
    this.clock = clock;
  }

  /// A variable of the caller, or a global function, if there is one by this name.
  Optional<Value> variable(String name) {
    Value value = variables.get(name);
    return value != null ? Optional.of(value) : Functions.named(name);
  }

  Optional<LocalDateTime> clock() {
    return clock;
  }

  /// One step of evaluation, one level deeper; `leave` must follow unless the rendering ends.
  void enter(int atLine) throws TemplateException {
    line = atLine;
    descend();
  }

  void leave(int atLine) {
    ascend();
    line = atLine;
  }

  /// One level deeper at the same line. Whatever can call itself passes here, so that no template
  /// exhausts the stack.
  void descend() throws TemplateException {
    if (++depth > Limits.EVALUATION_DEPTH_MAX) {
      throw refused(
          "calls, statements and expressions are nested more than "
              + Limits.EVALUATION_DEPTH_MAX
              + " deep");
    }
    charge(Limits.STEP_WORK);
  }

  void ascend() {
    depth--;
  }

  /// Counts work in characters touched.
  void charge(long characters) throws TemplateException {
    work += characters;
    if (work > Limits.WORK_MAX) {
      throw refused(
          Texts.message(
              "the rendering takes more than %s steps", Limits.WORK_MAX / Limits.STEP_WORK));
    }
  }

  void chargeItems(long items) throws TemplateException {
    if (items > Limits.ITEMS_MAX) {
      throw refused(Texts.message("a list of %s items, the limit is %s", items, Limits.ITEMS_MAX));
    }
    charge(items * Limits.ITEM_WORK);
  }

  /// Charges for reading a text and gives it back.
  String read(String text) throws TemplateException {
    charge(text.length());
    return text;
  }

  /// A text made without a `TextBuilder`, never longer than those it was made from.
  Value.Text text(String text) throws TemplateException {
    charge(text.length());
    return new Value.Text(text);
  }

  Value.ListOf list(List<Value> items) throws TemplateException {
    chargeItems(items.size());
    return new Value.ListOf(items);
  }

  Value.TupleOf tuple(List<Value> items) throws TemplateException {
    chargeItems(items.size());
    return new Value.TupleOf(items);
  }

  TextBuilder builder() {
    return new TextBuilder(this);
  }

  TemplateException refused(String what) {
    return new TemplateException(line, what);
  }

  TemplateException raised(String message) {
    return new TemplateException(line, message, true);
  }

  TemplateException wrongType(String what, Value value) {
    return refused(what + " does not work on " + value.type());
  }
}

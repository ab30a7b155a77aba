package plumbline.engine.template;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// The variables of one body while it runs: of the template, of one pass of a loop, of one call of
/// a macro. Names it does not own are looked up outside (spec/template.md J7).
final class Frame {
  private final Optional<Frame> outer;
  private final Names names;
  private final Rendering rendering;
  private final Map<String, Slot> slots = new HashMap<>();
  private boolean left;

  /// What a name holds; empty until it is first assigned.
  private record Slot(Optional<Value> value) {}

  Frame(Rendering rendering, Optional<Frame> outer, Names names) throws TemplateException {
    this.rendering = rendering;
    this.outer = outer;
    this.names = names;
    rendering.charge((long) names.owned().size() * Limits.STEP_WORK);
    for (Map.Entry<String, Names.Start> owned : names.owned().entrySet()) {
      slots.put(owned.getKey(), start(owned.getKey(), owned.getValue()));
    }
  }

  private Slot start(String name, Names.Start start) throws TemplateException {
    if (start == Names.Start.PARAMETER) {
      return new Slot(Optional.empty());
    }
    Optional<Slot> inherited = outer.isPresent() ? outer.get().slot(name) : Optional.empty();
    if (inherited.isPresent()) {
      return inherited.get();
    }
    boolean known = start == Names.Start.OUTER_OR_VARIABLE || readOutside(name);
    return new Slot(known ? rendering.variable(name) : Optional.empty());
  }

  private boolean readOutside(String name) throws TemplateException {
    for (Optional<Frame> at = outer; at.isPresent(); at = at.get().outer) {
      rendering.charge(Limits.HOP_WORK);
      if (at.get().names.read().contains(name)) {
        return true;
      }
    }
    return false;
  }

  private Optional<Slot> slot(String name) throws TemplateException {
    Frame at = this;
    while (true) {
      Slot slot = at.slots.get(name);
      if (slot != null) {
        if (at.left) {
          // Python's closures would see whatever the loop's variable was reused for.
          throw rendering.refused("'" + name + "' is used after the block that set it has ended");
        }
        return Optional.of(slot);
      }
      if (at.outer.isEmpty()) {
        return Optional.empty();
      }
      at = at.outer.get();
      rendering.charge(Limits.HOP_WORK);
    }
  }

  Value get(String name) throws TemplateException {
    Optional<Slot> slot = slot(name);
    Optional<Value> value = slot.isPresent() ? slot.get().value() : rendering.variable(name);
    return value.orElseGet(() -> new Value.Undefined("'" + name + "' is undefined"));
  }

  /// Assigns a name that this frame owns.
  void set(String name, Value value) {
    slots.put(name, new Slot(Optional.of(value)));
  }

  /// The block this frame belongs to has ended.
  void leave() {
    left = true;
  }
}

package plumbline.engine.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Sets the parameters of a macro from the arguments of a call (spec/template.md J9).
final class Parameters {
  private final Rendering rendering;
  private final Evaluator evaluator;

  Parameters(Rendering rendering, Evaluator evaluator) {
    this.rendering = rendering;
    this.evaluator = evaluator;
  }

  void set(Value.Macro macro, Arguments arguments, Frame frame) throws TemplateException {
    Map<String, Value> named = new LinkedHashMap<>(arguments.named());
    List<String> parameters = macro.signature().parameters();
    List<Integer> missing = new ArrayList<>();
    for (int i = 0; i < parameters.size(); i++) {
      String name = parameters.get(i);
      if (i < arguments.positional().size()) {
        frame.set(name, arguments.positional().get(i));
      } else if (named.containsKey(name)) {
        frame.set(name, named.remove(name));
      } else {
        missing.add(i);
      }
    }
    special(macro, arguments.positional(), named, frame);
    for (int index : missing) {
      frame.set(parameters.get(index), absent(macro.signature(), index, frame));
    }
  }

  /// The default, which sees the parameters before it.
  private Value absent(Node.Signature signature, int index, Frame frame)
      throws TemplateException {
    int withoutDefault = signature.parameters().size() - signature.defaults().size();
    return index >= withoutDefault
        ? evaluator.value(signature.defaults().get(index - withoutDefault), frame)
        : new Value.Undefined(
            "the parameter '" + signature.parameters().get(index) + "' was not given");
  }

  /// `caller`, `kwargs` and `varargs`, for a macro that reads them.
  private void special(
      Value.Macro macro, List<Value> positional, Map<String, Value> named, Frame frame)
      throws TemplateException {
    Node.Signature signature = macro.signature();
    if (signature.takesCaller()) {
      Value caller = named.remove("caller");
      frame.set("caller", caller != null ? caller : new Value.Undefined("no caller is defined"));
    }
    if (signature.takesNamed()) {
      frame.set("kwargs", Functions.dict(rendering, new Arguments(List.of(), named)));
    } else if (!named.isEmpty()) {
      throw rendering.refused(
          Texts.message(
              "the macro '%s' takes no argument '%s'",
              macro.name(), named.keySet().iterator().next()));
    }
    int count = signature.parameters().size();
    boolean more = positional.size() > count;
    if (signature.takesMore()) {
      List<Value> rest = more ? positional.subList(count, positional.size()) : List.of();
      frame.set("varargs", new Value.TupleOf(List.copyOf(rest)));
    } else if (more) {
      throw rendering.refused(
          Texts.message(
              "the macro '%s' takes %s arguments, %s given",
              macro.name(), count, positional.size()));
    }
  }
}

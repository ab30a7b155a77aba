package plumbline.engine.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Runs statements and calls macros.
final class Runner {
  private final Rendering rendering;
  private final Evaluator evaluator;
  private final Iteration iteration;

  Runner(Rendering rendering) {
    this.rendering = rendering;
    this.evaluator = new Evaluator(rendering, this);
    this.iteration = new Iteration(rendering);
  }

  /// How a body ended.
  enum End {
    REACHED,
    BREAK,
    CONTINUE
  }

  End run(List<Node> nodes, Frame frame, TextBuilder out) throws TemplateException {
    for (Node node : nodes) {
      rendering.enter(node.line());
      End end = run(node, frame, out);
      rendering.leave(node.line());
      if (end != End.REACHED) {
        return end;
      }
    }
    return End.REACHED;
  }

  private End run(Node node, Frame frame, TextBuilder out) throws TemplateException {
    switch (node) {
      case Node.Data data -> out.append(data.text());
      case Node.Output output -> {
        for (Expr value : output.values()) {
          out.append(evaluator.text(value, frame));
        }
      }
      case Node.Assign assign -> {
        Value value = evaluator.value(assign.value(), frame);
        assign(assign.target(), value, frame);
      }
      case Node.AssignBlock block -> {
        return assignBlock(block, frame);
      }
      case Node.If branching -> {
        return branch(branching, frame, out);
      }
      case Node.For loop -> {
        return loop(loop, evaluator.value(loop.items(), frame), frame, out, 0);
      }
      case Node.MacroOf macro ->
          frame.set(macro.name(), new Value.Macro(macro.name(), macro.signature(), frame));
      case Node.CallBlock block -> {
        Value.Macro body = new Value.Macro("", block.signature(), frame);
        Value text =
            block.call().isPresent()
                ? evaluator.call(block.call().get(), frame, Optional.of(body))
                : call(body, Arguments.NONE);
        out.append(new Repr(rendering).str(text));
      }
      case Node.With with -> {
        return with(with, frame, out);
      }
      case Node.FilterBlock block -> {
        return filterBlock(block, frame, out);
      }
      case Node.Break _ -> {
        return End.BREAK;
      }
      case Node.Continue _ -> {
        return End.CONTINUE;
      }
    }
    return End.REACHED;
  }

  private End branch(Node.If branching, Frame frame, TextBuilder out) throws TemplateException {
    for (Node.Branch branch : branching.branches()) {
      if (evaluator.truth(branch.test(), frame)) {
        return run(branch.body(), frame, out);
      }
    }
    return run(branching.otherwise(), frame, out);
  }

  private Frame inside(Frame outer, Names names) throws TemplateException {
    return new Frame(rendering, Optional.of(outer), names);
  }

  private End assignBlock(Node.AssignBlock block, Frame frame) throws TemplateException {
    Frame inner = inside(frame, block.names());
    TextBuilder captured = rendering.builder();
    End end = run(block.body(), inner, captured);
    if (end != End.REACHED) {
      return end;
    }
    Value text = captured.toText();
    if (block.filter().isPresent()) {
      text = evaluator.filtered(block.filter().get(), text, inner);
    }
    inner.leave();
    assign(block.target(), text, frame);
    return End.REACHED;
  }

  private End filterBlock(Node.FilterBlock block, Frame frame, TextBuilder out)
      throws TemplateException {
    Frame inner = inside(frame, block.names());
    TextBuilder captured = rendering.builder();
    End end = run(block.body(), inner, captured);
    if (end == End.REACHED) {
      Value text = evaluator.filtered(block.filter(), captured.toText(), inner);
      out.append(new Repr(rendering).str(text));
    }
    inner.leave();
    return end;
  }

  private End with(Node.With with, Frame frame, TextBuilder out) throws TemplateException {
    Frame inner = inside(frame, with.names());
    for (int i = 0; i < with.targets().size(); i++) {
      assign(with.targets().get(i), evaluator.value(with.values().get(i), frame), inner);
    }
    End end = run(with.body(), inner, out);
    inner.leave();
    return end;
  }

  private void assign(Node.Target target, Value value, Frame frame) throws TemplateException {
    switch (target) {
      case Node.Target.Variable variable -> frame.set(variable.name(), value);
      case Node.Target.NamespaceField field -> {
        if (!(frame.get(field.namespace()) instanceof Value.Namespace namespace)) {
          throw rendering.refused(
              Texts.message(
                  "'%s.%s' is assigned to, but that is no namespace",
                  field.namespace(), field.field()));
        }
        namespace.fields().put(field.field(), value);
      }
      case Node.Target.Unpacked unpacked -> {
        List<Value> parts = unpacked(value, unpacked.targets().size());
        for (int i = 0; i < parts.size(); i++) {
          assign(unpacked.targets().get(i), parts.get(i), frame);
        }
      }
    }
  }

  private List<Value> unpacked(Value value, int count) throws TemplateException {
    Value.Source source = iteration.source(value, "unpacking");
    List<Value> parts = new ArrayList<>();
    Optional<Value> part = source.next();
    while (part.isPresent() && parts.size() < count) {
      parts.add(part.get());
      part = source.next();
    }
    if (part.isPresent() || parts.size() < count) {
      throw rendering.refused(
          Texts.message(
              "a %s is unpacked into %s names, it has %s items",
              value.type(), count, part.isPresent() ? "more" : "only " + parts.size()));
    }
    return parts;
  }

  private End loop(Node.For node, Value items, Frame frame, TextBuilder out, int depth)
      throws TemplateException {
    Value.Source source = iteration.source(items, "'for'");
    boolean filters = node.test().isPresent();
    OptionalLong length = filters ? OptionalLong.empty() : items.length();
    Optional<Loop.Recursion> recursion =
        node.recursive()
            ? Optional.of((inner, level) -> recurse(node, inner, frame, level))
            : Optional.empty();
    Loop loop =
        new Loop(
            rendering, filters ? selected(node, source, frame) : source, length, depth, recursion);
    Value variable = new Value.LoopValue(loop);
    boolean reachedEnd = false;
    for (Optional<Value> item = loop.advance(); item.isPresent(); item = loop.advance()) {
      Frame inner = inside(frame, node.names().body());
      assign(node.target(), item.get(), inner);
      inner.set("loop", variable);
      End end = run(node.body(), inner, out);
      inner.leave();
      reachedEnd |= end == End.REACHED;
      if (end == End.BREAK) {
        break;
      }
    }
    // Jinja takes a loop none of whose passes reached the end of its body for one without items.
    if (reachedEnd || node.otherwise().isEmpty()) {
      return End.REACHED;
    }
    Frame inner = inside(frame, node.names().otherwise());
    End end = run(node.otherwise(), inner, out);
    inner.leave();
    return end;
  }

  private Value recurse(Node.For node, Value items, Frame frame, int depth)
      throws TemplateException {
    rendering.enter(node.line());
    TextBuilder out = rendering.builder();
    loop(node, items, frame, out, depth);
    rendering.leave(node.line());
    return out.toText();
  }

  /// The items for which `{% for ... if test %}` holds, each tested when it is asked for.
  private Value.Source selected(Node.For node, Value.Source source, Frame frame)
      throws TemplateException {
    Frame inner = inside(frame, node.names().test());
    return iteration.counted(
        () -> {
          for (Optional<Value> item = source.next(); item.isPresent(); item = source.next()) {
            assign(node.target(), item.get(), inner);
            if (evaluator.truth(node.test().orElseThrow(), inner)) {
              return Optional.of(repacked(node.target(), inner));
            }
          }
          return Optional.empty();
        });
  }

  /// What was unpacked comes out of the test as tuples.
  private Value repacked(Node.Target target, Frame frame) throws TemplateException {
    return switch (target) {
      case Node.Target.Variable variable -> frame.get(variable.name());
      case Node.Target.NamespaceField field ->
          throw rendering.refused("a loop over '" + field.namespace() + "." + field.field() + "'");
      case Node.Target.Unpacked unpacked -> {
        List<Value> parts = new ArrayList<>();
        for (Node.Target part : unpacked.targets()) {
          parts.add(repacked(part, frame));
        }
        yield new Value.TupleOf(parts);
      }
    };
  }

  /// Calls a macro or the body of a call block; the value is the text it writes.
  Value call(Value.Macro macro, Arguments arguments) throws TemplateException {
    rendering.descend();
    Frame frame = inside(macro.frame(), macro.signature().names());
    new Parameters(rendering, evaluator).set(macro, arguments, frame);
    TextBuilder out = rendering.builder();
    run(macro.signature().body(), frame, out);
    rendering.ascend();
    return out.toText();
  }
}

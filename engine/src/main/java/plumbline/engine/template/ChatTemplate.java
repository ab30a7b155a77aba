package plumbline.engine.template;

import java.time.LocalDateTime;
import java.util.Map;
import java.util.Optional;

/// A chat template, parsed: a Jinja template that turns the messages of a conversation into the
/// text a model reads (spec/template.md).
///
/// ```
/// ChatTemplate template = ChatTemplate.parse("{{ bos_token }}{% for m in messages %}...");
/// String prompt = template.render(Map.of("messages", messages, "bos_token", "<s>"));
/// ```
///
/// It renders what jinja2 3.1.6 renders, set up as transformers sets it up, or refuses; it has no
/// access to anything but its arguments. Templates come with models and are not trusted: every
/// fault and every limit passed is a `TemplateException`. Instances are immutable and can be shared
/// between threads.
public final class ChatTemplate {
  private final StatementParser.Root root;

  private ChatTemplate(StatementParser.Root root) {
    this.root = root;
  }

  /// Parses the source of a template, as `tokenizer.chat_template` holds it.
  public static ChatTemplate parse(String source) throws TemplateException {
    return new ChatTemplate(StatementParser.parse(source));
  }

  /// Renders without a clock: a template that asks for the date is refused.
  ///
  /// @param variables values are `String`, `Integer`, `Long`, `BigInteger`, `Double`, `Boolean`,
  ///     null, `List` and `Map` with text as keys; the order of a map's entries is kept
  public String render(Map<String, Object> variables) throws TemplateException {
    return render(variables, Optional.empty());
  }

  /// Renders with the date and time that `strftime_now` writes. The prompt depends on it, so
  /// whoever must be able to render the same text again has to keep it.
  public String render(Map<String, Object> variables, Optional<LocalDateTime> clock)
      throws TemplateException {
    Rendering rendering = new Rendering(Variables.of(variables), clock);
    TextBuilder out = rendering.builder();
    Frame frame = new Frame(rendering, Optional.empty(), root.names());
    new Runner(rendering).run(root.body(), frame, out);
    return out.toString();
  }
}

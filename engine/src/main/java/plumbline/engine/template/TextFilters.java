package plumbline.engine.template;

import java.util.List;

/// Filters that make text from text. What is no text is written as `str` does first.
final class TextFilters {
  private static final int TRUNCATE_LEEWAY = 5;

  private final Rendering rendering;
  private final CaseMapping cases;
  private final Repr repr;

  TextFilters(Rendering rendering) {
    this.rendering = rendering;
    this.cases = new CaseMapping(rendering);
    this.repr = new Repr(rendering);
  }

  Value apply(String name, Value input, Arguments arguments) throws TemplateException {
    if (input instanceof Value.Safe safe) {
      return applySafe(name, safe, arguments);
    }
    return switch (name) {
      case "string" -> {
        arguments.bind(rendering, name, 0);
        yield input instanceof Value.Text ? input : rendering.text(repr.str(input));
      }
      case "safe" -> {
        arguments.bind(rendering, name, 0);
        yield new Value.Safe(rendering.read(repr.str(input)));
      }
      case "e", "escape", "forceescape" -> {
        arguments.bind(rendering, name, 0);
        yield escaped(repr.str(input));
      }
      case "upper" -> plain(name, arguments, cases.upper(repr.str(input)));
      case "lower" -> plain(name, arguments, cases.lower(repr.str(input)));
      case "capitalize" -> plain(name, arguments, cases.capitalized(repr.str(input)));
      case "title" -> plain(name, arguments, cases.titledWords(repr.str(input)));
      case "wordcount" -> {
        arguments.bind(rendering, name, 0);
        yield wordCount(repr.str(input));
      }
      case "trim" -> {
        Arguments.Bound bound = arguments.bind(rendering, name, 0, "chars");
        yield TextMethods.stripped(
            rendering, repr.str(input), bound.value(0, Value.None.NONE), true, true);
      }
      case "replace" -> replaced(input, arguments);
      case "center" -> {
        int width = arguments.bind(rendering, name, 0, "width").integer(0, 80);
        yield TextMethods.centered(rendering, repr.str(input), width, " ");
      }
      case "format" -> formatted(repr.str(input), arguments);
      case "indent" -> indented(input, arguments);
      default -> truncated(input, arguments);
    };
  }

  /// Safe text stays so where that can be told; elsewhere it is refused, for what is added to it
  /// later would have to be escaped.
  private Value applySafe(String name, Value.Safe safe, Arguments arguments)
      throws TemplateException {
    return switch (name) {
      case "string", "safe", "e", "escape" -> {
        arguments.bind(rendering, name, 0);
        yield safe;
      }
      case "upper" -> new Value.Safe(cases.upper(safe.text()));
      case "lower" -> new Value.Safe(cases.lower(safe.text()));
      case "trim" -> {
        arguments.bind(rendering, name, 0);
        String text = rendering.read(safe.text());
        yield new Value.Safe(Whitespace.stripLeading(Whitespace.stripTrailing(text)));
      }
      case "replace" -> replaced(safe, arguments);
      default -> throw rendering.wrongType("the filter '" + name + "'", safe);
    };
  }

  private Value plain(String name, Arguments arguments, String text) throws TemplateException {
    arguments.bind(rendering, name, 0);
    return rendering.text(text);
  }

  private Value escaped(String text) throws TemplateException {
    TextBuilder out = rendering.builder();
    Escaping.escape(text, out);
    return new Value.Safe(out.toString());
  }

  private Value wordCount(String text) throws TemplateException {
    cases.ascii(text, "'wordcount'");
    long words = 0;
    boolean inWord = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean word = CaseMapping.isLetter(c) || CaseMapping.isDigit(c) || c == '_';
      words += word && !inWord ? 1 : 0;
      inWord = word;
    }
    return Value.Int.of(words);
  }

  private Value replaced(Value input, Arguments arguments) throws TemplateException {
    Arguments.Bound bound = arguments.bind(rendering, "replace", 2, "old", "new", "count");
    int count = bound.isAbsentOrNone(2) ? -1 : bound.integer(2, -1);
    return TextMethods.replaced(
        rendering,
        repr.str(input),
        repr.str(bound.at(0).orElseThrow()),
        repr.str(bound.at(1).orElseThrow()),
        count);
  }

  private Value formatted(String format, Arguments arguments) throws TemplateException {
    if (!arguments.positional().isEmpty() && !arguments.named().isEmpty()) {
      throw rendering.refused("'format' takes positional or named arguments, not both");
    }
    Value values =
        arguments.named().isEmpty()
            ? new Value.TupleOf(arguments.positional())
            : Functions.dict(rendering, new Arguments(List.of(), arguments.named()));
    return new PercentFormat(rendering).formatted(format, values);
  }

  private Value indented(Value input, Arguments arguments) throws TemplateException {
    Arguments.Bound bound = arguments.bind(rendering, "indent", 0, "width", "first", "blank");
    if (!(input instanceof Value.Text text)) {
      throw rendering.wrongType("'indent'", input);
    }
    String indent =
        bound.value(0, Value.Int.of(4)) instanceof Value.Text given
            ? given.text()
            : rendering.builder().repeat(" ", bound.integer(0, 4)).toString();
    List<String> lines = TextMethods.lines(rendering, text.text() + "\n", false);
    TextBuilder out = rendering.builder();
    out.append(bound.truth(1) ? indent : "").append(lines.getFirst());
    for (String line : lines.subList(1, lines.size())) {
      out.append('\n').append(line.isEmpty() && !bound.truth(2) ? "" : indent).append(line);
    }
    return out.toText();
  }

  private Value truncated(Value input, Arguments arguments) throws TemplateException {
    Arguments.Bound bound =
        arguments.bind(rendering, "truncate", 0, "length", "killwords", "end", "leeway");
    int length = bound.integer(0, 255);
    String end = bound.text(2, "...");
    int leeway = bound.isAbsentOrNone(3) ? TRUNCATE_LEEWAY : bound.integer(3, 0);
    int kept = length - Texts.length(end);
    if (kept < 0 || leeway < 0) {
      throw rendering.refused(Texts.message("'truncate' to %s characters is too short", length));
    }
    if (input instanceof Value.Undefined) {
      return input;
    }
    if (!(input instanceof Value.Text text)) {
      throw rendering.wrongType("'truncate'", input);
    }
    if (Texts.length(rendering.read(text.text())) <= (long) length + leeway) {
      return input;
    }
    String head = Texts.slice(text.text(), 0, kept);
    int space = head.lastIndexOf(' ');
    boolean wholeWords = !bound.truth(1) && space >= 0;
    return rendering
        .builder()
        .append(wholeWords ? head.substring(0, space) : head)
        .append(end)
        .toText();
  }
}

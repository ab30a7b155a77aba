package plumbline.engine.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Calls methods of text.
final class TextMethodTable {
  private final Rendering rendering;
  private final CaseMapping cases;

  TextMethodTable(Rendering rendering) {
    this.rendering = rendering;
    this.cases = new CaseMapping(rendering);
  }

  Value call(String text, String name, Arguments arguments) throws TemplateException {
    return switch (name) {
      case "upper", "lower", "casefold", "title", "capitalize", "swapcase" ->
          recased(text, name, arguments);
      case "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower",
              "isnumeric", "isspace", "isupper" ->
          is(text, name, arguments);
      case "strip", "lstrip", "rstrip" -> {
        Value chars =
            arguments.bind(rendering, name, 0, "/chars").value(0, Value.None.NONE);
        yield TextMethods.stripped(
            rendering, text, chars, !name.equals("rstrip"), !name.equals("lstrip"));
      }
      case "split", "rsplit" -> split(text, name, arguments);
      case "splitlines" -> {
        boolean keepEnds = arguments.bind(rendering, name, 0, "keepends").truth(0);
        List<Value> lines = new ArrayList<>();
        for (String line : TextMethods.lines(rendering, text, keepEnds)) {
          lines.add(new Value.Text(line));
        }
        yield new Value.ListOf(lines);
      }
      case "partition", "rpartition" -> partitioned(text, name, arguments);
      case "replace" -> {
        Arguments.Bound bound = arguments.bind(rendering, name, 2, "/old", "/new", "count");
        yield TextMethods.replaced(
            rendering, text, bound.text(0), bound.text(1), bound.integer(2, -1));
      }
      case "startswith", "endswith" -> affixed(text, name, arguments);
      case "removeprefix", "removesuffix" -> {
        String affix = arguments.bind(rendering, name, 1, "/affix").text(0);
        yield removed(text, affix, name.equals("removeprefix"));
      }
      case "find", "index", "rfind", "rindex", "count" -> found(text, name, arguments);
      case "join" -> joined(text, arguments);
      case "center", "ljust", "rjust", "zfill" -> padded(text, name, arguments);
      case "format" -> new BraceFormat(rendering).formatted(text, arguments);
      default ->
          throw rendering.refused("the method '" + name + "' of str is not supported");
    };
  }

  private Value recased(String text, String name, Arguments arguments)
      throws TemplateException {
    arguments.bind(rendering, name, 0);
    return rendering.text(
        switch (name) {
          case "upper" -> cases.upper(text);
          case "title" -> cases.titled(text);
          case "capitalize" -> cases.capitalized(text);
          case "swapcase" -> cases.swapped(text);
          default -> cases.lower(text);
        });
  }

  private Value is(String text, String name, Arguments arguments) throws TemplateException {
    arguments.bind(rendering, name, 0);
    rendering.charge(text.length());
    return Value.Bool.of(
        switch (name) {
          case "islower" -> cases.isAllOf(text, false);
          case "isupper" -> cases.isAllOf(text, true);
          case "isascii" -> Texts.isAscii(text);
          case "isspace" -> Whitespace.isAllSpace(text, 0);
          case "isidentifier" ->
              !cases.ascii(text, "'isidentifier'").isEmpty()
                  && !CaseMapping.isDigit(text.charAt(0))
                  && all(text.replace('_', 'a'), true, true);
          case "isalpha" -> all(cases.ascii(text, "'isalpha'"), true, false);
          case "isalnum" -> all(cases.ascii(text, "'isalnum'"), true, true);
          default -> all(cases.ascii(text, "'" + name + "'"), false, true);
        });
  }

  private static boolean all(String text, boolean letters, boolean digits) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!(letters && CaseMapping.isLetter(c)) && !(digits && CaseMapping.isDigit(c))) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  private Value split(String text, String name, Arguments arguments) throws TemplateException {
    Arguments.Bound bound = arguments.bind(rendering, name, 0, "sep", "maxsplit");
    int splits = bound.integer(1, -1);
    Optional<String> separator =
        bound.isAbsentOrNone(0) ? Optional.empty() : Optional.of(bound.text(0));
    if (separator.isPresent() && separator.get().isEmpty()) {
      throw rendering.refused("'" + name + "' at an empty separator");
    }
    boolean right = name.equals("rsplit");
    String source = right ? Texts.reversed(text) : text;
    List<Value> pieces =
        separator.isEmpty()
            ? TextMethods.words(rendering, source, splits)
            : TextMethods.pieces(
                rendering,
                source,
                right ? Texts.reversed(separator.get()) : separator.get(),
                splits);
    return new Value.ListOf(right ? TextMethods.fromRight(pieces) : pieces);
  }

  private Value partitioned(String text, String name, Arguments arguments)
      throws TemplateException {
    String separator = arguments.bind(rendering, name, 1, "/sep").text(0);
    if (separator.isEmpty()) {
      throw rendering.refused("'" + name + "' at an empty separator");
    }
    boolean right = name.equals("rpartition");
    int at = right ? lastIndex(text, separator) : firstIndex(text, separator);
    Value none = new Value.Text("");
    if (at < 0) {
      Value whole = new Value.Text(text);
      return new Value.TupleOf(right ? List.of(none, none, whole) : List.of(whole, none, none));
    }
    return new Value.TupleOf(
        List.of(
            rendering.text(text.substring(0, at)),
            rendering.text(separator),
            rendering.text(text.substring(at + separator.length()))));
  }

  private int firstIndex(String text, String sought) throws TemplateException {
    rendering.charge((long) text.length() + sought.length());
    return Texts.indexOf(text, sought, 0);
  }

  private int lastIndex(String text, String sought) throws TemplateException {
    rendering.charge((long) text.length() + sought.length());
    int at = Texts.indexOf(Texts.reversed(text), Texts.reversed(sought), 0);
    return at < 0 ? -1 : text.length() - at - sought.length();
  }

  /// The part of a text that optional bounds leave; empty when they leave not even an empty one.
  private Optional<int[]> span(String text, Arguments.Bound bound) throws TemplateException {
    int length = Texts.length(rendering.read(text));
    int from = bound.isAbsentOrNone(1) ? 0 : clipped(bound.integer(1, 0), length);
    int to = bound.isAbsentOrNone(2) ? length : clipped(bound.integer(2, 0), length);
    boolean beyond = !bound.isAbsentOrNone(1) && bound.integer(1, 0) > length;
    return beyond || from > to ? Optional.empty() : Optional.of(new int[] {from, to});
  }

  private static int clipped(int bound, int length) {
    return bound < 0 ? Math.max(0, bound + length) : Math.min(bound, length);
  }

  private Value affixed(String text, String name, Arguments arguments)
      throws TemplateException {
    Arguments.Bound bound = arguments.bind(rendering, name, 1, "/affix", "/start", "/end");
    List<Value> affixes =
        bound.at(0).orElseThrow() instanceof Value.TupleOf tuple
            ? tuple.items()
            : List.of(bound.at(0).orElseThrow());
    Optional<int[]> span = span(text, bound);
    String part = span.isEmpty() ? "" : Texts.slice(text, span.get()[0], span.get()[1]);
    boolean found = false;
    for (Value affix : affixes) {
      if (!(affix instanceof Value.Text sought)) {
        throw rendering.wrongType("'" + name + "'", affix);
      }
      rendering.charge(sought.text().length() + 1L);
      if (span.isPresent() && !found) {
        found =
            name.equals("startswith")
                ? part.startsWith(sought.text())
                : part.endsWith(sought.text());
      }
    }
    return Value.Bool.of(found);
  }

  private Value removed(String text, String affix, boolean prefix) throws TemplateException {
    boolean there = prefix ? text.startsWith(affix) : text.endsWith(affix);
    if (!there) {
      return rendering.text(text);
    }
    return rendering.text(
        prefix
            ? text.substring(affix.length())
            : text.substring(0, text.length() - affix.length()));
  }

  private Value found(String text, String name, Arguments arguments) throws TemplateException {
    Arguments.Bound bound = arguments.bind(rendering, name, 1, "/sub", "/start", "/end");
    String sought = bound.text(0);
    Optional<int[]> span = span(text, bound);
    String part = span.isEmpty() ? "" : Texts.slice(text, span.get()[0], span.get()[1]);
    if (name.equals("count")) {
      return Value.Int.of(span.isEmpty() ? 0 : count(part, sought));
    }
    boolean right = name.startsWith("r");
    int at =
        span.isEmpty() ? -1 : right ? lastIndex(part, sought) : firstIndex(part, sought);
    if (at < 0 && name.endsWith("index")) {
      throw rendering.refused("'" + name + "' of a text that is not there");
    }
    return Value.Int.of(at < 0 ? -1 : span.get()[0] + part.codePointCount(0, at));
  }

  private long count(String text, String sought) throws TemplateException {
    rendering.charge((long) text.length() + sought.length());
    if (sought.isEmpty()) {
      return Texts.length(text) + 1L;
    }
    Texts.Search search = Texts.search(sought);
    long count = 0;
    for (int at = search.in(text, 0); at >= 0; at = search.in(text, at + sought.length())) {
      count++;
    }
    return count;
  }

  private Value joined(String separator, Arguments arguments) throws TemplateException {
    Value items = arguments.bind(rendering, "join", 1, "/iterable").at(0).orElseThrow();
    TextBuilder out = rendering.builder();
    Value.Source source = new Iteration(rendering).source(items, "'join'");
    boolean first = true;
    for (Optional<Value> next = source.next(); next.isPresent(); next = source.next()) {
      Value item = next.get();
      out.append(first ? "" : separator)
          .append(
              Comparison.textOf(item)
                  .orElseThrow(() -> rendering.wrongType("the method 'join'", item)));
      first = false;
    }
    return out.toText();
  }

  private Value padded(String text, String name, Arguments arguments) throws TemplateException {
    if (name.equals("zfill")) {
      int width = arguments.bind(rendering, name, 1, "/width").integer(0, 0);
      return TextMethods.zeroFilled(rendering, text, width);
    }
    Arguments.Bound bound = arguments.bind(rendering, name, 1, "/width", "/fillchar");
    String fill = bound.text(1, " ");
    if (Texts.length(fill) != 1) {
      throw rendering.refused("'" + name + "' pads with one character");
    }
    int width = bound.integer(0, 0);
    if (name.equals("center")) {
      return TextMethods.centered(rendering, text, width, fill);
    }
    int padding = Math.max(0, width - Texts.length(text));
    TextBuilder out = rendering.builder();
    return name.equals("ljust")
        ? out.append(text).repeat(fill, padding).toText()
        : out.repeat(fill, padding).append(text).toText();
  }
}

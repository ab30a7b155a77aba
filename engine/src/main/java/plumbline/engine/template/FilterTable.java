package plumbline.engine.template;

import java.util.Optional;
import java.util.Set;

/// All filters by name (spec/template.md J10).
final class FilterTable {
  /// The filters of Jinja 3.1.6, whether they are supported here or not.
  static final Set<String> KNOWN =
      Set.of(
          ("abs attr batch capitalize center count d default dictsort e escape filesizeformat"
                  + " first float forceescape format groupby indent int items join last length"
                  + " list lower map max min pprint random reject rejectattr replace reverse"
                  + " round safe select selectattr slice sort string striptags sum title tojson"
                  + " trim truncate unique upper urlencode urlize wordcount wordwrap xmlattr")
              .split(" "));

  private final Rendering rendering;
  private final TextFilters texts;
  private final NumberFilters numbers;
  private final SequenceFilters sequences;
  private final SelectionFilters selections;
  private final SortingFilters sorting;

  FilterTable(Rendering rendering, TestTable tests) {
    this.rendering = rendering;
    this.texts = new TextFilters(rendering);
    this.numbers = new NumberFilters(rendering);
    this.sequences = new SequenceFilters(rendering);
    this.selections = new SelectionFilters(rendering, this, tests);
    this.sorting = new SortingFilters(rendering);
  }

  Value apply(String name, Value input, Arguments arguments) throws TemplateException {
    return switch (name) {
      case "capitalize", "center", "e", "escape", "forceescape", "format", "indent", "lower",
              "replace", "safe", "string", "title", "trim", "truncate", "upper", "wordcount" ->
          texts.apply(name, input, arguments);
      case "abs", "float", "int", "round", "sum" -> numbers.apply(name, input, arguments);
      case "batch", "count", "first", "items", "join", "last", "length", "list", "reverse",
              "slice" ->
          sequences.apply(name, input, arguments);
      case "map", "reject", "rejectattr", "select", "selectattr" ->
          selections.apply(name, input, arguments);
      case "dictsort", "max", "min", "sort", "unique" -> sorting.apply(name, input, arguments);
      case "d", "default" -> defaulted(input, arguments);
      case "attr" -> attribute(input, arguments);
      case "tojson" -> json(input, arguments);
      default -> throw rendering.refused(refusal(name));
    };
  }

  private static String refusal(String name) {
    return KNOWN.contains(name)
        ? "the filter '" + name + "' is not supported"
        : "there is no filter named '" + name + "'";
  }

  private Value defaulted(Value input, Arguments arguments) throws TemplateException {
    Arguments.Bound bound = arguments.bind(rendering, "default", 0, "default_value", "boolean");
    boolean absent =
        input instanceof Value.Undefined || (bound.truth(1) && !Comparison.truth(input));
    return absent ? bound.value(0, new Value.Text("")) : input;
  }

  private Value attribute(Value input, Arguments arguments) throws TemplateException {
    String name = arguments.bind(rendering, "attr", 1, "name").text(0);
    return new Lookup(rendering)
        .ownAttribute(input, name)
        .orElse(new Value.Undefined(input.type() + " has no '" + Texts.brief(name) + "'"));
  }

  private Value json(Value input, Arguments arguments) throws TemplateException {
    Arguments.Bound bound =
        arguments.bind(
            rendering, "tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
    Optional<String> indent = Optional.empty();
    if (!bound.isAbsentOrNone(1)) {
      indent =
          Optional.of(
              bound.at(1).get() instanceof Value.Text text
                  ? text.text()
                  : rendering.builder().repeat(" ", bound.integer(1, 0)).toString());
    }
    String comma = indent.isPresent() ? "," : ", ";
    String colon = ": ";
    if (!bound.isAbsentOrNone(2)) {
      if (!(bound.at(2).get() instanceof Value.Sequence pair)
          || pair.items().size() != 2
          || !(pair.items().get(0) instanceof Value.Text first)
          || !(pair.items().get(1) instanceof Value.Text second)) {
        throw rendering.refused("'separators' of 'tojson' must be two texts");
      }
      comma = first.text();
      colon = second.text();
    }
    Json.Style style = new Json.Style(bound.truth(0), indent, comma, colon, bound.truth(3));
    return new Json(rendering, style).written(input);
  }
}

package plumbline.engine.template;

import java.util.Optional;

/// `'{} {name.field[0]!r}'.format(...)`; a format specification after `:` is refused.
final class BraceFormat {
  private static final int INDEX_DIGITS_MAX = 6;

  private final Rendering rendering;
  private final Lookup lookup;
  private final Repr repr;
  private int automatic;
  private boolean counted;
  private boolean numbered;

  BraceFormat(Rendering rendering) {
    this.rendering = rendering;
    this.lookup = new Lookup(rendering);
    this.repr = new Repr(rendering);
  }

  Value formatted(String format, Arguments arguments) throws TemplateException {
    TextBuilder out = rendering.builder();
    int at = 0;
    while (at < format.length()) {
      char c = format.charAt(at);
      if (c != '{' && c != '}') {
        out.append(c);
        at++;
      } else if (at + 1 < format.length() && format.charAt(at + 1) == c) {
        out.append(c);
        at += 2;
      } else {
        int end = c == '{' ? format.indexOf('}', at) : -1;
        if (end < 0) {
          throw rendering.refused("a single '" + c + "' in a format");
        }
        out.append(field(format.substring(at + 1, end), arguments));
        at = end + 1;
      }
    }
    return out.toText();
  }

  private String field(String field, Arguments arguments) throws TemplateException {
    rendering.charge(Limits.STEP_WORK);
    int mark = field.indexOf('!');
    String path = mark < 0 ? field : field.substring(0, mark);
    String conversion = mark < 0 ? "" : field.substring(mark + 1);
    if (field.indexOf(':') >= 0 || field.indexOf('{') >= 0) {
      throw rendering.refused("the format specification in '{" + field + "}' is not supported");
    }
    int nameEnd = 0;
    while (nameEnd < path.length() && ".[".indexOf(path.charAt(nameEnd)) < 0) {
      nameEnd++;
    }
    Value value = argument(path.substring(0, nameEnd), path.length() > nameEnd, arguments);
    value = followed(value, path, nameEnd);
    return switch (conversion) {
      case "", "s" -> repr.str(value);
      case "r" -> repr.repr(value);
      default -> throw rendering.refused("the conversion '!" + conversion + "' is not supported");
    };
  }

  private Value argument(String name, boolean followed, Arguments arguments)
      throws TemplateException {
    Optional<Integer> index = index(name);
    if (name.isEmpty() && followed) {
      throw rendering.refused("a field of a format without a name");
    }
    counted |= name.isEmpty();
    numbered |= index.isPresent();
    if (counted && numbered) {
      throw rendering.refused("a format both numbers its fields and counts them");
    }
    if (name.isEmpty() || index.isPresent()) {
      int place = index.isPresent() ? index.get() : automatic++;
      if (place >= arguments.positional().size()) {
        throw rendering.refused("a format asks for value " + place + ", which is not given");
      }
      return arguments.positional().get(place);
    }
    Value value = arguments.named().get(name);
    if (value == null) {
      throw rendering.refused("a format asks for '" + name + "', which is not given");
    }
    return value;
  }

  private Optional<Integer> index(String name) throws TemplateException {
    new CaseMapping(rendering).ascii(name, "a field of a format");
    for (int i = 0; i < name.length(); i++) {
      if (!CaseMapping.isDigit(name.charAt(i))) {
        return Optional.empty();
      }
    }
    if (name.length() > INDEX_DIGITS_MAX) {
      throw rendering.refused("a field of a format with a number this large");
    }
    return name.isEmpty() ? Optional.empty() : Optional.of(Integer.valueOf(name));
  }

  private Value followed(Value start, String path, int from) throws TemplateException {
    Value value = start;
    int at = from;
    while (at < path.length()) {
      boolean item = path.charAt(at) == '[';
      int end = item ? path.indexOf(']', at) : at + 1;
      while (!item && end < path.length() && ".[".indexOf(path.charAt(end)) < 0) {
        end++;
      }
      if (end <= at + 1 || (!item && path.charAt(at) != '.')) {
        throw rendering.refused("a field of a format that is not closed");
      }
      String name = path.substring(at + 1, end);
      Optional<Integer> index = item ? index(name) : Optional.empty();
      value =
          item
              ? lookup.item(
                  value, index.isPresent() ? Value.Int.of(index.get()) : new Value.Text(name))
              : lookup.attribute(value, name);
      at = item ? end + 1 : end;
    }
    return value;
  }
}

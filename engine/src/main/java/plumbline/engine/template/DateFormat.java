package plumbline.engine.template;

import java.time.LocalDateTime;
import java.util.List;

/// `strftime_now(format)` over the clock that the caller passed, in English whatever the machine's
/// language is (spec/template.md J17).
final class DateFormat {
  private static final List<String> DAYS =
      List.of("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday");
  private static final List<String> MONTHS =
      List.of(
          "January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December");

  private final Rendering rendering;

  DateFormat(Rendering rendering) {
    this.rendering = rendering;
  }

  Value formatted(String format) throws TemplateException {
    LocalDateTime now =
        rendering
            .clock()
            .orElseThrow(
                () ->
                    rendering.refused(
                        "'strftime_now' needs a clock and none was passed: the text would depend"
                            + " on when it is made"));
    if (now.getYear() < 1000 || now.getYear() > 9999) {
      throw rendering.refused("'strftime_now' in the year " + now.getYear());
    }
    TextBuilder out = rendering.builder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%') {
        out.append(c);
        continue;
      }
      i++;
      boolean unpadded = i < format.length() && format.charAt(i) == '-';
      i += unpadded ? 1 : 0;
      char letter = i < format.length() ? format.charAt(i) : ' ';
      out.append(unpadded ? unpadded(letter, now) : field(letter, now));
    }
    return out.toText();
  }

  /// `%-d`: as the C library writes it, without leading zeros.
  private String unpadded(char letter, LocalDateTime now) throws TemplateException {
    if ("dmHIMSjy".indexOf(letter) < 0) {
      throw refused("-...");
    }
    return Integer.toString(Integer.parseInt(field(letter, now)));
  }

  private String field(char letter, LocalDateTime now) throws TemplateException {
    String day = DAYS.get(now.getDayOfWeek().getValue() - 1);
    String month = MONTHS.get(now.getMonthValue() - 1);
    int hour12 = (now.getHour() + 11) % 12 + 1;
    return switch (letter) {
      case 'a' -> day.substring(0, 3);
      case 'A' -> day;
      case 'b', 'h' -> month.substring(0, 3);
      case 'B' -> month;
      case 'd' -> padded(now.getDayOfMonth(), 2, '0');
      case 'e' -> padded(now.getDayOfMonth(), 2, ' ');
      case 'm' -> padded(now.getMonthValue(), 2, '0');
      case 'y' -> padded(now.getYear() % 100, 2, '0');
      case 'Y' -> Integer.toString(now.getYear());
      case 'H' -> padded(now.getHour(), 2, '0');
      case 'I' -> padded(hour12, 2, '0');
      case 'M' -> padded(now.getMinute(), 2, '0');
      case 'S' -> padded(now.getSecond(), 2, '0');
      case 'f' -> padded(now.getNano() / 1000, 6, '0');
      case 'j' -> padded(now.getDayOfYear(), 3, '0');
      case 'p' -> now.getHour() < 12 ? "AM" : "PM";
      case 'u' -> Integer.toString(now.getDayOfWeek().getValue());
      case 'w' -> Integer.toString(now.getDayOfWeek().getValue() % 7);
      case 'F' -> field('Y', now) + "-" + field('m', now) + "-" + field('d', now);
      case 'T' -> field('H', now) + ":" + field('M', now) + ":" + field('S', now);
      case 'R' -> field('H', now) + ":" + field('M', now);
      case 'D' -> field('m', now) + "/" + field('d', now) + "/" + field('y', now);
      case '%' -> "%";
      default -> throw refused(String.valueOf(letter < 0x7f ? letter : '?'));
    };
  }

  private static String padded(int value, int width, char fill) {
    String digits = Integer.toString(value);
    return String.valueOf(fill).repeat(Math.max(0, width - digits.length())) + digits;
  }

  private TemplateException refused(String letter) {
    return rendering.refused("'strftime_now' does not support '%" + letter + "'");
  }
}

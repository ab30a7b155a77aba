package plumbline.engine.template;

/// Python's view of text, as code points, over Java's strings. Every string in a rendering is well
/// formed: lone surrogates are refused where text comes in, so no operation here can make one.
final class Texts {
  private static final int SHORT_NEEDLE_CHARS = 8;
  private static final int BRIEF_CHARS = 80;

  private Texts() {}

  static boolean hasLoneSurrogate(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return true;
      }
    }
    return false;
  }

  /// The character at an index, for messages.
  static String quoted(String text, int index) {
    int codePoint = text.codePointAt(index);
    return codePoint > 0x20 && codePoint < 0x7f
        ? "'" + (char) codePoint + "'"
        : "U+" + hex(codePoint, 4);
  }

  /// A message with each `%s` replaced by the next part. The JDK's own formatting depends on the
  /// locale and needs much stack, which a message about too deep a nesting may not have.
  static String message(String pattern, Object... parts) {
    StringBuilder message = new StringBuilder();
    int copied = 0;
    for (Object part : parts) {
      int mark = pattern.indexOf("%s", copied);
      message.append(pattern, copied, mark).append(part);
      copied = mark + 2;
    }
    return message.append(pattern, copied, pattern.length()).toString();
  }

  /// The beginning of a text, short enough to be made anew at every step.
  static String brief(String text) {
    return text.length() <= BRIEF_CHARS
        ? text
        : text.substring(0, text.offsetByCodePoints(0, BRIEF_CHARS / 2)) + " ...";
  }

  /// Lower-case hexadecimal digits, at least `width` of them.
  static String hex(int value, int width) {
    String digits = Integer.toHexString(value);
    return "0".repeat(Math.max(0, width - digits.length())) + digits;
  }

  static int hexDigit(char c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    char lower = (char) (c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }

  static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 0x7f) {
        return false;
      }
    }
    return true;
  }

  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /// The substring of the code points `from` (inclusive) to `to` (exclusive).
  static String slice(String text, int from, int to) {
    int begin = text.offsetByCodePoints(0, from);
    return text.substring(begin, text.offsetByCodePoints(begin, to - from));
  }

  static String reversed(String text) {
    return new StringBuilder(text).reverse().toString();
  }

  /// The first index of `needle` at or after `from`, or -1, in time linear in both: the JDK's own
  /// search takes the product, which a hostile template could make it pay.
  static int indexOf(String text, String needle, int from) {
    return search(needle).in(text, from);
  }

  /// A search prepared once for many calls.
  static Search search(String needle) {
    return new Search(needle);
  }

  /// A needle with its table of borders (Knuth, Morris and Pratt).
  static final class Search {
    private final String needle;
    private final int[] borders;

    private Search(String needle) {
      this.needle = needle;
      this.borders = needle.length() <= SHORT_NEEDLE_CHARS ? new int[0] : borders(needle);
    }

    private static int[] borders(String needle) {
      int[] borders = new int[needle.length()];
      int matched = 0;
      for (int i = 1; i < needle.length(); i++) {
        while (matched > 0 && needle.charAt(i) != needle.charAt(matched)) {
          matched = borders[matched - 1];
        }
        if (needle.charAt(i) == needle.charAt(matched)) {
          matched++;
        }
        borders[i] = matched;
      }
      return borders;
    }

    int in(String text, int from) {
      if (borders.length == 0) {
        return text.indexOf(needle, from);
      }
      int matched = 0;
      for (int i = from; i < text.length(); i++) {
        while (matched > 0 && text.charAt(i) != needle.charAt(matched)) {
          matched = borders[matched - 1];
        }
        if (text.charAt(i) == needle.charAt(matched)) {
          matched++;
        }
        if (matched == needle.length()) {
          return i - matched + 1;
        }
      }
      return -1;
    }
  }
}

package plumbline.engine.template;

/// Upper and lower case of ASCII. Characters without a case pass unchanged; a character outside
/// ASCII that has one is refused, for how it maps depends on the version of Unicode
/// (spec/template.md J14).
final class CaseMapping {
  private final Rendering rendering;

  CaseMapping(Rendering rendering) {
    this.rendering = rendering;
  }

  static boolean isLower(int c) {
    return c >= 'a' && c <= 'z';
  }

  static boolean isUpper(int c) {
    return c >= 'A' && c <= 'Z';
  }

  static boolean isLetter(int c) {
    return isLower(c) || isUpper(c);
  }

  static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  static char upper(char c) {
    return isLower(c) ? (char) (c - 0x20) : c;
  }

  static char lower(char c) {
    return isUpper(c) ? (char) (c + 0x20) : c;
  }

  static String lowerAscii(String text) {
    StringBuilder lowered = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      lowered.append(lower(text.charAt(i)));
    }
    return lowered.toString();
  }

  private static String upperAscii(String text) {
    StringBuilder raised = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      raised.append(upper(text.charAt(i)));
    }
    return raised.toString();
  }

  /// The text, once it is known to have no case outside ASCII.
  String checked(String text, String what) throws TemplateException {
    rendering.charge(text.length());
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 0x7f && CodePointSet.CASED.contains(text.codePointAt(i))) {
        throw rendering.refused(
            Texts.message(
                "%s of the character %s: only letters of ASCII can change case",
                what, Texts.quoted(text, i)));
      }
    }
    return text;
  }

  /// For questions whose answer outside ASCII depends on the version of Unicode.
  String ascii(String text, String what) throws TemplateException {
    rendering.charge(text.length());
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 0x7f) {
        throw rendering.refused(
            Texts.message(
                "%s of the character %s: only ASCII is supported",
                what, Texts.quoted(text, i)));
      }
    }
    return text;
  }

  String upper(String text) throws TemplateException {
    return upperAscii(checked(text, "upper case"));
  }

  String lower(String text) throws TemplateException {
    return lowerAscii(checked(text, "lower case"));
  }

  String capitalized(String text) throws TemplateException {
    String lowered = lower(text);
    return lowered.isEmpty() ? lowered : upper(lowered.charAt(0)) + lowered.substring(1);
  }

  String swapped(String text) throws TemplateException {
    StringBuilder swapped = new StringBuilder(checked(text, "swapped case"));
    for (int i = 0; i < swapped.length(); i++) {
      char c = swapped.charAt(i);
      swapped.setCharAt(i, isUpper(c) ? lower(c) : upper(c));
    }
    return swapped.toString();
  }

  /// The method `title`: every letter that does not follow a letter is raised.
  String titled(String text) throws TemplateException {
    StringBuilder titled = new StringBuilder(checked(text, "title case"));
    boolean inWord = false;
    for (int i = 0; i < titled.length(); i++) {
      char c = titled.charAt(i);
      titled.setCharAt(i, inWord ? lower(c) : upper(c));
      inWord = isLetter(c);
    }
    return titled.toString();
  }

  /// The filter `title`: words begin after spaces and after `- ( { [ <`.
  String titledWords(String text) throws TemplateException {
    StringBuilder titled = new StringBuilder(checked(text, "title case"));
    boolean starts = true;
    for (int i = 0; i < titled.length(); i++) {
      char c = titled.charAt(i);
      titled.setCharAt(i, starts ? upper(c) : lower(c));
      starts = Whitespace.isSpace(c) || "-({[<".indexOf(c) >= 0;
    }
    return titled.toString();
  }

  /// `islower` (or `isupper`): at least one letter, and none of the other case.
  boolean isAllOf(String text, boolean upper) throws TemplateException {
    checked(text, upper ? "'isupper'" : "'islower'");
    boolean letters = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (upper ? isLower(c) : isUpper(c)) {
        return false;
      }
      letters |= isLetter(c);
    }
    return letters;
  }
}

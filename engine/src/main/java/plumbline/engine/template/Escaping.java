package plumbline.engine.template;

/// HTML escapes as `markupsafe` writes them.
final class Escaping {
  private Escaping() {}

  static void escape(String text, TextBuilder out) throws TemplateException {
    int copied = 0;
    for (int i = 0; i < text.length(); i++) {
      String escape =
          switch (text.charAt(i)) {
            case '&' -> "&amp;";
            case '<' -> "&lt;";
            case '>' -> "&gt;";
            case '\'' -> "&#39;";
            case '"' -> "&#34;";
            default -> "";
          };
      if (!escape.isEmpty()) {
        out.append(text, copied, i).append(escape);
        copied = i + 1;
      }
    }
    out.append(text, copied, text.length());
  }
}

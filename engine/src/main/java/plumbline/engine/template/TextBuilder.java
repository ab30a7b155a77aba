package plumbline.engine.template;

/// Builds a text, charging for each piece before it is copied and refusing one that grows too long.
final class TextBuilder {
  private final Rendering rendering;
  private final StringBuilder text = new StringBuilder();

  TextBuilder(Rendering rendering) {
    this.rendering = rendering;
  }

  TextBuilder append(String piece) throws TemplateException {
    return append(piece, 0, piece.length());
  }

  TextBuilder append(String piece, int from, int to) throws TemplateException {
    reserve(to - from);
    text.append(piece, from, to);
    return this;
  }

  TextBuilder append(char c) throws TemplateException {
    reserve(1);
    text.append(c);
    return this;
  }

  TextBuilder repeat(String piece, long count) throws TemplateException {
    if (count <= 0 || piece.isEmpty()) {
      return this;
    }
    if (count > Limits.OUTPUT_CHARS_MAX) {
      throw tooLong();
    }
    reserve(count * piece.length());
    text.repeat(piece, (int) count);
    return this;
  }

  private void reserve(long characters) throws TemplateException {
    if (text.length() + characters > Limits.OUTPUT_CHARS_MAX) {
      throw tooLong();
    }
    // Made text is charged twice what read text is, for it stays in memory.
    rendering.charge(2 * characters);
  }

  private TemplateException tooLong() {
    return rendering.refused(
        Texts.message("a text grows beyond %s characters", Limits.OUTPUT_CHARS_MAX));
  }

  Value.Text toText() {
    return new Value.Text(text.toString());
  }

  @Override
  public String toString() {
    return text.toString();
  }
}

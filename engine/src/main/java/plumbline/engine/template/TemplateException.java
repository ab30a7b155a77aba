package plumbline.engine.template;

/// A chat template was refused: it does not parse, it asked for something this renderer does not
/// do, it passed a limit, or it called `raise_exception` itself (spec/template.md). The message
/// names the construct and the line of the template.
public final class TemplateException extends Exception {
  private static final long serialVersionUID = 1L;
  private static final int MESSAGE_CHARS_MAX = 2000;

  private final int line;
  private final boolean raisedByTemplate;

  TemplateException(int line, String what) {
    this(line, what, false);
  }

  TemplateException(int line, String what, boolean raisedByTemplate) {
    super("chat template, line " + line + ": " + shortened(what));
    this.line = line;
    this.raisedByTemplate = raisedByTemplate;
  }

  private static String shortened(String what) {
    if (what.length() <= MESSAGE_CHARS_MAX) {
      return what;
    }
    return what.substring(0, what.offsetByCodePoints(0, MESSAGE_CHARS_MAX / 2)) + " ...";
  }

  /// The line of the template, counted from 1; 0 when the fault lies in the variables.
  public int line() {
    return line;
  }

  /// Whether the template refused the conversation by calling `raise_exception`. The message then
  /// is the template's own, and the person to tell is whoever sent the request.
  public boolean raisedByTemplate() {
    return raisedByTemplate;
  }
}

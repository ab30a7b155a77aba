package plumbline.engine.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Random templates: whatever is in them, they are rendered, and twice the same, or refused.
final class TemplateFuzzTest {
  private static final List<String> PIECES =
      List.of(
          "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", " ", "\n", "'", "\"", "\\", "(", ")", "[",
          "]", "{", "}", ":", ",", ".", "|", "~", "*", "**", "//", "%", "=", "==", "<", "if ",
          "elif ", "else", "endif", "for i in ", "endfor", "recursive", "set x = ", "set x",
          "endset", "macro m(a, b=1)", "endmacro", "call m(1)", "endcall", "filter upper",
          "endfilter", "with x = 1", "endwith", "raw", "endraw", "generation", "endgeneration",
          "break", "continue", " in ", " not ", " is ", " and ", " or ", "defined", "none", "true",
          "namespace(x=1)", "range(3)", "loop", "loop.index", "loop.last", "loop(x)", "caller()",
          "messages", "x", "i", "m(2)", "1", "2.5", "'a'", "['a', 1]", "{'k': x}", ".items()",
          "|tojson", "|join(', ')", "|map('upper')", "|list", "|sort", "|length", "|string",
          ".split('a')", "[::-1]", "[0]", "é", "日", "😀", "\0", "\u2028", "{% if x %}",
          "{% endif %}", "{% for i in messages %}", "{% endfor %}", "{{ x }}", "{{- i -}}",
          "{% set x = i %}", "{% set n = namespace(v=0) %}", "{% set n.v = n.v + 1 %}");

  private static final Map<String, Object> VARIABLES =
      Map.of(
          "messages", List.of(Map.of("role", "user"), Map.of("role", "assistant")),
          "x", "text 日本 😀",
          "i", 3);

  private static String outcome(String template) {
    try {
      return ChatTemplate.parse(template).render(VARIABLES);
    } catch (TemplateException refused) {
      return "refused: " + refused.getMessage();
    }
  }

  private static void check(long seed, String template) {
    try {
      assertEquals(outcome(template), outcome(template), "seed " + seed);
    } catch (RuntimeException | StackOverflowError thrown) {
      fail("seed " + seed + ", template " + template, thrown);
    }
  }

  @Test
  void neverThrowsAnythingButTemplateException() {
    for (long seed = 0; seed < 5_000; seed++) {
      Random random = new Random(seed);
      StringBuilder template = new StringBuilder();
      for (int i = random.nextInt(24); i >= 0; i--) {
        template.append(PIECES.get(random.nextInt(PIECES.size())));
      }
      check(seed, template.toString());
      check(seed, "{{ " + template + " }}");
    }
  }

  @Test
  void neverThrowsAnythingButTemplateExceptionOnWellFormedTags() {
    List<String> values =
        List.of("x", "i", "messages", "1", "'a'", "none", "[x, 1]", "{'k': x}", "range(3)", "2.5",
            "(1, 'b')", "namespace(a=1)", "nothing", "messages|map(attribute='role')", "x.upper");
    List<String> filters = FilterTable.KNOWN.stream().sorted().toList();
    List<String> tests =
        TestTable.KNOWN.stream().filter(test -> test.matches("[a-z]+")).sorted().toList();
    List<String> operators =
        List.of("+", "-", "*", "/", "//", "%", "**", "~", "<", "==", "in", "and", "or");
    for (long seed = 0; seed < 5_000; seed++) {
      Random random = new Random(seed);
      String a = values.get(random.nextInt(values.size()));
      String b = values.get(random.nextInt(values.size()));
      String template =
          switch (random.nextInt(4)) {
            case 0 -> a + "|" + filters.get(random.nextInt(filters.size()));
            case 1 -> a + "|" + filters.get(random.nextInt(filters.size())) + "(" + b + ")";
            case 2 -> a + " is " + tests.get(random.nextInt(tests.size())) + "(" + b + ")";
            default -> a + " " + operators.get(random.nextInt(operators.size())) + " " + b;
          };
      check(seed, "{{ " + template + " }}");
      check(seed, "{% for y in (" + template + ") %}{{ y }}{{ loop.last }}{% endfor %}");
    }
  }
}

package plumbline.engine.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// The rules of spec/template.md; every expected text is what jinja2 3.1.6 renders.
final class ChatTemplateTest {
  private static final String SMOLLM2 =
      "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
          + "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by"
          + " Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' +"
          + " message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}"
          + "{{ '<|im_start|>assistant\n' }}{% endif %}";

  private static String render(String template, Map<String, Object> variables)
      throws TemplateException {
    return ChatTemplate.parse(template).render(variables);
  }

  private static String render(String template) throws TemplateException {
    return render(template, Map.of());
  }

  private static TemplateException refused(String template, Map<String, Object> variables) {
    return assertThrows(
        TemplateException.class, () -> render(template, variables), () -> "rendered " + template);
  }

  private static void refused(String template, String why) {
    TemplateException refusal = refused(template, Map.of("s", "text", "l", List.of(1, 2)));
    assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
  }

  private static Map<String, Object> message(String role, String content) {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("role", role);
    message.put("content", content);
    return message;
  }

  @Test
  void rendersTheTemplateOfSmolLm2() throws TemplateException {
    String text =
        render(
            SMOLLM2,
            Map.of("messages", List.of(message("user", "Hi")), "add_generation_prompt", true));
    assertEquals(
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
            + "<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
        text);
  }

  @Test
  void normalizesLineEndsAndDropsTheLastOneJ1() throws TemplateException {
    assertEquals("a\nb\nc\n", render("a\r\nb\rc\n\r\n"));
    refused("a\ud800b", "lone surrogate");
    refused("{{ '\\ud83d\\ude00' }}", "surrogate");
  }

  @Test
  void trimsAroundTagsJ2() throws TemplateException {
    assertEquals("a\n\nb", render("a\n  {% if 1 %}\n\n{% endif %}b"));
    assertEquals("ab", render("a \n {%- if 1 -%} \n b{% endif %}"));
    assertEquals("x  y", render("x {{ '' }} y"));
    assertEquals("xy", render("x {{- '' -}} y"));
    assertEquals("  1\n", render("  {%+ if 1 +%}1\n{% endif %}"));
    assertEquals("ab", render("a{# {{ nothing #}b"));
  }

  @Test
  void findsTheEndOfATagOutsideBracketsJ3() throws TemplateException {
    assertEquals("{'a': {}}", render("{{ {'a': {}} }}"));
    refused("{{ ) }}", "closes nothing");
    refused("{{ (1] }}", "closes nothing");
    refused("{{ é }}", "unexpected character");
    refused("{{ 1", "expected '}}'");
  }

  @Test
  void readsLiteralsJ4() throws TemplateException {
    assertEquals("A\té\\q", render("{{ '\\x41\\t\\u00e9\\q' }}"));
    assertEquals("255 5 8 1000 1.5 1e+16", render("{{ 0xff }} {{ 0b101 }} {{ 0o10 }} {{ 1_000 }} "
        + "{{ 1.5 }} {{ 1e16 }}"));
    refused("{{ '\\N{BULLET}' }}", "\\N");
    refused("{{ '\\é' }}", "backslash");
    refused("{{ 'abc }}", "not closed");
    refused("{{ 1e999 }}", "beyond a double");
  }

  @Test
  void keepsRawTextJ5() throws TemplateException {
    assertEquals("{{ a }}{% b", render("{% raw %}{{ a }}{% b{% endraw %}"));
    refused("{% raw %}{{ a }}", "endraw");
  }

  @Test
  void bindsOperatorsAsJinjaDoesJ6() throws TemplateException {
    assertEquals("64", render("{{ 2 ** 3 ** 2 }}"));
    assertEquals("4", render("{{ -2 ** 2 }}"));
    assertEquals("1 20", render("{{ 1 ~ ' ' ~ 2 * 10 }}"));
    assertEquals("True", render("{{ 1 < 2 < 3 }}"));
    assertEquals("b", render("{{ 'a' if false else 'b' if true else 'c' }}"));
    assertEquals("(1, 2)", render("{{ 1, 2 }}"));
    refused("{{ 1 2 }}", "expected '}}'");
    refused("{{ f(a=1, 2) }}", "wrong order");
    refused("{{ f(a=1, a=2) }}", "given twice");
    refused("{{ 1 is odd is even }}", "chained");
    refused("{{ l[1:2, 3] }}", "slice");
  }

  @Test
  void keepsAssignmentsInTheirFrameJ7() throws TemplateException {
    assertEquals("1 2 0", render("{% set x = 0 %}{% for i in [1, 2] %}{% set x = i %}{{ x }} "
        + "{% endfor %}{{ x }}"));
    assertEquals("2", render("{% set n = namespace(x=0) %}{% for i in [1, 2] %}"
        + "{% set n.x = n.x + 1 %}{% endfor %}{{ n.x }}"));
    // A name the frame assigns later hides the caller's variable from loops before it.
    assertEquals("[]", render("[{% for i in [1] %}{{ v }}{% endfor %}]{% set v = 1 %}",
        Map.of("v", "outer")));
    assertEquals("outer", render("{% if false %}{% set v = 1 %}{% endif %}{{ v }}",
        Map.of("v", "outer")));
    refused("{% set n = namespace() %}{% for i in [1] %}{% macro m() %}{{ i }}{% endmacro %}"
        + "{% set n.m = m %}{% endfor %}{{ n.m() }}", "has ended");
    refused("{% set s.x = 1 %}", "no namespace");
  }

  @Test
  void runsLoopsLazilyJ8() throws TemplateException {
    assertEquals("1", render("{% set n = namespace(go=true) %}{% for i in [1, 2] if n.go %}{{ i }}"
        + "{% set n.go = false %}{% endfor %}"));
    assertEquals("1else", render("{% for i in [1] %}{{ i }}{% break %}{% else %}else{% endfor %}"));
    assertEquals("1(2(3))", render("{% for i in [1, [2, [3]]] recursive %}{% if i is number %}"
        + "{{ i }}{% else %}({{ loop(i) }}){% endif %}{% endfor %}"));
    refused("{% break %}", "outside a loop");
    refused("{% for i in [1] %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}", "outside");
    refused("{% for loop in [1] %}{% endfor %}", "'loop' is assigned");
    refused("{% for a, b in [[1]] %}{% endfor %}", "unpacked");
    refused("{% for i in 5 %}{% endfor %}", "does not work on int");
    refused("{% for i in [1] %}{{ loop([1]) }}{% endfor %}", "not marked 'recursive'");
  }

  @Test
  void refusesStatementsThatChatTemplatesDoNotNeedJ8() {
    for (String tag : List.of("include 'x'", "extends 'x'", "import 'x' as y", "block b",
        "from 'x' import y", "autoescape true", "do f()", "trans", "elif x", "endfor")) {
      refused("{% " + tag + " %}", "the statement '");
    }
    refused("{% if 1 %}", "ends before {% endif %}");
    refused("\n\n{% nothing %}", "line 3");
    refused("{{ self.title() }}", "'self'");
  }

  @Test
  void passesArgumentsToMacrosJ9() throws TemplateException {
    String macro = "{% macro m(a, b=a) %}{{ a }}{{ b }}{{ varargs }}{{ kwargs }}{% endmacro %}";
    assertEquals("11(){}", render(macro + "{{ m(1) }}"));
    assertEquals("12(3,){'c': 4}", render(macro + "{{ m(1, 2, 3, c=4) }}"));
    assertEquals("[x]", render("{% macro m() %}[{{ caller() }}]{% endmacro %}"
        + "{% call m() %}x{% endcall %}"));
    refused("{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "takes 1 arguments, 2 given");
    refused("{% macro m(a) %}{% endmacro %}{{ m(b=1) }}", "takes no argument 'b'");
    refused("{% macro m(a=1, b) %}{% endmacro %}", "without a default");
    refused("{% macro m(caller) %}{% endmacro %}", "'caller'");
    refused("{% macro m() %}{% endmacro %}{% call m() %}{% endcall %}", "'caller'");
  }

  @Test
  void refusesUnknownNamesBeforeRenderingJ10() throws TemplateException {
    assertThrows(TemplateException.class, () -> ChatTemplate.parse("{{ 'a'|nothing }}"));
    assertThrows(TemplateException.class, () -> ChatTemplate.parse("{{ 1 is nothing }}"));
    assertEquals("", render("{% if false %}{{ 'a'|from_json }}{% endif %}"));
    refused("{% if true %}{{ 'a'|from_json }}{% endif %}", "no filter named 'from_json'");
    assertThrows(TemplateException.class, () -> ChatTemplate.parse(
        "{% if false %}{% for i in [] %}{{ 'a'|from_json }}{% endfor %}{% endif %}"));
  }

  @Test
  void refusesWhatIsKnownButNotSupportedJ10() throws TemplateException {
    for (String filter : List.of("filesizeformat", "groupby('a')", "pprint", "random",
        "striptags", "urlencode", "urlize", "wordwrap", "xmlattr")) {
      refused("{{ s|" + filter + " }}", "is not supported");
      assertEquals("", render("{% for i in [] %}{{ s|" + filter + " }}{% endfor %}"));
    }
    for (String function : List.of("cycler(1)", "joiner()", "lipsum()")) {
      refused("{{ " + function + " }}", "is not supported");
    }
    for (String method : List.of("encode()", "expandtabs()", "translate({})", "istitle()")) {
      refused("{{ s." + method + " }}", "is not supported");
    }
    refused("{{ '{:>5}'.format(s) }}", "specification");
    refused("{{ '%e' % 1.0 }}", "is not supported");
    refused("{{ 1000 is sameas 1000 }}", "sameas");
  }

  @Test
  void hidesMethodsThatChangeThingsJ10() throws TemplateException {
    assertEquals("False", render("{{ [].append is defined }}"));
    refused("{{ l.append(3) }}", "does not work on undefined");
    refused("{{ {}.update({'a': 1}) }}", "would change a dict");
    refused("{{ ''.__class__.__mro__ }}", "str has no '__class__'");
    assertEquals("", render("{{ ''.__class__ }}"));
  }

  @Test
  void refusesWhatUndefinedCannotDoJ11() throws TemplateException {
    assertEquals("[]0True", render("[{{ x }}]{{ x|length }}{{ x == y }}"));
    refused("{{ x.y }}", "'x' is undefined");
    refused("{{ x['y'] }}", "'x' is undefined");
    refused("{{ x + 1 }}", "undefined");
    refused("{{ x() }}", "undefined");
    refused("{{ x < 1 }}", "no order");
    refused("{{ x|tojson }}", "undefined");
    refused("{{ {}['a'].b }}", "dict has no 'a', and 'b' of it is asked for");
  }

  @Test
  void looksUpAttributesBeforeItemsJ11() throws TemplateException {
    Map<String, Object> variables = Map.of("d", Map.of("items", "x", "k", "y"));
    assertEquals("x y y", render("{{ d['items'] }} {{ d.k }} {{ d['k'] }}", variables));
    assertEquals("True", render("{{ d.items is callable }}", variables));
  }

  @Test
  void takesOnlyPlainVariablesJ11() throws TemplateException {
    Map<String, Object> nothing = new HashMap<>();
    nothing.put("v", null);
    assertEquals("None", render("{{ v }}", nothing));
    assertEquals("1 2 3 1.5 True [1]", render("{{ a }} {{ b }} {{ c }} {{ d }} {{ e }} {{ f }}",
        Map.of("a", 1, "b", 2L, "c", BigInteger.valueOf(3), "d", 1.5, "e", true,
            "f", List.of(1))));
    refused("{{ v }}", Map.of("v", new StringBuilder("x")));
    refused("{{ v }}", Map.of("v", Map.of(1, 2)));
    refused("{{ v }}", Map.of("v", Double.NaN));
    refused("{{ v }}", Map.of("v", "\udc00"));
    refused("{{ v }}", Map.of("v", Map.of("\ud800", 1)));
    refused("{{ v }}", Map.of("v", BigInteger.ONE.shiftLeft(2000)));
    Object deep = 1;
    for (int i = 0; i < 200; i++) {
      deep = List.of(deep);
    }
    refused("{{ v }}", Map.of("v", deep));
  }

  @Test
  void givesIteratorsThatEndJ11() throws TemplateException {
    assertEquals("[1] []", render("{% set i = [1]|map('int') %}{{ i|list }} {{ i|list }}"));
    refused("{{ l|map('string') }}", "cannot be printed");
    refused("{{ l|map('string')|length }}", "'length'");
    refused("{{ l|reverse|last }}", "'last'");
  }

  @Test
  void calculatesAsPythonDoesJ12() throws TemplateException {
    assertEquals("-4 2 -1.0 0.1", render("{{ -7 // 2 }} {{ -7 % 3 }} {{ -2.0 / 2 }} {{ 1 / 10 }}"));
    assertEquals("1267650600228229401496703205376", render("{{ 2 ** 100 }}"));
    assertEquals("True", render("{{ 9007199254740993 > 9007199254740992.0 }}"));
    assertEquals("{1: 'c'}", render("{{ {1: 'a', 1.0: 'b', true: 'c'} }}"));
    refused("{{ 1 / 0 }}", "division by zero");
    refused("{{ 1.0 % 0 }}", "division by zero");
    refused("{{ 2 ** -1 }}", "negative exponent");
    refused("{{ 2.0 ** 2 }}", "float");
    refused("{{ 9007199254740993 / 3 }}", "2**53");
    refused("{{ 1e308 * 10 }}", "finite");
    refused("{{ 'inf'|float }}", "finite");
    refused("{{ 1 + 'a' }}", "'+' does not work on int and str");
    refused("{{ [1, 'a']|sort }}", "no order");
    refused("{{ {[1]: 2} }}", "a key of a dict");
  }

  @Test
  void writesValuesAsPythonDoesJ13() throws TemplateException {
    assertEquals("[\"it's\", 'a\\n\\x00\\xa0é\\u200b日', None, 1.0, True, (1,)]",
        render("{{ [\"it's\", 'a\\n\\x00\\xa0é\\u200b日', none, 1.0, true, (1,)] }}"));
    assertEquals("1e-05 0.0001 1e+16 1e+22 5e-324 2e+23 123456.789",
        render("{{ 1e-5 }} {{ 1e-4 }} {{ 1e16 }} {{ 1e22 }} {{ 5e-324 }} {{ 2e23 }} "
            + "{{ 123456.789 }}"));
    assertEquals("{\"a\": \"é</\\u0001\", \"1\": [true, null]}",
        render("{{ {'a': 'é</\\x01', 1: [true, none]}|tojson }}"));
    refused("{{ namespace(a=1) }}", "cannot be printed");
    refused("{{ s.upper }}", "cannot be printed");
    refused("{{ range }}", "cannot be printed");
    refused("{{ [s|safe] }}", "cannot be printed");
    refused("{{ range(3)|tojson }}", "'tojson'");
  }

  @Test
  void changesTheCaseOfAsciiOnlyJ14() throws TemplateException {
    assertEquals("ABC 日本 😀", render("{{ 'abc 日本 😀'|upper }}"));
    for (String change : List.of("|upper", "|lower", "|title", "|capitalize", ".title()",
        ".swapcase()", ".casefold()", ".islower()")) {
      refused("{{ 'é'" + change + " }}", "U+00e9");
    }
    refused("{{ ['é', 'a']|sort }}", "U+00e9");
    refused("{{ 'é'|wordcount }}", "ASCII");
    refused("{{ '\u0663'|int }}", "ASCII");
    assertEquals("['a', 'é']", render("{{ ['é', 'a']|sort(case_sensitive=true) }}"));
  }

  @Test
  void takesCaseAndPrintabilityFromPinnedTablesJ15() throws TemplateException {
    // U+A7DC is a cased letter since Unicode 16, U+1C89 too: unassigned, so unprintable, in 15.1.
    assertEquals("['\\ua7dc', '\\u1c89', '\\u200b', 'é', '漢']",
        render("{{ ['\ua7dc', '\u1c89', '\u200b', 'é', '漢'] }}"));
    assertEquals("\ua7dc", render("{{ '\ua7dc'|upper }}"));
    refused("{{ 'ß'|upper }}", "U+00df");
  }

  @Test
  void doesNotDependOnTheLocale() throws TemplateException {
    Locale before = Locale.getDefault();
    String template =
        "{{ 'TITLE'|lower }} {{ 'title'|upper }} {{ 1.5 }} {{ '%d %.2f' % (7, 1.5) }}";
    try {
      for (String tag : List.of("tr-TR", "ar-EG-u-nu-arab", "hi-IN-u-nu-deva")) {
        Locale.setDefault(Locale.forLanguageTag(tag));
        assertEquals("title TITLE 1.5 7 1.50", render(template));
        assertTrue(refused("{{ range(200000) }}", Map.of()).getMessage().contains("100000"));
      }
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void writesTheDateOfTheClockItIsGivenJ17() throws TemplateException {
    ChatTemplate template = ChatTemplate.parse("{{ strftime_now('%d %b %Y, %A %-d %H:%M') }}");
    Optional<LocalDateTime> clock = Optional.of(LocalDateTime.of(2026, 3, 5, 7, 4));
    assertEquals("05 Mar 2026, Thursday 5 07:04", template.render(Map.of(), clock));
    TemplateException refusal =
        assertThrows(TemplateException.class, () -> template.render(Map.of()));
    assertTrue(refusal.getMessage().contains("needs a clock"), refusal.getMessage());
    ChatTemplate odd = ChatTemplate.parse("{{ strftime_now('%Q') }}");
    assertThrows(TemplateException.class, () -> odd.render(Map.of(), clock));
  }

  @Test
  void tellsWhenTheTemplateItselfRefuses() {
    TemplateException raised = refused("\n{{ raise_exception('No tools') }}", Map.of());
    assertTrue(raised.raisedByTemplate());
    assertEquals(2, raised.line());
    assertEquals("chat template, line 2: No tools", raised.getMessage());
    assertFalse(refused("{{ 1 / 0 }}", Map.of()).raisedByTemplate());
  }

  @Test
  void rendersTheSameTextEachTime() throws TemplateException {
    ChatTemplate template =
        ChatTemplate.parse("{% set n = namespace(x=d) %}{% set n.x = n.x.b %}{{ n.x }}{{ d }}");
    Map<String, Object> variables = new LinkedHashMap<>();
    Map<String, Object> inner = new LinkedHashMap<>();
    for (String key : Arrays.asList("z", "b", "a")) {
      inner.put(key, 1);
    }
    variables.put("d", inner);
    String first = template.render(variables);
    assertEquals("1{'z': 1, 'b': 1, 'a': 1}", first);
    assertEquals(first, template.render(variables));
  }
}

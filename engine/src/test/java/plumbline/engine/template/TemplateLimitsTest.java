package plumbline.engine.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Templates that try to take all of a machine's time, memory or stack (spec/template.md J16).
final class TemplateLimitsTest {
  private static final long STACK_BYTES = 512 * 1024;

  /// Refused, within seconds and half a MiB of stack.
  private static void refused(String template, String why) {
    List<String> messages = new ArrayList<>();
    Runnable rendering =
        () -> {
          TemplateException refusal =
              assertThrows(
                  TemplateException.class, () -> ChatTemplate.parse(template).render(Map.of()));
          messages.add(refusal.getMessage());
        };
    assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () -> {
          Thread thread = new Thread(null, rendering, "bomb", STACK_BYTES);
          thread.setUncaughtExceptionHandler((_, thrown) -> messages.add(thrown.toString()));
          thread.start();
          thread.join();
        });
    String start = template.substring(0, Math.min(80, template.length()));
    assertEquals(1, messages.size());
    assertTrue(messages.getFirst().contains(why), start + ": " + messages.getFirst());
  }

  private static String render(String template) throws TemplateException {
    return ChatTemplate.parse(template).render(Map.of());
  }

  @Test
  void refusesLongSources() throws TemplateException {
    refused("a".repeat((1 << 20) + 1), "1048576");
    assertEquals(1 << 20, render("a".repeat(1 << 20)).length());
    refused("{{ 1" + "+1".repeat(150_000) + " }}", "200000 tokens");
    refused("{{ " + "a".repeat(251) + " }}", "250 characters");
    refused("{{ 1" + "0".repeat(2000) + " }}", "1200 digits");
  }

  @Test
  void refusesDeepNesting() {
    for (String open : List.of("(", "[", "{1:", "-", "not ", "a[", "a(", "1 if 1 else ", "a|d(")) {
      refused("{{ " + open.repeat(10_000), "nested more than 150 deep");
    }
    for (String tag : List.of("if 1", "for i in l", "set x", "macro m()", "with", "filter upper",
        "call m()", "generation")) {
      refused(("{% " + tag + " %}").repeat(10_000), "nested more than 150 deep");
    }
    refused("{{ a" + ".a".repeat(10_000) + " }}", "150 operations deep");
    refused("{{ a" + "|d".repeat(10_000) + " }}", "150 operations deep");
    refused("{{ a" + "+a".repeat(10_000) + " }}", "150 operations deep");
    refused("{% for " + "(".repeat(10_000), "nested more than 150 deep");
  }

  @Test
  void acceptsLongChainsThatAreNotDeep() throws TemplateException {
    assertEquals(10_001, render("{{ 1" + "~1".repeat(10_000) + " }}").length());
    assertEquals("True", render("{{ 1" + "<=1".repeat(10_000) + " }}"));
    assertEquals("", render("{% if 0 %}" + "{% elif 0 %}".repeat(10_000) + "{% endif %}"));
    assertEquals("101", render("{{ 1" + "+1".repeat(100) + " }}"));
  }

  @Test
  void refusesEndlessRecursion() {
    String deep = "nested more than 200 deep";
    refused("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", deep);
    refused("{% macro m(x=m()) %}{% endmacro %}{{ m() }}", deep);
    refused("{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{{ m() }}",
        deep);
    refused("{% macro m() %}{% for i in [1] if m() %}{% endfor %}{% endmacro %}{{ m() }}", deep);
    refused("{% macro m() %}{{ dict(a=[1][m():]|join) }}{% endmacro %}{{ m() }}", deep);
    refused("{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}", deep);
    for (String filter : List.of("map('string')", "unique", "select", "batch(1)", "slice(1)")) {
      refused("{% set n = namespace(x=[1]) %}{% for i in range(9999) %}{% set n.x = n.x|" + filter
          + " %}{% endfor %}{{ n.x|list }}", deep);
    }
  }

  @Test
  void refusesDeepValues() {
    String nest = "{% set n = namespace(x=[], y=[], t=()) %}{% for i in range(5000) %}"
        + "{% set n.x = [n.x] %}{% set n.y = [n.y] %}{% set n.t = (n.t,) %}{% endfor %}";
    refused(nest + "{{ n.x }}", "nested more than 100 deep");
    refused(nest + "{{ n.x|tojson }}", "nested more than 100 deep");
    refused(nest + "{{ n.x == n.y }}", "nested more than 100 deep");
    refused(nest + "{{ n.x < n.y }}", "nested more than 100 deep");
    refused(nest + "{{ {n.t: 1} }}", "a key of a dict");
    refused("{% set n = namespace() %}{% set n.n = n %}{{ n }}", "cannot be printed");
  }

  @Test
  void refusesEndlessWork() {
    String steps = "10000000 steps";
    refused("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        steps);
    refused("{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}"
        + "{{ m(30) }}", steps);
    refused("{% for i in [1, 1] recursive %}{% if loop.depth < 40 %}{{ loop([1, 1]) }}{% endif %}"
        + "{% endfor %}", steps);
    String long1 = "{% set s = 'a' * 8000000 %}{% set t = 'a' * 4000000 ~ 'b' %}"
        + "{% for i in range(99999) %}{% set x = ";
    for (String work : List.of("t in s", "s|upper", "s.split('b')", "s.strip(s)", "{s: 1}")) {
      refused(long1 + work + " %}{% endfor %}", steps);
    }
    String longList = "{% set l = range(99999)|list %}{% for i in l %}{% set x = ";
    for (String work : List.of("l + l", "-1 in l", "l|sort")) {
      refused(longList + work + " %}{% endfor %}", steps);
    }
  }

  @Test
  void chargesForNamesAndFrames() {
    StringBuilder names = new StringBuilder();
    for (int i = 0; i < 5000; i++) {
      names.append("{% set a").append(i).append(" = 1 %}");
    }
    refused("{% for i in range(99999) %}{% continue %}" + names + "{% endfor %}", "steps");
    String nested = "{% for i in [1] %}".repeat(100) + "{% for i in range(99999) %}"
        + "{{ x }}".repeat(300) + "{% endfor %}" + "{% endfor %}".repeat(100);
    refused(nested, "steps");
    StringBuilder colliding = new StringBuilder();
    for (int i = 0; i < 1 << 12; i++) {
      colliding.append("{% set ");
      for (int bit = 0; bit < 12; bit++) {
        // "Aa" and "BB" have one hash, and so has every text made of them.
        colliding.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      colliding.append("=1 %}{% if 1 %}{% endif %}");
    }
    refused(colliding + "{% for i in range(99999) %}{% for j in range(99999) %}{{ AaAaBBAa }}"
        + "{% endfor %}{% endfor %}", "steps");
  }

  @Test
  void refusesLongTextsBeforeTheyAreMade() {
    String grows = "grows beyond 8388608 characters";
    refused("{% set n = namespace(s='ab') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}"
        + "{% endfor %}", grows);
    refused("{% for i in range(99) %}{{ 'a' * 1000000 }}{% endfor %}", grows);
    for (String text : List.of("'a' * 10000000000", "'%99999999d' % 1", "'a'|center(99999999)",
        "'a'.rjust(9**99)", "'a'.zfill(99999999)", "[1]|tojson(indent=99999999)",
        "'a\nb'|indent(99999999)", "('a' * 4000)|replace('', 'b' * 4000)",
        "(('a' * 4000)|list)|join('b' * 4000)", "('b' * 4000).join('a' * 4000)",
        "('<' * 4000000)|e", "['\\x00' * 4000000]")) {
      refused("{{ " + text + " }}", grows);
    }
    refused("{% set n = namespace(x=[1, 1]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}"
        + "{% endfor %}{{ n.x }}", grows);
  }

  @Test
  void refusesLongLists() {
    refused("{{ range(100001) }}", "the limit is 100000");
    refused("{{ range(-4000000000, 4000000000) }}", "the limit is 100000");
    refused("{{ range(9**99) }}", "'range'");
    refused("{{ [1] * 9999999 }}", "the limit is 1000000");
    refused("{{ ('a' * 2000000)|list }}", "items");
    refused("{{ [1]|batch(99999999, 1)|list }}", "the limit is 1000000");
    refused("{{ [1]|slice(99999999)|list }}", "the limit is 1000000");
  }

  @Test
  void refusesLargeNumbers() {
    refused("{{ 2 ** 1025 }}", "1024 bits");
    refused("{{ 10 ** 1000 }}", "1024 bits");
    refused("{% set n = namespace(x=3) %}{% for i in range(99) %}{% set n.x = n.x * n.x %}"
        + "{% endfor %}", "1024 bits");
    refused("{{ ('9' * 5000)|int }}", "1200 characters");
    refused("{{ ('9' * 500)|int }}", "1024 bits");
    refused("{{ 1|round(99999999) }}", "'round'");
    refused("{{ '%.99999999f' % 1 }}", "%f");
  }

  @Test
  void keepsMessagesShort() {
    TemplateException refusal =
        assertThrows(
            TemplateException.class, () -> render("{{ raise_exception('a' * 1000000) }}"));
    assertTrue(refusal.getMessage().length() < 2100);
  }
}

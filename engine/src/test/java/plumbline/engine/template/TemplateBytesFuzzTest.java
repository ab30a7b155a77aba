package plumbline.engine.template;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import plumbline.engine.FuzzSeeds;

/// Any bytes as a template are rendered, twice the same, or refused (spec/template.md J16).
public final class TemplateBytesFuzzTest {
  private static final Map<String, Object> VARIABLES =
      Map.of(
          "messages",
          List.of(Map.of("role", "user", "content", "Hi"), Map.of("role", "assistant", "content", "日 😀")),
          "add_generation_prompt", true,
          "x", "text",
          "i", 3);

  /// What a fuzzer calls.
  public static void fuzzerTestOneInput(byte[] data) {
    String source = new String(data, StandardCharsets.UTF_8);
    assertEquals(outcome(source), outcome(source));
  }

  private static String outcome(String source) {
    try {
      return ChatTemplate.parse(source).render(VARIABLES);
    } catch (TemplateException e) {
      return "refused: " + e.getMessage();
    }
  }

  @Test
  void keptInputsAreRenderedOrRefused() throws IOException {
    FuzzSeeds.replay("template", TemplateBytesFuzzTest::fuzzerTestOneInput);
  }
}

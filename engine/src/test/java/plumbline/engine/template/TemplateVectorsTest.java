package plumbline.engine.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// Renderings by jinja2 3.1.6, set up as transformers sets it up.
final class TemplateVectorsTest {
  private static final Optional<LocalDateTime> CLOCK =
      Optional.of(LocalDateTime.of(2026, 1, 15, 12, 30, 45));
  private static final ObjectMapper JSON = new ObjectMapper();

  private static Path vectors() {
    String repository = System.getProperty("plumbline.repository", "");
    Path vectors = Path.of(repository).resolve("../shared/vectors/templates");
    if (!Files.isDirectory(vectors)) {
      String message = "no template vectors beside the repository";
      if ("true".equals(System.getenv("CI"))) {
        fail(message);
      }
      Assumptions.abort(message);
    }
    return vectors;
  }

  private static List<JsonNode> cases(String file) throws IOException {
    List<JsonNode> cases = new ArrayList<>();
    for (String line : Files.readAllLines(vectors().resolve(file))) {
      cases.add(JSON.readTree(line));
    }
    return cases;
  }

  static Object object(JsonNode node) {
    if (node.isObject()) {
      Map<String, Object> map = new LinkedHashMap<>();
      node.properties().forEach(entry -> map.put(entry.getKey(), object(entry.getValue())));
      return map;
    }
    if (node.isArray()) {
      List<Object> list = new ArrayList<>();
      node.forEach(item -> list.add(object(item)));
      return list;
    }
    if (node.isIntegralNumber()) {
      return node.bigIntegerValue();
    }
    if (node.isNumber()) {
      return node.doubleValue();
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    return node.isNull() ? null : node.stringValue();
  }

  private static Map<String, Object> variables(JsonNode node) {
    Map<String, Object> variables = new LinkedHashMap<>();
    node.properties().forEach(entry -> variables.put(entry.getKey(), object(entry.getValue())));
    return variables;
  }

  private static String rendered(ChatTemplate template, JsonNode variables) {
    try {
      return template.render(variables(variables), CLOCK);
    } catch (TemplateException refused) {
      return "refused: " + refused.getMessage();
    }
  }

  @Test
  void rendersRealChatTemplatesAsJinjaDoes() throws Exception {
    Map<String, ChatTemplate> templates = new HashMap<>();
    List<String> failures = new ArrayList<>();
    for (JsonNode vector : cases("cases.jsonl")) {
      String name = vector.get("template").stringValue();
      if (!templates.containsKey(name)) {
        Path source = vectors().resolve("jinja").resolve(name + ".jinja");
        templates.put(name, ChatTemplate.parse(Files.readString(source)));
      }
      String text = rendered(templates.get(name), vector.get("input"));
      String id = name + " " + vector.get("case").stringValue();
      if (vector.has("error")) {
        String error = vector.get("error").stringValue();
        String message = error.replace("raise_exception: ", "");
        boolean raised = error.startsWith("raise_exception");
        if (!text.startsWith("refused: ") || (raised && !text.endsWith(message))) {
          failures.add(id + ": " + text);
        }
      } else if (!text.equals(vector.get("expected").stringValue())) {
        failures.add(id + ": " + text + "\n  not " + vector.get("expected").stringValue());
      }
    }
    assertEquals(20, templates.size());
    assertEquals(List.of(), failures, String.join("\n", failures));
  }

  @Test
  void rendersSmallTemplatesAsJinjaDoes() throws Exception {
    List<String> failures = new ArrayList<>();
    List<JsonNode> vectors = cases("jinja-units.jsonl");
    assertTrue(vectors.size() >= 306);
    for (JsonNode vector : vectors) {
      String text;
      try {
        ChatTemplate template = ChatTemplate.parse(vector.get("template").stringValue());
        text = rendered(template, vector.get("vars"));
      } catch (TemplateException refused) {
        text = "refused: " + refused.getMessage();
      }
      boolean right =
          vector.has("error")
              ? text.startsWith("refused: ")
              : text.equals(vector.get("expected").stringValue());
      if (!right) {
        failures.add(vector.get("name").stringValue() + ": " + text);
      }
    }
    assertEquals(List.of(), failures, String.join("\n", failures));
  }
}

package plumbline.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.engine.request.RequestDefaults;

/// What a chat template gets of a conversation, and what one gets that knows no tools (spec/api.md A17).
final class ChatPromptTest {

    private static final String PLAIN = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>";
    private static final String TOOLS = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"add\"}}]";

    private static Input.Messages messages(String messages, String more) throws Exception {
        String body = "{\"model\":\"m\",\"messages\":[" + messages + "]" + more + "}";
        return (Input.Messages) InferenceRequest.parse(InferenceRequest.CHAT,
                body.getBytes(StandardCharsets.UTF_8), RequestDefaults.standard()).input();
    }

    private static String render(String template, Input.Messages input) throws Exception {
        return new ChatPrompt(template).render(input, Map.of());
    }

    private static final String CALLED = "{\"role\":\"user\",\"content\":\"1+1\"},{\"role\":\"assistant\",\"cont"
            + "ent\":null,"
            + "\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"add\",\"arguments\""
                    + ":\"{\\\"a\\\": "
            + "[1, 2.5]}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"2\"}";

    @Test
    void describesToolsToATemplateThatKnowsNone() throws Exception {
        String system = """
                <system>Be exact.

                You can use these functions, one per line as a JSON Schema:
                <tools>
                {"type": "function", "function": {"name": "add"}}
                </tools>
                To use one, answer with its name and arguments as JSON between tags, and nothing else:
                <tool_call>
                {"name": "NAME", "arguments": {"ARGUMENT": "VALUE"}}
                </tool_call>""";
        assertEquals(system + "<user>1+1<assistant><tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": [1, 2.5]}}\n"
                + "</tool_call><user><tool_response>\n2\n</tool_response><assistant>",
                render(PLAIN, messages("{\"role\":\"system\",\"content\":\"Be exact.\"}," + CALLED, "," + TOOLS)));
        assertEquals("<user>x<assistant>", render(PLAIN,
                messages("{\"role\":\"user\",\"content\":\"x\"}", "," + TOOLS + ",\"tool_choice\":\"none\"")));
    }

    @Test
    void givesToolsAsTheyAreToATemplateThatKnowsThem() throws Exception {
        String template = "{% for t in tools %}{{ t | tojson }}{% endfor %}{% for m in messages %}<{{ m.role }}>"
                + "{{ m.content }}{% for c in m.tool_calls %}{{ c.function.arguments | tojson }}{% endfor %}{% e"
                        + "ndfor %}";
        assertEquals("{\"type\": \"function\", \"function\": {\"name\": \"add\"}}<user>1+1<assistant>{\"a\": [1, 2.5]}"
                + "<tool>2", render(template, messages(CALLED, "," + TOOLS)));
    }

    @Test
    void refusesAnEffortThatCannotReachThePrompt() throws Exception {
        Input.Messages input = messages("{\"role\":\"user\",\"content\":\"x\"}", ",\"reasoning_effort\":\"low\"");
        PromptException e = assertThrows(PromptException.class, () -> render(PLAIN, input));
        assertEquals("reasoning_effort", e.fieldOr("messages"), e.getMessage());
        Input.Messages none = messages("{\"role\":\"user\",\"content\":\"x\"}", ",\"reasoning_effort\":\"none\"");
        assertEquals(render(PLAIN, messages("{\"role\":\"user\",\"content\":\"x\"}", "")), render(PLAIN, none));
        assertEquals("low", render("{{ reasoning_effort }}", input));
    }
}

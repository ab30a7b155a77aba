package plumbline.node.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import plumbline.engine.request.AnswerOptions;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;

/// What counts as a tool call in an answer's text (spec/api.md A18).
class ToolCallReaderTest {

    private static final String TOOLS = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"add\"}},"
            + "{\"type\":\"function\",\"function\":{\"name\":\"sub\",\"parameters\":{\"type\":\"object\"}}}]";

    private static AnswerOptions options(String more) throws Exception {
        String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]" + more + "}";
        return InferenceRequest.parse(InferenceRequest.CHAT, body.getBytes(StandardCharsets.UTF_8),
                RequestDefaults.standard()).options();
    }

    /// As text: calls in square brackets.
    private static String read(AnswerOptions options, List<String> pieces) {
        ToolCallReader reader = new ToolCallReader(options);
        List<AnswerPart> parts = new ArrayList<>();
        pieces.forEach(piece -> parts.addAll(reader.add(piece)));
        parts.addAll(reader.finish());
        StringBuilder text = new StringBuilder();
        for (AnswerPart part : parts) {
            switch (part) {
                case AnswerPart.Text(String piece) -> text.append(piece);
                case AnswerPart.Call(String name, String arguments) ->
                        text.append("[").append(name).append(" ").append(arguments).append("]");
            }
        }
        return text.toString();
    }

    private static final String CALL = "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1.50}}\n</tool_call>";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', ignoreLeadingAndTrailingWhitespace = false, value = {
        "<tool_call>{\"name\":\"add\",\"arguments\":{}}</tool_call>|[add {}]",
        "<tool_call>{\"name\":\"add\",\"parameters\":{\"a\":[1,{}]}}</tool_call>|[add {\"a\":[1,{}]}]",
        "Let me see. <tool_call>{\"name\":\"add\",\"arguments\":{}}</tool_call>|Let me see.[add {}]",
        "<tool_call>{\"name\":\"add\",\"arguments\":{}}</tool_call> <tool_call>{\"name\":\"sub\",\"arguments\":{}}"
                + "</tool_call> |[add {}][sub {}]",
        "<tool_call>{\"name\":\"add\",\"arguments\":{}}</tool_call>done|[add {}]done",
        "<tool_call>{\"name\":\"add\",\"arguments\":{}}|[add {}]",
        "<tool_call>{\"name\":\"add\",\"arguments\":{\"a\":\"\\\"</tool_call>\"}}</tool_call>x"
                + "|[add {\"a\":\"\\\"</tool_call>\"}]x",
        "{\"name\":\"sub\",\"parameters\":{\"x\":\"}\"}}|[sub {\"x\":\"}\"}]",
        " {\"name\":\"sub\",\"arguments\":{}} |[sub {}]",
        // no calls
        "<tool_call>{\"name\":\"mul\",\"arguments\":{}}</tool_call>"
                + "|<tool_call>{\"name\":\"mul\",\"arguments\":{}}</tool_call>",
        "<tool_call>{\"name\":\"add\"}</tool_call>|<tool_call>{\"name\":\"add\"}</tool_call>",
        "<tool_call>{\"name\":\"add\",\"arguments\":{}} x</tool_call>"
                + "|<tool_call>{\"name\":\"add\",\"arguments\":{}} x</tool_call>",
        "<tool_call>add()</tool_call>|<tool_call>add()</tool_call>",
        "see {\"name\":\"add\",\"arguments\":{}}|see {\"name\":\"add\",\"arguments\":{}}",
        "{\"name\":\"add\",\"arguments\":\"x\"}|{\"name\":\"add\",\"arguments\":\"x\"}",
        "{\"name\":\"add\",|{\"name\":\"add\",",
        "<tool_cal|<tool_cal",
        "a < b <tool |a < b <tool ",
    })
    void findsCallsHoweverTheTextIsCut(String text, String expected) throws Exception {
        AnswerOptions options = options(TOOLS);
        assertEquals(expected, read(options, List.of(text)));
        for (long seed = 1; seed <= 20; seed++) {
            Random random = new Random(seed);
            List<String> pieces = new ArrayList<>();
            for (int at = 0; at < text.length();) {
                int to = Math.min(text.length(), at + 1 + random.nextInt(6));
                pieces.add(text.substring(at, to));
                at = to;
            }
            assertEquals(expected, read(options, pieces), "seed " + seed);
        }
    }

    @Test
    void leavesTheTextAloneWhereNoToolIsOffered() throws Exception {
        assertEquals(CALL, read(options(""), List.of(CALL)));
        assertEquals(CALL, read(options(TOOLS + ",\"tool_choice\":\"none\""), List.of(CALL)));
    }

    @Test
    void keepsTheArgumentsAsTheModelWroteThem() throws Exception {
        assertEquals("[add {\"a\": 1.50}]", read(options(TOOLS), List.of(CALL)));
    }
}

package plumbline.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import plumbline.engine.request.InferenceRequest.Input;
import plumbline.engine.request.Message;
import plumbline.engine.request.Tool;
import plumbline.engine.request.ToolCall;
import plumbline.engine.template.ChatTemplate;
import plumbline.engine.template.TemplateException;

/// What a conversation gives to a chat template: messages, tools, and what else templates ask for.
///
/// A template that knows no tools gets them as text: a message of the system that describes them, calls and their
/// answers in the tags that most models were trained with. Source: spec/api.md A17, A18.
final class ChatPrompt {

    private static final String DESCRIPTION = """
            {{ system }}{% if system %}{{ "\\n\\n" }}{% endif %}\
            You can use these functions, one per line as a JSON Schema:
            <tools>
            {% for tool in tools %}{{ tool | tojson }}
            {% endfor %}</tools>
            To use one, answer with its name and arguments as JSON between tags, and nothing else:
            <tool_call>
            {"name": "NAME", "arguments": {"ARGUMENT": "VALUE"}}
            </tool_call>""";

    // A model that doesn't reason needs no template for it.
    private static final String NO_EFFORT = "none";

    private static final String CALLS = """
            {{ content }}{% for call in calls %}\
            {% if content or not loop.first %}{{ "\\n" }}{% endif %}<tool_call>
            {"name": {{ call.function.name | tojson }}, "arguments": {{ call.function.arguments | tojson }}}
            </tool_call>{% endfor %}""";

    private final ChatTemplate template;
    private final boolean knowsTools;
    private final boolean knowsEffort;
    private final boolean writesTags;

    /// @param source of the template
    ChatPrompt(String source) throws TemplateException {
        this.template = ChatTemplate.parse(source);
        // The name of the variable, and so whether its value can reach the prompt at all.
        this.knowsTools = source.contains("tools");
        this.knowsEffort = source.contains("reasoning_effort");
        this.writesTags = !knowsTools || source.contains("<tool_call>");
    }

    /// Whether the model is shown tool calls between tags; else as bare JSON.
    boolean writesTags() {
        return writesTags;
    }

    /// The text of a conversation.
    ///
    /// @param variables that depend on the vocabulary alone; the conversation's are added
    String render(Input.Messages input, Map<String, Object> variables) throws PromptException {
        if (!knowsEffort && !input.reasoningEffort().orElse(NO_EFFORT).equals(NO_EFFORT)) {
            throw new PromptException("reasoning_effort",
                    "`reasoning_effort` has no meaning for this model's template: leave it out, or say none");
        }
        Map<String, Object> all = new LinkedHashMap<>(variables);
        all.put("add_generation_prompt", true);
        input.reasoningEffort().filter(_ -> knowsEffort).ifPresent(effort -> all.put("reasoning_effort", effort));
        try {
            if (knowsTools || !usesTools(input)) {
                all.put("messages", input.messages().stream().map(ChatPrompt::fields).toList());
                if (!input.tools().isEmpty()) {
                    all.put("tools", input.tools().stream().map(Tool::definition).toList());
                }
            } else {
                all.put("messages", spelledOut(input));
            }
            return template.render(all);
        } catch (TemplateException e) {
            throw new PromptException("the model's chat template refuses these messages: " + e.getMessage());
        }
    }

    private static boolean usesTools(Input.Messages input) {
        return !input.tools().isEmpty() || input.messages().stream().anyMatch(
                message -> message.role() == Message.Role.TOOL || !message.toolCalls().isEmpty());
    }

    private static Map<String, Object> fields(Message message) {
        Map<String, Object> fields = fields(message.role(), message.content());
        message.name().ifPresent(name -> fields.put("name", name));
        message.toolCallId().ifPresent(id -> fields.put("tool_call_id", id));
        if (!message.toolCalls().isEmpty()) {
            fields.put("tool_calls", message.toolCalls().stream().map(ChatPrompt::call).toList());
        }
        return fields;
    }

    private static Map<String, Object> fields(Message.Role role, String content) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("role", role.wireName());
        fields.put("content", content);
        return fields;
    }

    // Templates expect the arguments as an object; what is none stays the text that it is.
    private static Map<String, Object> call(ToolCall call) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", call.name());
        function.put("arguments", call.fields().isPresent() ? call.fields().get() : call.arguments());
        return Map.of("id", call.id(), "type", "function", "function", function);
    }

    private static List<Map<String, Object>> spelledOut(Input.Messages input) throws TemplateException {
        List<Map<String, Object>> messages = new ArrayList<>();
        List<Message> given = input.messages();
        boolean hasSystem = given.getFirst().role() == Message.Role.SYSTEM;
        if (!input.tools().isEmpty()) {
            messages.add(fields(Message.Role.SYSTEM, ChatTemplate.parse(DESCRIPTION).render(Map.of(
                    "system", hasSystem ? given.getFirst().content() : "",
                    "tools", input.tools().stream().map(Tool::definition).toList()))));
        }
        for (Message message : given.subList(hasSystem && !input.tools().isEmpty() ? 1 : 0, given.size())) {
            if (message.role() == Message.Role.TOOL) {
                messages.add(fields(Message.Role.USER, "<tool_response>\n" + message.content() + "\n</tool_response>"));
            } else if (!message.toolCalls().isEmpty()) {
                messages.add(fields(message.role(), ChatTemplate.parse(CALLS).render(Map.of(
                        "content", message.content(),
                        "calls", message.toolCalls().stream().map(ChatPrompt::call).toList()))));
            } else {
                messages.add(fields(message.role(), message.content()));
            }
        }
        return messages;
    }
}

package plumbline.engine.request;

import static plumbline.engine.request.BodyReader.bad;
import static plumbline.engine.request.BodyReader.bounded;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonToken;

/// Reads the list `messages`. Source: spec/api.md A8, A9, A17.
final class MessageReader {

    private static final int MESSAGES_MAX = 4096;
    private static final int CALLS_MAX = 128;
    private static final int NAME_CHARS_MAX = 256;

    private final BodyReader body;

    MessageReader(BodyReader body) {
        this.body = body;
    }

    List<Message> read() throws RequestException {
        body.expect(JsonToken.START_ARRAY, "messages", "a list of messages");
        List<Message> messages = new ArrayList<>();
        while (body.next() != JsonToken.END_ARRAY) {
            if (messages.size() == MESSAGES_MAX) {
                throw bad("messages", "more than " + MESSAGES_MAX + " messages");
            }
            messages.add(message("messages[" + messages.size() + "]"));
        }
        if (messages.isEmpty()) {
            throw bad("messages", "`messages` is empty: send at least one message");
        }
        return messages;
    }

    private Message message(String at) throws RequestException {
        body.expect(JsonToken.START_OBJECT, at, "an object with `role` and `content`");
        Message.Role role = null;
        String content = null;
        Optional<String> name = Optional.empty();
        List<ToolCall> calls = List.of();
        Optional<String> callId = Optional.empty();
        while (body.nextField()) {
            String field = body.fieldName();
            String param = at + "." + field;
            switch (field) {
                case "role" -> role = role(param);
                case "content" -> content = body.absent() ? null : content(param);
                case "name" -> name = body.absent() ? name : Optional.of(word(param));
                case "tool_calls" -> calls = body.absent() ? List.of() : calls(param);
                case "tool_call_id" -> callId = body.absent() ? callId : Optional.of(word(param));
                // What an answer's message holds, so that a client can send it back as it came.
                case "refusal", "audio", "function_call", "annotations" -> requireNothing(param);
                default -> throw bad(param, "`" + param + "` isn't supported here: leave it out");
            }
        }
        check(at, role, content, calls, callId);
        return new Message(role, content == null ? "" : content, name, calls, callId);
    }

    private static void check(
            String at, Message.Role role, String content, List<ToolCall> calls, Optional<String> callId)
            throws RequestException {
        if (role == null || content == null && calls.isEmpty()) {
            String missing = at + (role == null ? ".role" : ".content");
            throw bad(missing, "`" + missing + "` is missing");
        }
        if (!calls.isEmpty() && role != Message.Role.ASSISTANT) {
            throw bad(at + ".tool_calls", "only a message of the assistant has `tool_calls`");
        }
        if (callId.isPresent() != (role == Message.Role.TOOL)) {
            throw bad(at + ".tool_call_id", "a message of a tool, and no other, has `tool_call_id`");
        }
    }

    private void requireNothing(String param) throws RequestException {
        if (body.isList() && body.next() == JsonToken.END_ARRAY || body.absent()) {
            return;
        }
        throw bad(param, "`" + param + "` isn't supported here: leave it out");
    }

    private String word(String param) throws RequestException {
        return bounded(param, body.string(param), NAME_CHARS_MAX);
    }

    private Message.Role role(String param) throws RequestException {
        String name = body.string(param);
        // OpenAI's newer name for the same thing; templates know the older one.
        if (name.equals("developer")) {
            return Message.Role.SYSTEM;
        }
        for (Message.Role role : Message.Role.values()) {
            if (role.wireName().equals(name)) {
                return role;
            }
        }
        throw bad(param, "`" + param + "` is none of system, developer, user, assistant, tool");
    }

    // A string, or parts of type text, which are put together with nothing between them (A9).
    private String content(String param) throws RequestException {
        if (!body.isList()) {
            return body.string(param);
        }
        StringBuilder content = new StringBuilder();
        int parts = 0;
        while (body.next() != JsonToken.END_ARRAY) {
            content.append(part(param + "[" + parts + "]"));
            parts++;
        }
        if (parts == 0) {
            throw bad(param, "`" + param + "` has no parts");
        }
        return content.toString();
    }

    private String part(String at) throws RequestException {
        body.expect(JsonToken.START_OBJECT, at, "a part {\"type\":\"text\",\"text\":...}");
        String type = null;
        String text = null;
        while (body.nextField()) {
            String name = body.fieldName();
            String param = at + "." + name;
            switch (name) {
                case "type" -> type = textType(param);
                case "text" -> text = body.string(param);
                default -> throw bad(param, "`" + param + "` isn't supported here: send text only");
            }
        }
        if (type == null) {
            throw bad(at + ".type", "`" + at + ".type` must be \"text\"");
        }
        if (text == null) {
            throw bad(at + ".text", "`" + at + ".text` is missing");
        }
        return text;
    }

    private String textType(String param) throws RequestException {
        String type = body.string(param);
        if (!type.equals("text")) {
            throw bad(param, "`" + param + "` is \"" + type.substring(0, Math.min(40, type.length()))
                    + "\": only text can be read here");
        }
        return type;
    }

    private List<ToolCall> calls(String at) throws RequestException {
        body.expect(JsonToken.START_ARRAY, at, "a list of calls");
        List<ToolCall> calls = new ArrayList<>();
        while (body.next() != JsonToken.END_ARRAY) {
            if (calls.size() == CALLS_MAX) {
                throw bad(at, "more than " + CALLS_MAX + " tool calls");
            }
            calls.add(call(at + "[" + calls.size() + "]"));
        }
        return calls;
    }

    private ToolCall call(String at) throws RequestException {
        body.expect(JsonToken.START_OBJECT, at, "an object {\"id\",\"type\":\"function\",\"function\"}");
        String id = null;
        String[] function = null;
        while (body.nextField()) {
            String param = at + "." + body.fieldName();
            switch (body.fieldName()) {
                case "id" -> id = word(param);
                case "type" -> ToolFields.functionType(body, param);
                case "function" -> function = function(param);
                default -> throw bad(param, "`" + param + "` isn't supported here: leave it out");
            }
        }
        if (id == null || function == null) {
            String missing = at + (id == null ? ".id" : ".function");
            throw bad(missing, "`" + missing + "` is missing");
        }
        return new ToolCall(id, function[0], function[1], JsonTree.objectIn(function[1]));
    }

    /// Name and arguments.
    private String[] function(String at) throws RequestException {
        body.expect(JsonToken.START_OBJECT, at, "an object with `name` and `arguments`");
        String[] function = new String[2];
        while (body.nextField()) {
            String param = at + "." + body.fieldName();
            switch (body.fieldName()) {
                case "name" -> function[0] = word(param);
                case "arguments" -> function[1] = body.string(param);
                default -> throw bad(param, "`" + param + "` isn't supported here: leave it out");
            }
        }
        if (function[0] == null || function[1] == null) {
            throw bad(at, "`" + at + "` needs `name` and `arguments`");
        }
        return function;
    }
}

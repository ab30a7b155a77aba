package plumbline.node.api;

import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Logprobs in the shapes of OpenAI's endpoints. Source: spec/api.md A85.
final class LogprobsJson {

    private LogprobsJson() {}

    /// Of a chat completion, and of a response.
    static void chat(ObjectNode json, List<DrawnToken.Logprobs> tokens) {
        content(json.putArray("content"), tokens);
        json.putNull("refusal");
    }

    static void content(ArrayNode content, List<DrawnToken.Logprobs> tokens) {
        for (DrawnToken.Logprobs token : tokens) {
            ObjectNode entry = content.addObject();
            scored(entry, token.drawn());
            ArrayNode top = entry.putArray("top_logprobs");
            token.top().forEach(other -> scored(top.addObject(), other));
        }
    }

    private static void scored(ObjectNode json, DrawnToken.Scored token) {
        json.put("token", token.text()).put("logprob", token.logprob());
        ArrayNode bytes = json.putArray("bytes");
        token.bytes().forEach(bytes::add);
    }

    /// Of a completion: lists side by side.
    ///
    /// @param before characters of the choice's tokens before these
    /// @return the characters after them
    static int completion(ObjectNode json, List<DrawnToken.Logprobs> tokens, int before) {
        ArrayNode texts = json.putArray("tokens");
        ArrayNode values = json.putArray("token_logprobs");
        ArrayNode tops = json.putArray("top_logprobs");
        ArrayNode offsets = json.putArray("text_offset");
        int offset = before;
        for (DrawnToken.Logprobs token : tokens) {
            texts.add(token.drawn().text());
            values.add(token.drawn().logprob());
            ObjectNode top = tops.addObject();
            // Two tokens may look alike, where neither is a whole character: the likelier one has the name.
            token.top().reversed().forEach(other -> top.put(other.text(), other.logprob()));
            offsets.add(offset);
            offset += token.drawn().text().length();
        }
        return offset;
    }
}

package plumbline.sdk;

import java.util.Arrays;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// A chunk of a stream that says nothing but tokens, as nearly all do: read without making a tree of it.
final class TokenChunk {

    private static final int[] NONE = {};

    private TokenChunk() {}

    /// The tokens of the chunk's first choice.
    ///
    /// @return empty where the chunk may say more, or isn't as it should be: then it is to be looked at as a whole
    static Optional<int[]> read(byte[] bytes, int offset, int length, int tokensMax) {
        try (JsonParser json = NodeClient.JSON.createParser(bytes, offset, length)) {
            int[] ids = NONE;
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                switch (name) {
                    case "error", "receipt" -> {
                        return Optional.empty();
                    }
                    case "choices" -> ids = ofFirst(json, tokensMax);
                    default -> skip(json);
                }
            }
            return json.currentToken() == JsonToken.END_OBJECT && json.nextToken() == null
                    ? Optional.of(ids) : Optional.empty();
        } catch (JacksonException | Unexpected e) {
            return Optional.empty();
        }
    }

    /// What isn't as it should be.
    private static final class Unexpected extends Exception {
        private static final long serialVersionUID = 1L;

        Unexpected() {
            super("not as it should be", null, false, false);
        }
    }

    private static int[] ofFirst(JsonParser json, int tokensMax) throws Unexpected {
        require(json.nextToken() == JsonToken.START_ARRAY);
        int[] ids = NONE;
        if (json.nextToken() == JsonToken.START_OBJECT) {
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                if (name.equals("plumbline")) {
                    ids = ofExtension(json, tokensMax);
                } else {
                    skip(json);
                }
            }
            json.nextToken();
        }
        require(json.currentToken() == JsonToken.END_ARRAY);
        return ids;
    }

    private static int[] ofExtension(JsonParser json, int tokensMax) throws Unexpected {
        require(json.nextToken() == JsonToken.START_OBJECT);
        int[] ids = NONE;
        for (String name = json.nextName(); name != null; name = json.nextName()) {
            if (name.equals("tokens")) {
                ids = ids(json, tokensMax);
            } else {
                skip(json);
            }
        }
        return ids;
    }

    private static int[] ids(JsonParser json, int tokensMax) throws Unexpected {
        require(json.nextToken() == JsonToken.START_ARRAY);
        int[] ids = new int[1];
        int count = 0;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            require(json.currentToken() == JsonToken.VALUE_NUMBER_INT && count < tokensMax);
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, 2 * count);
            }
            ids[count] = json.getIntValue();
            require(ids[count] >= 0);
            count++;
        }
        return Arrays.copyOf(ids, count);
    }

    private static void skip(JsonParser json) {
        json.nextToken();
        json.skipChildren();
    }

    private static void require(boolean isSo) throws Unexpected {
        if (!isSo) {
            throw new Unexpected();
        }
    }
}

package plumbline.engine.request;

import static plumbline.engine.request.BodyReader.bad;

import java.util.SortedMap;
import java.util.TreeMap;
import plumbline.verify.Sampling;
import tools.jackson.core.JsonToken;

/// The fields of a request that shape the draw, as they are read; what isn't read keeps its default.
/// Names and meanings are OpenAI's, and vLLM's where OpenAI has none. Source: spec/api.md A10, A15, A16.
final class SamplingFields {

    private int temperature;
    private int topK;
    private int topP;
    private int minP;
    private int repetitionPenalty;
    private int presencePenalty;
    private int frequencyPenalty;
    private SortedMap<Integer, Integer> logitBias;

    SamplingFields(Sampling unset) {
        temperature = unset.temperatureQ16();
        topK = unset.topK();
        topP = unset.topPQ16();
        minP = unset.minPQ16();
        repetitionPenalty = unset.repetitionPenaltyQ16();
        presencePenalty = unset.presencePenaltyQ16();
        frequencyPenalty = unset.frequencyPenaltyQ16();
        logitBias = unset.logitBiasQ16();
    }

    /// Reads the value of the field `name`; false if that isn't a field of the draw.
    boolean read(String name, BodyReader body) throws RequestException {
        switch (name) {
            case "temperature" -> temperature = q16(body, name, temperature, 0, Sampling.TEMPERATURE_MAX,
                    "0 to 32; 0 takes the likeliest token");
            case "top_k" -> topK = body.absent() ? topK : (int) body.integer(name, 0, Sampling.TOP_K_MAX);
            case "top_p" -> topP = q16(body, name, topP, 1, Sampling.ONE, "more than 0 and at most 1");
            case "min_p" -> minP = q16(body, name, minP, 0, Sampling.ONE, "0 to 1; 0 is off");
            case "repetition_penalty" -> repetitionPenalty = q16(body, name, repetitionPenalty,
                    1, Sampling.REPETITION_MAX, "more than 0 and at most 16; 1 is off");
            case "presence_penalty" -> presencePenalty = q16(body, name, presencePenalty,
                    -Sampling.PENALTY_MAX, Sampling.PENALTY_MAX, "-16 to 16; 0 is off");
            case "frequency_penalty" -> frequencyPenalty = q16(body, name, frequencyPenalty,
                    -Sampling.PENALTY_MAX, Sampling.PENALTY_MAX, "-16 to 16; 0 is off");
            case "logit_bias" -> logitBias = body.absent() ? logitBias : biases(name, body);
            default -> {
                return false;
            }
        }
        return true;
    }

    Sampling sampling() {
        return new Sampling(temperature, topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty,
                logitBias);
    }

    private static int q16(BodyReader body, String name, int unset, int min, int max, String allowed)
            throws RequestException {
        return body.absent() ? unset : body.q16(name, min, max, allowed);
    }

    // One spelling per id, so that no two names of the object mean the same token (A16).
    private static SortedMap<Integer, Integer> biases(String name, BodyReader body) throws RequestException {
        body.expect(JsonToken.START_OBJECT, name, "an object like {\"464\":-100}");
        SortedMap<Integer, Integer> biases = new TreeMap<>();
        while (body.nextField()) {
            String id = body.fieldName();
            if (biases.size() == Sampling.BIASES_MAX) {
                throw bad(name, "`" + name + "` has more than " + Sampling.BIASES_MAX + " tokens");
            }
            biases.put(tokenId(name, id), body.q16(name + "." + id, -Sampling.BIAS_MAX, Sampling.BIAS_MAX,
                    "-100 to 100"));
        }
        return biases;
    }

    private static int tokenId(String name, String text) throws RequestException {
        if (text.matches("0|[1-9][0-9]{0,9}")) {
            long id = Long.parseLong(text);
            if (id <= Integer.MAX_VALUE) {
                return (int) id;
            }
        }
        throw bad(name, "`" + name + "` names the token '" + text
                + "': a token is named by its id, in digits without leading zero, below 2^31");
    }
}

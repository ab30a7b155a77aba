package plumbline.node.proxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import plumbline.node.api.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What a proxy has kept in its folder: answers that were verified, and evidence against nodes, newest first.
///
/// @param answers  as the page shows them
/// @param evidence as the page shows it
public record KeptAnswers(List<ObjectNode> answers, List<ObjectNode> evidence) {

    private static final System.Logger LOG = System.getLogger(KeptAnswers.class.getName());
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final long FILE_BYTES_MAX = 8 << 20;
    private static final String EVIDENCE = "evidence-";

    /// Reads the newest of each; a file that can't be read is left out.
    public static KeptAnswers read(Path folder, int max) {
        List<ObjectNode> answers = new ArrayList<>();
        List<ObjectNode> evidence = new ArrayList<>();
        if (!Files.isDirectory(folder)) {
            return new KeptAnswers(answers, evidence);
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> newest = files.filter(file -> file.toString().endsWith(".json"))
                    .map(file -> Map.entry(modified(file), file))
                    .sorted(Map.Entry.<Long, Path>comparingByKey().reversed()).map(Map.Entry::getValue).toList();
            for (Path file : newest) {
                List<ObjectNode> list = file.getFileName().toString().startsWith(EVIDENCE) ? evidence : answers;
                if (list.size() < max && json(file) instanceof ObjectNode node) {
                    list.add(node);
                }
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "can't read " + folder + ": " + e);
        }
        return new KeptAnswers(answers, evidence);
    }

    private static long modified(Path file) {
        try {
            return Files.getLastModifiedTime(file).toMillis();
        } catch (IOException e) {
            return 0;
        }
    }

    private static JsonNode json(Path file) {
        try {
            return Files.size(file) > FILE_BYTES_MAX ? JSON.nullNode() : JSON.readTree(Files.readAllBytes(file));
        } catch (IOException | JacksonException e) {
            LOG.log(System.Logger.Level.ERROR, "can't read " + file + ": " + e);
            return JSON.nullNode();
        }
    }

    /// In the form of a node's list of receipts, with the facts of each and the evidence.
    public ObjectNode receipts() {
        return receipts(answers, evidence);
    }

    static ObjectNode receipts(List<ObjectNode> answers, List<ObjectNode> evidence) {
        ObjectNode json = Json.object().put("object", "list");
        ArrayNode data = json.putArray("data");
        for (ObjectNode answer : answers) {
            if (!answer.has("receipt")) {
                continue;
            }
            ArrayNode facts = data.addObject()
                    .put("id", answer.path("receipt").asString(""))
                    .put("object", "receipt")
                    .put("model", answer.path("model_id").asString(""))
                    .put("endpoint", answer.path("endpoint").asString(""))
                    .put("prompt_tokens", answer.path("prompt_tokens").asLong(0))
                    .put("completion_tokens", answer.path("tokens").asLong(0))
                    .put("stop", answer.path("stop").asString(""))
                    .put("time", answer.path("signed").asString(""))
                    .putArray("facts");
            for (JsonNode fact : answer.path("facts")) {
                if (fact.path("shown").asBoolean(false)) {
                    facts.add(fact.path("name").asString(""));
                }
            }
            if (answer.path("prefix").asInt(0) > 0) {
                facts.add("continued after token " + answer.path("prefix").asInt());
            }
            for (JsonNode lost : answer.path("lost")) {
                facts.add(lost.path("node").asString("") + " has a receipt for its part: "
                        + lost.path("receipt").asString(""));
            }
        }
        ArrayNode found = json.putArray("evidence");
        evidence.forEach(found::add);
        return json;
    }
}

package plumbline.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.StoredModel;
import tools.jackson.databind.JsonNode;

/// `plumb models`: the names of the models in the cache.
record ModelsCommand(Path data, boolean json) implements Command {

    static Syntax syntax() {
        return new Syntax("models", "Lists the published models: name, id, size.",
                List.of(), List.of(Option.JSON, Option.DATA),
                List.of("With PLUMB_NODE: that node's models."));
    }

    static ModelsCommand of(Arguments arguments) throws UsageException {
        return new ModelsCommand(arguments.dataFolder(), arguments.json());
    }

    private record Row(String name, String id, long bytes) {}

    @Override
    public int execute(Terminal terminal) throws Failure {
        List<Row> rows = rows();
        if (json) {
            List<Object> list = new ArrayList<>();
            for (Row row : rows) {
                Map<String, Object> entry = new LinkedHashMap<>();
                entry.put("name", row.name());
                entry.put("model_id", row.id());
                entry.put("bytes", row.bytes());
                list.add(entry);
            }
            terminal.print(JsonText.of(Map.of("models", list)));
        } else {
            rows.forEach(row -> terminal.print(String.format("%-32s %s %10s MB", row.name(),
                    row.id(), ProgressBar.megabytes(row.bytes()))));
            if (rows.isEmpty()) {
                terminal.say("no models yet: plumb publish FILE --name NS/NAME");
            }
        }
        return Exit.DONE;
    }

    private List<Row> rows() throws Failure {
        List<Row> rows = new ArrayList<>();
        Optional<NodeLink> node = NodeLink.find(data);
        if (node.isPresent()) {
            for (JsonNode model : new NodeApi(node.get()).models().path("data")) {
                rows.add(new Row(model.path("id").asString(""),
                        model.path("model_id").asString(""),
                        model.path("size_bytes").asLong(0)));
            }
            return rows;
        }
        if (!Files.exists(data.resolve("node.db"))) {
            return rows;
        }
        try (Node opened = Node.open(data, ModelNames::loadsNothing, Node.Surroundings.system())) {
            for (Map.Entry<String, StoredModel> entry : opened.models().names().entrySet()) {
                rows.add(new Row(entry.getKey(), entry.getValue().id().toString(),
                        entry.getValue().sizeBytes()));
            }
            return rows;
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }
}

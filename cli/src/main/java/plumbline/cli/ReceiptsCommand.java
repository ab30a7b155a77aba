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
import plumbline.verify.Receipt;
import tools.jackson.databind.JsonNode;

/// `plumb receipts`: the last receipts, newest first.
record ReceiptsCommand(Path data, boolean json) implements Command {
    private static final int LISTED_MAX = 1000;

    static Syntax syntax() {
        return new Syntax("receipts", "Lists the last receipts of the data folder, newest first (at"
                + " most " + LISTED_MAX + ").",
                List.of(), List.of(Option.JSON, Option.DATA),
                List.of("plumb verify ID checks one; with PLUMB_NODE: that node's or proxy's, if it is on this"
                        + " machine."));
    }

    static ReceiptsCommand of(Arguments arguments) throws UsageException {
        return new ReceiptsCommand(arguments.dataFolder(), arguments.json());
    }

    private record Row(
            String id, String time, String model, long prompt, long output, String stop) {
        Map<String, Object> json() {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("id", id);
            entry.put("time", time);
            entry.put("model_id", model);
            entry.put("prompt_tokens", prompt);
            entry.put("completion_tokens", output);
            entry.put("stop", stop);
            return entry;
        }
    }

    @Override
    public int execute(Terminal terminal) throws Failure {
        List<Row> rows = rows();
        if (json) {
            terminal.print(JsonText.of(
                    Map.of("receipts", rows.stream().map(Row::json).toList())));
        } else {
            rows.forEach(row -> terminal.print(String.format("%s  %s  %s…  %5d + %d tokens, %s",
                    row.id(), row.time(),
                    row.model().substring(0, Math.min(19, row.model().length())),
                    row.prompt(), row.output(), row.stop())));
            if (rows.isEmpty()) {
                terminal.say("no receipts yet: plumb run MODEL -p PROMPT makes one");
            }
        }
        return Exit.DONE;
    }

    private List<Row> rows() throws Failure {
        List<Row> rows = new ArrayList<>();
        Optional<NodeLink> node = NodeLink.find(data);
        if (node.isPresent()) {
            for (JsonNode receipt : new NodeApi(node.get()).receipts().path("data")) {
                rows.add(new Row(receipt.path("id").asString(""),
                        receipt.path("time").asString(""), receipt.path("model").asString(""),
                        receipt.path("prompt_tokens").asLong(0),
                        receipt.path("completion_tokens").asLong(0),
                        receipt.path("stop").asString("")));
            }
            return rows;
        }
        if (!Files.exists(data.resolve("node.db"))) {
            return rows;
        }
        try (Node opened = Node.open(data, ModelNames::loadsNothing, Node.Surroundings.system())) {
            for (Receipt receipt : opened.receipts().latest(LISTED_MAX)) {
                rows.add(new Row(receipt.id().hex(), receipt.time().toString(),
                        receipt.model().toString(), receipt.prompt().count(),
                        receipt.output().count(), receipt.stop().word()));
            }
            return rows;
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }
}

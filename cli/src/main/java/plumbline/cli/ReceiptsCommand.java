package plumbline.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.proxy.KeptAnswers;
import plumbline.verify.Receipt;
import tools.jackson.databind.JsonNode;

/// `plumb receipts`: the last receipts, newest first.
record ReceiptsCommand(Path data, boolean json) implements Command {
    private static final int LISTED_MAX = 1000;

    static Syntax syntax() {
        return new Syntax("receipts", "Lists the last receipts of the data folder, newest first (at"
                + " most " + LISTED_MAX + "); those of a proxy with what was shown of each, and the evidence against"
                + " nodes that it has kept.",
                List.of(), List.of(Option.JSON, Option.DATA),
                List.of("plumb verify ID checks one; with PLUMB_NODE: that node's or proxy's, if it is on this"
                        + " machine."));
    }

    static ReceiptsCommand of(Arguments arguments) throws UsageException {
        return new ReceiptsCommand(arguments.dataFolder(), arguments.json());
    }

    private record Row(
            String id, String time, String model, long prompt, long output, String stop, List<String> facts) {
        static Row of(JsonNode receipt) {
            List<String> facts = new ArrayList<>();
            receipt.path("facts").forEach(fact -> facts.add(fact.asString("")));
            return new Row(receipt.path("id").asString(""), receipt.path("time").asString(""),
                    receipt.path("model").asString(""), receipt.path("prompt_tokens").asLong(0),
                    receipt.path("completion_tokens").asLong(0), receipt.path("stop").asString(""), facts);
        }

        Map<String, Object> json() {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("id", id);
            entry.put("time", time);
            entry.put("model_id", model);
            entry.put("prompt_tokens", prompt);
            entry.put("completion_tokens", output);
            entry.put("stop", stop);
            if (!facts.isEmpty()) {
                entry.put("facts", facts);
            }
            return entry;
        }
    }

    @Override
    public int execute(Terminal terminal) throws Failure {
        List<Row> rows = new ArrayList<>();
        List<JsonNode> evidence = new ArrayList<>();
        Optional<NodeLink> node = NodeLink.find(data);
        JsonNode listed = node.isPresent() ? new NodeApi(node.get()).receipts() : NodeApi.JSON.createObjectNode();
        listed.path("data").forEach(receipt -> rows.add(Row.of(receipt)));
        listed.path("evidence").forEach(evidence::add);
        if (node.isEmpty()) {
            rows.addAll(own());
        }
        // A node that holds the folder knows nothing of a proxy that has it too.
        if (node.isEmpty() || !node.get().token().isEmpty()) {
            JsonNode kept = KeptAnswers.read(data.resolve(ProxyCommand.FOLDER), LISTED_MAX).receipts();
            kept.path("data").forEach(receipt -> rows.add(Row.of(receipt)));
            kept.path("evidence").forEach(evidence::add);
            rows.sort(Comparator.comparing(Row::time).reversed());
        }
        if (json) {
            Map<String, Object> all = new LinkedHashMap<>();
            all.put("receipts", rows.stream().map(Row::json).toList());
            if (!evidence.isEmpty()) {
                all.put("evidence", evidence.stream().map(ReceiptsCommand::json).toList());
            }
            terminal.print(JsonText.of(all));
        } else {
            rows.forEach(row -> terminal.print(String.format("%s  %s  %s…  %5d + %d tokens, %s%s",
                    row.id(), row.time(),
                    row.model().substring(0, Math.min(19, row.model().length())),
                    row.prompt(), row.output(), row.stop(),
                    row.facts().isEmpty() ? "" : "; " + String.join(", ", row.facts()))));
            if (rows.isEmpty()) {
                terminal.say("no receipts yet: plumb run MODEL -p PROMPT makes one");
            }
        }
        evidence.forEach(found -> terminal.say("evidence kept of " + found.path("node").asString("") + ": "
                + found.path("what").asString("") + " (" + found.path("file").asString("") + ")"));
        return Exit.DONE;
    }

    private static Map<String, Object> json(JsonNode found) {
        Map<String, Object> entry = new LinkedHashMap<>();
        for (String name : List.of("node", "signer", "time", "what", "file")) {
            entry.put(name, found.path(name).asString(""));
        }
        return entry;
    }

    private List<Row> own() throws Failure {
        List<Row> rows = new ArrayList<>();
        if (!Files.exists(data.resolve("node.db"))) {
            return rows;
        }
        try (Node opened = Node.open(data, ModelNames::loadsNothing, Node.Surroundings.system())) {
            for (Receipt receipt : opened.receipts().latest(LISTED_MAX)) {
                rows.add(new Row(receipt.id().hex(), receipt.time().toString(),
                        receipt.model().toString(), receipt.prompt().count(),
                        receipt.output().count(), receipt.stop().word(), List.of()));
            }
            return rows;
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }
}

package plumbline.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import plumbline.node.ApiKey;
import plumbline.node.ApiKeys;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.api.Scope;
import tools.jackson.databind.JsonNode;

/// `plumb apikey create|list|revoke`: the keys that callers from elsewhere need. With a running node through it.
record ApiKeyCommand(Action action, Path data, boolean json) implements Command {

    private static final String[] QUOTAS =
            {"--requests-per-minute", "--requests-per-day", "--tokens-per-minute", "--tokens-per-day"};

    /// What is to be done.
    private sealed interface Action {}

    private record Create(String name, Set<Scope> scopes, List<OptionalLong> quotas) implements Action {}

    private record ListAll() implements Action {}

    private record Revoke(String key) implements Action {}

    static Syntax syntax() {
        return new Syntax(
                "apikey",
                "Makes, lists and revokes API keys. Callers of other machines need one (plumb up --listen)."
                        + " `create NAME` prints the key, once: the node keeps only its hash.",
                List.of("create|list|revoke", "[NAME]"),
                List.of(
                        Option.value("--scopes", "LIST", "what a new key is for, with commas between: run, publish,"
                                + " admin, metrics (default run)"),
                        Option.value(QUOTAS[0], "N", "answers that may be had with the key in a minute"),
                        Option.value(QUOTAS[1], "N", "in a day (UTC)"),
                        Option.value(QUOTAS[2], "N", "tokens of prompts and answers in a minute"),
                        Option.value(QUOTAS[3], "N", "in a day"),
                        Option.JSON,
                        Option.DATA),
                List.of("Works beside a running node, at once. `revoke` takes a key's name or its id (the 16 digits in"
                        + " its middle)."));
    }

    static ApiKeyCommand of(Arguments arguments) throws UsageException {
        return new ApiKeyCommand(action(arguments), arguments.dataFolder(), arguments.json());
    }

    private static Action action(Arguments arguments) throws UsageException {
        Optional<String> name = arguments.operands().size() > 1
                ? Optional.of(arguments.operand(1)) : Optional.empty();
        String word = arguments.operand(0);
        boolean isOption = arguments.has("--scopes") || List.of(QUOTAS).stream().anyMatch(arguments::has);
        if (isOption && !word.equals("create")) {
            throw new UsageException("apikey " + word + ": scopes and quotas are given when a key is made");
        }
        if (word.equals("list") == name.isPresent()) {
            throw new UsageException(
                    name.isPresent() ? "apikey list takes no name" : "apikey " + word + ": missing NAME");
        }
        return switch (word) {
            case "create" -> create(arguments, name.orElseThrow());
            case "list" -> new ListAll();
            case "revoke" -> new Revoke(name.orElseThrow());
            default -> throw new UsageException("apikey " + word + ": there is create, list and revoke");
        };
    }

    private static Create create(Arguments arguments, String name) throws UsageException {
        if (!ApiKey.isName(name)) {
            throw new UsageException("'" + name + "' is no name for a key: use 1 to 64 of a-z 0-9 . _ -");
        }
        Set<Scope> scopes = new TreeSet<>();
        for (String word : arguments.text("--scopes").orElse("run").split(",", -1)) {
            scopes.add(Scope.of(word.strip()).orElseThrow(() -> new UsageException(
                    "--scopes: '" + word + "' is none of run, publish, admin, metrics")));
        }
        List<OptionalLong> quotas = new ArrayList<>();
        for (String option : QUOTAS) {
            quotas.add(arguments.integer(option, 1, ApiKey.Quotas.MAX));
        }
        return new Create(name, scopes, quotas);
    }

    @Override
    public int execute(Terminal terminal) throws Failure {
        Optional<NodeLink> running = NodeLink.holding(data);
        if (running.isPresent()) {
            execute(new NodeApi(running.get()), terminal);
            return Exit.DONE;
        }
        try (Node node = Node.open(data, ModelNames::loadsNothing, Node.Surroundings.system())) {
            execute(node.apiKeys(), terminal);
            return Exit.DONE;
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }

    private void execute(ApiKeys keys, Terminal terminal) throws Failure, NodeException {
        switch (action) {
            case Create(String name, Set<Scope> scopes, List<OptionalLong> quotas) -> {
                ApiKeys.Created created = keys.create(name, scopes,
                        new ApiKey.Quotas(quotas.get(0), quotas.get(1), quotas.get(2), quotas.get(3)));
                created(name, created.key().id(), created.secret(), terminal);
            }
            case ListAll() -> {
                List<Map<String, Object>> rows = new ArrayList<>();
                for (ApiKeys.Listed listed : keys.list()) {
                    rows.add(row(listed.key().id(), listed.key().name(),
                            listed.key().scopes().stream().sorted().map(Scope::word).toList(),
                            listed.requestsToday(), listed.tokensToday()));
                }
                listed(rows, terminal);
            }
            case Revoke(String key) -> revoked(keys.revoke(key).orElseThrow(() -> new Failure(
                    "there is no API key " + key, "See: plumb apikey list")).name(), terminal);
        }
    }

    private void execute(NodeApi node, Terminal terminal) throws Failure {
        switch (action) {
            case Create(String name, Set<Scope> scopes, List<OptionalLong> quotas) -> {
                Map<String, Object> body = new LinkedHashMap<>();
                body.put("name", name);
                body.put("scopes", scopes.stream().map(Scope::word).toList());
                for (int i = 0; i < QUOTAS.length; i++) {
                    if (quotas.get(i).isPresent()) {
                        body.put(QUOTAS[i].substring(2).replace('-', '_'), quotas.get(i).getAsLong());
                    }
                }
                JsonNode made = node.administer("/v1/admin/keys", body);
                created(name, made.path("id").asString(""), made.path("key").asString(""), terminal);
            }
            case ListAll() -> {
                List<Map<String, Object>> rows = new ArrayList<>();
                for (JsonNode key : node.keys().path("data")) {
                    List<String> scopes = new ArrayList<>();
                    key.path("scopes").forEach(scope -> scopes.add(scope.asString("")));
                    rows.add(row(key.path("id").asString(""), key.path("name").asString(""), scopes,
                            key.path("requests_today").asLong(0), key.path("tokens_today").asLong(0)));
                }
                listed(rows, terminal);
            }
            case Revoke(String key) -> revoked(
                    node.administer("/v1/admin/keys/revoke", Map.of("key", key)).path("name").asString(""), terminal);
        }
    }

    private static Map<String, Object> row(
            String id, String name, List<String> scopes, long requestsToday, long tokensToday) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", id);
        row.put("name", name);
        row.put("scopes", scopes);
        row.put("requests_today", requestsToday);
        row.put("tokens_today", tokensToday);
        return row;
    }

    private void created(String name, String id, String key, Terminal terminal) {
        if (json) {
            Map<String, Object> page = new LinkedHashMap<>();
            page.put("name", name);
            page.put("id", id);
            page.put("key", key);
            terminal.print(JsonText.of(page));
        } else {
            terminal.say("the key " + name + "; it isn't shown again:");
            terminal.print(key);
        }
    }

    private void listed(List<Map<String, Object>> rows, Terminal terminal) {
        if (json) {
            terminal.print(JsonText.of(Map.of("keys", rows)));
            return;
        }
        for (Map<String, Object> row : rows) {
            terminal.print(row.get("id") + "  " + row.get("name") + "  " + row.get("scopes") + "  today "
                    + row.get("requests_today") + " answers, " + row.get("tokens_today") + " tokens");
        }
        if (rows.isEmpty()) {
            terminal.say("there are no API keys; make one: plumb apikey create NAME");
        }
    }

    private void revoked(String name, Terminal terminal) {
        terminal.print(json ? JsonText.of(Map.of("revoked", name)) : "revoked " + name);
    }
}

package plumbline.node;

import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import plumbline.engine.request.RequestException;
import plumbline.node.api.Json;
import plumbline.node.api.Reply;
import plumbline.node.api.Scope;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// API keys over HTTP, for whoever may administer the node. Source: spec/api.md A48.
final class AdminKeys {

    static final String KEYS = "/v1/admin/keys";
    static final String REVOKE = "/v1/admin/keys/revoke";

    private static final Set<String> FIELDS = Set.of("name", "scopes", "requests_per_minute", "requests_per_day",
            "tokens_per_minute", "tokens_per_day");

    private final ApiKeys keys;

    AdminKeys(ApiKeys keys) {
        this.keys = keys;
    }

    /// Makes a key of `{"name":...,"scopes":[...],"requests_per_minute":...}`; the answer is the one place where the
    /// key stands.
    Reply create(JsonNode json) throws RequestException, NodeException {
        for (String field : json.propertyNames()) {
            if (!FIELDS.contains(field)) {
                throw new RequestException(400, field, "a key has no `" + field + "`");
            }
        }
        String name = json.path("name").asString("");
        if (!ApiKey.isName(name)) {
            throw new RequestException(400, "name", "`name` must be 1 to 64 of a-z 0-9 . _ -, a letter or digit first");
        }
        ApiKey.Quotas quotas = new ApiKey.Quotas(quota(json, "requests_per_minute"), quota(json, "requests_per_day"),
                quota(json, "tokens_per_minute"), quota(json, "tokens_per_day"));
        Set<Scope> scopes = scopes(json.path("scopes"));
        if (keys.isTaken(name)) {
            throw new RequestException(409, "name", "name_taken",
                    "there is an API key called " + name + ": take another name, or revoke it");
        }
        ApiKeys.Created created = keys.create(name, scopes, quotas);
        return Reply.json(json(created.key()).put("key", created.secret())).with("Cache-Control", "no-store");
    }

    private static OptionalLong quota(JsonNode json, String field) throws RequestException {
        JsonNode value = json.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return OptionalLong.empty();
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < 1
                || value.asLong() > ApiKey.Quotas.MAX) {
            throw new RequestException(
                    400, field, "`" + field + "` must be an integer from 1 to " + ApiKey.Quotas.MAX);
        }
        return OptionalLong.of(value.asLong());
    }

    private static Set<Scope> scopes(JsonNode words) throws RequestException {
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        for (JsonNode word : words) {
            scopes.add(Scope.of(word.asString("")).orElseThrow(AdminKeys::noScopes));
        }
        if (!words.isArray() || scopes.isEmpty()) {
            throw noScopes();
        }
        return scopes;
    }

    private static RequestException noScopes() {
        return new RequestException(
                400, "scopes", "`scopes` must be a list of at least one of run, publish, admin, metrics");
    }

    /// All keys, without their secrets.
    Reply list() {
        ObjectNode list = Json.object().put("object", "list");
        ArrayNode data = list.putArray("data");
        for (ApiKeys.Listed listed : keys.list()) {
            data.add(json(listed.key()).put("requests_today", listed.requestsToday())
                    .put("tokens_today", listed.tokensToday()));
        }
        return Reply.json(list).with("Cache-Control", "no-store");
    }

    /// Takes the key `{"key":NAME_OR_ID}` back.
    Reply revoke(JsonNode json) throws RequestException, NodeException {
        String name = json.path("key").asString("");
        Optional<ApiKey> revoked = keys.revoke(name);
        return Reply.json(json(revoked.orElseThrow(() -> new RequestException(404, "key", "key_not_found",
                "there is no API key of this name or id: plumb apikey list shows those there are"))));
    }

    private static ObjectNode json(ApiKey key) {
        ObjectNode json = Json.object().put("id", key.id()).put("object", "api_key").put("name", key.name());
        ArrayNode scopes = json.putArray("scopes");
        key.scopes().stream().sorted().forEach(scope -> scopes.add(scope.word()));
        put(json, "requests_per_minute", key.quotas().requestsPerMinute());
        put(json, "requests_per_day", key.quotas().requestsPerDay());
        put(json, "tokens_per_minute", key.quotas().tokensPerMinute());
        put(json, "tokens_per_day", key.quotas().tokensPerDay());
        return json.put("created", key.created().toString());
    }

    private static void put(ObjectNode json, String field, OptionalLong quota) {
        json.put(field, quota.isPresent() ? Long.valueOf(quota.getAsLong()) : null);
    }
}

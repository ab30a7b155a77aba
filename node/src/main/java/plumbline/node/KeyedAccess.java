package plumbline.node;

import java.util.Optional;
import plumbline.node.api.Access;
import plumbline.node.api.ApiError;
import plumbline.node.api.ApiException;
import plumbline.node.api.Caller;
import plumbline.node.api.Scope;

/// Lets callers of this machine in without a key, unless told otherwise, and all others with one.
/// Source: spec/api.md A111-A118.
final class KeyedAccess implements Access {

    private final ApiKeys keys;
    private final boolean always;

    /// @param always whether callers of this machine need a key, too
    KeyedAccess(ApiKeys keys, boolean always) {
        this.keys = keys;
        this.always = always;
    }

    @Override
    public Entry enter(Caller caller, Scope scope) throws ApiException {
        Optional<String> shown = caller.apiKey();
        boolean needed = always || !caller.isLocal();
        // Clients insist on sending something; here it is only looked at where it claims to be a key.
        if (shown.isEmpty() || !needed && !shown.get().contains(ApiKey.PREFIX)) {
            if (needed) {
                throw unauthorized("api_key_missing", "this needs an API key, in the header Authorization: Bearer"
                        + " or x-api-key: ask the node's owner for one (plumb apikey create)");
            }
            return Entry.anonymous(caller.name());
        }
        ApiKey key = keys.check(shown.get()).orElseThrow(() -> unauthorized("api_key_invalid",
                "this isn't an API key of this node: it is mistyped, or was revoked"));
        if (!key.scopes().contains(scope)) {
            throw ApiError.of(403, "", "scope_missing", "the API key " + key.name() + " isn't for this: it would need"
                    + " the scope " + scope.word()).thrown();
        }
        return new Entry("key " + key.id(), Optional.of(key.id()));
    }

    private static ApiException unauthorized(String code, String message) {
        return ApiError.of(401, "", code, message).thrown();
    }

    @Override
    public Room room(Entry entry, int answers, long tokens) throws ApiException {
        return entry.key().isEmpty() ? Room.UNBOUNDED : keys.room(entry.key().get(), answers, tokens);
    }
}

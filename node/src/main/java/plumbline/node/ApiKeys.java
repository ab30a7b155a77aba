package plumbline.node;

import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import plumbline.node.api.Access;
import plumbline.node.api.ApiError;
import plumbline.node.api.ApiException;
import plumbline.node.api.Scope;
import plumbline.verify.Digest;
import plumbline.verify.Receipt;

/// The API keys of a node: made, found, charged, revoked. Safe for use by several threads. Source:
/// spec/api.md A110-A119.
public final class ApiKeys {

    private static final int KEYS_MAX = 100_000;
    // What an unknown id is compared with, so that it takes as long as a known one.
    private static final Digest NOBODY = Digest.sha256(new byte[0]);

    private final Database database;
    private final InstantSource clock;
    private final SecureRandom random;
    private final Map<String, Held> keys = new LinkedHashMap<>(); // by id; guarded by this

    private record Held(ApiKey key, Digest hash, KeyUsage usage) {}

    /// A key and what was asked with it, for people.
    public record Listed(ApiKey key, long requestsToday, long tokensToday) {}

    /// A key that was just made.
    ///
    /// @param secret the whole key, which nobody can be shown again
    public record Created(ApiKey key, String secret) {}

    ApiKeys(Database database, InstantSource clock, SecureRandom random) throws NodeException {
        this.database = database;
        this.clock = clock;
        this.random = random;
        for (Held held : database.all("SELECT id, name, secret_hash, scopes, requests_minute, requests_day,"
                + " tokens_minute, tokens_day, created_millis FROM api_keys ORDER BY created_millis, id"
                + " LIMIT " + KEYS_MAX, ApiKeys::held)) {
            keys.put(held.key.id(), held);
        }
        database.all("SELECT key, seconds, start, requests, tokens FROM api_usage ORDER BY start", row -> {
            Held held = keys.get(row.getString(1));
            if (held != null) {
                KeyUsage.Window window =
                        row.getInt(2) == KeyUsage.DAY_SECONDS ? held.usage.day : held.usage.minute;
                window.restore(row.getLong(3), row.getLong(4), row.getLong(5), clock.instant());
            }
            return true;
        });
    }

    private static Held held(ResultSet row) throws SQLException {
        Set<Scope> scopes = Arrays.stream(row.getString(4).split(","))
                .flatMap(word -> Scope.of(word).stream()).collect(Collectors.toSet());
        ApiKey.Quotas quotas = new ApiKey.Quotas(
                quota(row, 5), quota(row, 6), quota(row, 7), quota(row, 8));
        return new Held(new ApiKey(row.getString(1), row.getString(2), scopes, quotas,
                Instant.ofEpochMilli(row.getLong(9))), Digest.of(row.getBytes(3)), new KeyUsage());
    }

    private static OptionalLong quota(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
    }

    private static Long column(OptionalLong quota) {
        return quota.isPresent() ? Long.valueOf(quota.getAsLong()) : null;
    }

    /// Makes a key.
    ///
    /// @throws NodeException if there is one of this name
    public Created create(String name, Set<Scope> scopes, ApiKey.Quotas quotas) throws NodeException {
        if (!ApiKey.isName(name) || scopes.isEmpty()) {
            throw new IllegalArgumentException("name " + name + ", scopes " + scopes);
        }
        String secret = ApiKey.draw(random);
        ApiKey key = new ApiKey(ApiKey.id(secret).orElseThrow(), name, scopes, quotas, clock.instant());
        synchronized (this) {
            if (find(name).isPresent()) {
                throw new NodeException("there is an API key called " + name + ": take another name, or revoke it");
            }
            if (keys.size() >= KEYS_MAX) {
                throw new NodeException("there are " + KEYS_MAX + " API keys: revoke some");
            }
            Digest hash = ApiKey.hash(secret);
            database.write(c -> {
                Database.execute(c, "INSERT INTO api_keys (id, name, secret_hash, scopes, requests_minute,"
                        + " requests_day, tokens_minute, tokens_day, created_millis)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        key.id(), name, hash.bytes(),
                        scopes.stream().sorted().map(Scope::word).collect(Collectors.joining(",")),
                        column(quotas.requestsPerMinute()), column(quotas.requestsPerDay()),
                        column(quotas.tokensPerMinute()), column(quotas.tokensPerDay()),
                        key.created().toEpochMilli());
                return null;
            });
            keys.put(key.id(), new Held(key, hash, new KeyUsage()));
        }
        return new Created(key, secret);
    }

    /// Whether a key is called this.
    synchronized boolean isTaken(String name) {
        return find(name).isPresent();
    }

    /// All of them, oldest first.
    public synchronized List<Listed> list() {
        Instant now = clock.instant();
        List<Listed> all = new ArrayList<>();
        for (Held held : keys.values()) {
            all.add(new Listed(held.key, held.usage.requests(held.usage.day, now),
                    held.usage.tokens(held.usage.day, now)));
        }
        return all;
    }

    /// Whether there is a key that models can be asked with.
    public synchronized boolean isAnyFor(Scope scope) {
        return keys.values().stream().anyMatch(held -> held.key.scopes().contains(scope));
    }

    /// Takes a key back: from now on it is nobody's. Answers under way go on.
    ///
    /// @param nameOrId its name or its id
    /// @return the key; empty if there is none
    public synchronized Optional<ApiKey> revoke(String nameOrId) throws NodeException {
        Optional<Held> found = find(nameOrId);
        if (found.isPresent()) {
            String id = found.get().key.id();
            database.write(c -> {
                Database.execute(c, "DELETE FROM api_usage WHERE key = ?", id);
                Database.execute(c, "DELETE FROM api_keys WHERE id = ?", id);
                return null;
            });
            keys.remove(id);
        }
        return found.map(Held::key);
    }

    private Optional<Held> find(String nameOrId) {
        return keys.values().stream()
                .filter(held -> held.key.id().equals(nameOrId) || held.key.name().equals(nameOrId)).findFirst();
    }

    /// The key of which somebody shows this text; empty if it is none, or none any more.
    Optional<ApiKey> check(String shown) {
        Held held;
        synchronized (this) {
            held = ApiKey.id(shown).map(keys::get).orElse(null);
        }
        boolean isRight = ApiKey.matches(shown, held == null ? NOBODY : held.hash);
        return isRight && held != null ? Optional.of(held.key) : Optional.empty();
    }

    /// Takes room for a request of so many answers, each of at most `tokens` tokens.
    ///
    /// @throws ApiException status 429 if a quota is used up
    synchronized Access.Room room(String id, int answers, long tokens) throws ApiException {
        Held held = keys.get(id);
        if (held == null) { // revoked since it was checked
            return Access.Room.UNBOUNDED;
        }
        OptionalLong wait = held.usage.waitSeconds(held.key.quotas(), clock.instant());
        if (wait.isPresent()) {
            throw exceeded(held.key, wait.getAsLong()).thrown();
        }
        held.usage.promise(answers, answers * tokens);
        return new Promise(held.usage, answers, tokens);
    }

    /// What one request may still take. An answer that is counted is no longer promised, from the same moment on.
    private final class Promise implements Access.Room {
        private final KeyUsage usage;
        private final long tokens;
        private int answers; // guarded by the keys

        Promise(KeyUsage usage, int answers, long tokens) {
            this.usage = usage;
            this.answers = answers;
            this.tokens = tokens;
        }

        @Override
        public void counted(Receipt receipt) {
            synchronized (ApiKeys.this) {
                giveBack(1);
                usage.count(receipt, clock.instant());
            }
        }

        @Override
        public void close() {
            synchronized (ApiKeys.this) {
                giveBack(answers);
            }
        }

        private void giveBack(int count) {
            int given = Math.min(count, answers);
            answers -= given;
            usage.promise(-given, -given * tokens);
        }
    }

    private static ApiError exceeded(ApiKey key, long waitSeconds) {
        return new ApiError(429, Optional.empty(), Optional.of("quota_exceeded"), "the quota of the API key "
                + key.name() + " is used up, or promised to its answers under way: ask again in " + waitSeconds
                + " seconds, or ask the node's owner for a higher one", OptionalInt.of((int) waitSeconds));
    }
}

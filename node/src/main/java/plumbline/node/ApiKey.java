package plumbline.node;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import plumbline.node.api.Scope;
import plumbline.verify.Digest;

/// What a node keeps of an API key; the key itself only its owner has:
///
/// ```
/// plumb_6f1e0c9ab2d34875_5d0f...   64 hex digits at the end
/// ```
///
/// Source: spec/api.md A110.
///
/// @param id the 16 hex digits in the middle of the key
/// @param name for people, one of a kind
public record ApiKey(String id, String name, Set<Scope> scopes, Quotas quotas, Instant created) {

    /// What every key begins with.
    public static final String PREFIX = "plumb_";

    private static final Pattern FORM = Pattern.compile(PREFIX + "([0-9a-f]{16})_[0-9a-f]{64}");
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
    private static final int ID_BYTES = 8;
    private static final int SECRET_BYTES = 32;

    /// How much may be asked with a key; empty is without limit.
    public record Quotas(OptionalLong requestsPerMinute, OptionalLong requestsPerDay,
            OptionalLong tokensPerMinute, OptionalLong tokensPerDay) {

        /// The highest value of each.
        public static final long MAX = 1_000_000_000_000L;

        /// No limit at all.
        public static Quotas none() {
            return new Quotas(OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty());
        }
    }

    /// Copies the scopes.
    public ApiKey {
        scopes = Set.copyOf(scopes);
    }

    /// Whether a key can be called this.
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /// A new key, as its owner gets it.
    static String draw(SecureRandom random) {
        byte[] bytes = new byte[ID_BYTES + SECRET_BYTES];
        random.nextBytes(bytes);
        String hex = HexFormat.of().formatHex(bytes);
        return PREFIX + hex.substring(0, 2 * ID_BYTES) + "_" + hex.substring(2 * ID_BYTES);
    }

    /// The id in a key; empty where the text is no key.
    static Optional<String> id(String key) {
        var matcher = FORM.matcher(key);
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    /// What stands in the database for a key. Its 256 random bits can't be guessed, so the hash needs to be neither
    /// salted nor slow.
    static Digest hash(String key) {
        return Digest.sha256(key.getBytes(StandardCharsets.UTF_8));
    }

    /// Whether a key has this hash; takes as long wherever they differ.
    static boolean matches(String key, Digest hash) {
        return MessageDigest.isEqual(hash(key).bytes(), hash.bytes());
    }
}

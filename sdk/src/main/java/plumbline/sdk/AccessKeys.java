package plumbline.sdk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Which API key is shown to which node; to no other. As a file, `plumb.keys`, which nobody else may read:
///
/// ```
/// plumb.keys v1
/// http://10.0.0.5:8080 plumb_6f1e0c9ab2d34875_5d0f...
/// ```
///
/// Immutable. Source: spec/proxy.md F30 to F35.
public final class AccessKeys {

    /// The variable of the environment that has one key.
    public static final String VARIABLE = "PLUMB_API_KEY";
    /// The file in the data folder.
    public static final String FILE = "plumb.keys";

    private static final String NODE_VARIABLE = "PLUMB_NODE";
    private static final String TITLE = "plumb.keys v1";
    private static final int BYTES_MAX = 1 << 20;
    private static final Set<PosixFilePermission> OWNERS = EnumSet.of(PosixFilePermission.OWNER_READ,
            PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);

    private final Map<NodeAddress, AccessKey> keys;

    private AccessKeys(Map<NodeAddress, AccessKey> keys) {
        this.keys = Map.copyOf(keys);
    }

    /// No key for anybody.
    public static AccessKeys none() {
        return new AccessKeys(Map.of());
    }

    /// Reads a file; one that isn't there has no keys.
    ///
    /// @throws PlumblineException if others may read the file, or something else stands in it. What stands there
    ///                            isn't said.
    public static AccessKeys read(Path file) throws PlumblineException {
        try {
            if (!Files.exists(file)) {
                return none();
            }
            if (Files.getFileStore(file).supportsFileAttributeView("posix")
                    && !OWNERS.containsAll(Files.getPosixFilePermissions(file))) {
                throw new PlumblineException(
                        "others may read the API keys in " + file, "Change that: chmod 600 " + file);
            }
            if (Files.size(file) > BYTES_MAX) {
                throw new PlumblineException(file + " has more than " + BYTES_MAX + " bytes", "");
            }
            return parse(Files.readString(file), file);
        } catch (IOException e) {
            // Not what it says: a malformed text is quoted in some of these.
            throw new PlumblineException("can't read " + file + " (" + e.getClass().getSimpleName() + ")", "");
        }
    }

    private static AccessKeys parse(String text, Path file) throws PlumblineException {
        String[] lines = text.split("\n", -1);
        if (!lines[0].equals(TITLE) || !lines[lines.length - 1].isEmpty()) {
            throw new PlumblineException(
                    file + " must begin with the line \"" + TITLE + "\" and end with a newline", "");
        }
        Map<NodeAddress, AccessKey> keys = new HashMap<>();
        for (int i = 1; i < lines.length - 1; i++) {
            String line = file + ", line " + (i + 1);
            String[] words = lines[i].split(" ", -1);
            // A key that stands where the address should be must not be quoted.
            if (words.length != 2 || !words[0].startsWith("http")) {
                throw new PlumblineException(line + " isn't \"URL KEY\"", "");
            }
            if (keys.put(NodeAddress.parse(words[0]), AccessKey.parse(words[1], line)) != null) {
                throw new PlumblineException(line + " has a second key for " + words[0], "");
            }
        }
        return new AccessKeys(keys);
    }

    /// The key in `PLUMB_API_KEY`, for the node in `PLUMB_NODE`; without that for the one node that is asked.
    ///
    /// @param asked the nodes that are asked
    /// @throws PlumblineException if it is no key, or could be meant for one node as well as for another
    public static AccessKeys of(Map<String, String> environment, List<NodeAddress> asked) throws PlumblineException {
        String key = environment.getOrDefault(VARIABLE, "");
        if (key.isEmpty()) {
            return none();
        }
        AccessKey parsed = AccessKey.parse(key, "what is in " + VARIABLE);
        String named = environment.getOrDefault(NODE_VARIABLE, "");
        if (named.isEmpty() && asked.size() > 1) {
            throw new PlumblineException(
                    VARIABLE + " has one key, and " + asked.size() + " nodes are asked: whose is it?",
                    "Unset it, and write lines \"URL KEY\" into " + FILE + " in the data folder (docs/operations.md).");
        }
        return named.isEmpty() && asked.isEmpty() ? none()
                : new AccessKeys(Map.of(named.isEmpty() ? asked.getFirst() : NodeAddress.parse(named), parsed));
    }

    /// These and one more, which takes the place of one for the same node.
    public AccessKeys with(String url, String key) throws PlumblineException {
        return with(NodeAddress.parse(url), AccessKey.parse(key, "what was given for the node at " + url));
    }

    /// The same, read before.
    public AccessKeys with(NodeAddress node, AccessKey key) {
        return and(new AccessKeys(Map.of(node, key)));
    }

    /// These and others, which take the place of those for the same nodes.
    public AccessKeys and(AccessKeys others) {
        Map<NodeAddress, AccessKey> all = new HashMap<>(keys);
        all.putAll(others.keys);
        return new AccessKeys(all);
    }

    /// The key for a node: its address must be the same letter for letter.
    public Optional<AccessKey> of(NodeAddress node) {
        return Optional.ofNullable(keys.get(node));
    }

    @Override
    public String toString() {
        return keys.size() + " API keys";
    }
}

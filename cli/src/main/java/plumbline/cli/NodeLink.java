package plumbline.cli;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.node.DataFolder;
import plumbline.node.NodeException;
import plumbline.sdk.AccessKey;
import plumbline.sdk.AccessKeys;
import plumbline.sdk.NodeAddress;
import plumbline.sdk.NodeClient;
import plumbline.sdk.PlumblineException;

/// The address of a node, and what it is shown.
///
/// @param url   without a slash at the end
/// @param token the token that its data folder's owner has; empty for a node that isn't ours
/// @param key   the API key for it
record NodeLink(String url, String token, Optional<AccessKey> key) {

    /// A node that is asked only for what everybody may read.
    static NodeLink open(String url) {
        return new NodeLink(url, "", Optional.empty());
    }

    /// The node to go through: `PLUMB_NODE`, else the one that holds the data folder, else none.
    static Optional<NodeLink> find(Path data) throws Failure {
        return find(data, System.getenv());
    }

    static Optional<NodeLink> find(Path data, Map<String, String> environment) throws Failure {
        String named = environment.getOrDefault("PLUMB_NODE", "");
        try {
            if (!named.isEmpty() && !named.matches("https?://[^/?#@]+/?")) {
                throw new Failure("PLUMB_NODE is '" + named + "', expected something like http://127.0.0.1:8080", "");
            }
            Optional<NodeLink> node = named.isEmpty() ? holding(data)
                    : Optional.of(open(NodeAddress.parse(named).url()));
            return node.isEmpty() ? node : Optional.of(node.get().withKey(data, environment));
        } catch (PlumblineException e) {
            throw new Failure(e.getMessage(), e.cure());
        }
    }

    private NodeLink withKey(Path data, Map<String, String> environment) throws PlumblineException {
        NodeAddress address = new NodeAddress(url);
        AccessKeys keys = AccessKeys.read(data.resolve(AccessKeys.FILE))
                .and(AccessKeys.of(environment, List.of(address)));
        return new NodeLink(url, token, keys.of(address));
    }

    /// The node that holds the data folder.
    static Optional<NodeLink> holding(Path data) throws Failure {
        try {
            return DataFolder.runningNode(data)
                    .map(node -> new NodeLink(node.url(), node.token(), Optional.empty()));
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }

    /// The key with the address that it is for.
    AccessKeys keys() {
        return key.map(own -> AccessKeys.none().with(new NodeAddress(url), own)).orElse(AccessKeys.none());
    }

    /// For what the commands read of logs.
    NodeClient client() {
        return NodeClient.of(new NodeAddress(url), key);
    }

    /// What the node said, without the key that it was shown.
    String hidden(String said) {
        return key.map(shown -> shown.hiddenIn(said)).orElse(said);
    }

    URI at(String path) {
        return URI.create(url + path);
    }

    @Override
    public String toString() {
        return url;
    }
}

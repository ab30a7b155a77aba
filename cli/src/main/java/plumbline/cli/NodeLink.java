package plumbline.cli;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import plumbline.node.DataFolder;
import plumbline.node.NodeException;
import plumbline.sdk.NodeAddress;
import plumbline.sdk.NodeClient;

/// The address of a node, and the token that its data folder's owner has.
///
/// @param url   without a slash at the end
/// @param token empty for a node that isn't ours
record NodeLink(String url, String token) {

    /// The node to go through: `PLUMB_NODE`, else the one that holds the data folder, else none.
    static Optional<NodeLink> find(Path data) throws Failure {
        String named = System.getenv("PLUMB_NODE");
        if (named != null && !named.isEmpty()) {
            if (!named.matches("https?://[^/?#]+/?")) {
                throw new Failure(
                        "PLUMB_NODE is '" + named + "', expected something like"
                                + " http://127.0.0.1:8080", "");
            }
            return Optional.of(new NodeLink(named.replaceAll("/$", ""), ""));
        }
        return holding(data);
    }

    /// The node that holds the data folder.
    static Optional<NodeLink> holding(Path data) throws Failure {
        try {
            return DataFolder.runningNode(data)
                    .map(node -> new NodeLink(node.url(), node.token()));
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }

    /// For what the commands read of logs.
    NodeClient client() {
        return NodeClient.of(new NodeAddress(url));
    }

    URI at(String path) {
        return URI.create(url + path);
    }
}

package plumbline.cli;

import java.nio.file.Path;
import java.util.Optional;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.NodeKey;
import plumbline.verify.VerifierKey;

/// The verifier key of the node whose data folder this is.
final class OwnKey {
    private OwnKey() {}

    /// Empty if the folder has no key yet; none is made.
    static Optional<VerifierKey> of(Path data) throws Failure {
        try {
            return NodeKey.verifierKeyOf(data);
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }

    /// The key of the folder's node; made if there is none.
    static VerifierKey ofOrNew(Path data) throws Failure {
        Optional<VerifierKey> known = of(data);
        return known.isPresent() ? known.get() : opened(data);
    }

    private static VerifierKey opened(Path data) throws Failure {
        try (Node node = Node.open(data, ModelNames::loadsNothing, Node.Surroundings.system())) {
            return node.key().verifierKey();
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }
}

package plumbline.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.verify.VerifierKey;

/// `plumb key`: the verifier key of the node at hand, which others pin.
record KeyCommand(Path data, boolean json) implements Command {

    static Syntax syntax() {
        return new Syntax(
                "key",
                "Prints the node's C2SP verifier key, which others pin to check its receipts. The"
                        + " first call makes the key.",
                List.of(),
                List.of(Option.JSON, Option.DATA),
                List.of("With PLUMB_NODE: that node's key, as it states it."));
    }

    static KeyCommand of(Arguments arguments) throws UsageException {
        return new KeyCommand(arguments.dataFolder(), arguments.json());
    }

    @Override
    public int execute(Terminal terminal) throws Failure {
        Optional<NodeLink> node = NodeLink.find(data);
        VerifierKey key = node.isPresent() ? new NodeApi(node.get()).key() : OwnKey.ofOrNew(data);
        terminal.print(json ? JsonText.of(Map.of("key", key.encode())) : key.encode());
        return Exit.DONE;
    }
}

package plumbline.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.node.KeyRotation;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.verify.HandOver;
import plumbline.verify.VerifierKey;

/// `plumb key`: the verifier key of the node at hand, which others pin; `plumb key rotate` makes a new one.
record KeyCommand(Path data, boolean rotate, boolean json) implements Command {

    static Syntax syntax() {
        return new Syntax(
                "key",
                "Prints the node's C2SP verifier key, which others pin to check its receipts. The"
                        + " first call makes the key. `plumb key rotate` makes a new one, deletes the old one, and"
                        + " prints the old key's word for the new.",
                List.of("[rotate]"),
                List.of(Option.JSON, Option.DATA),
                List.of("With PLUMB_NODE: that node's key, as it states it. Rotating needs the node to be"
                        + " stopped; receipts of the old key stay good (spec/key.md)."));
    }

    static KeyCommand of(Arguments arguments) throws UsageException {
        boolean rotate = !arguments.operands().isEmpty();
        if (rotate && !arguments.operand(0).equals("rotate")) {
            throw new UsageException("key " + arguments.operand(0) + ": there is only key rotate");
        }
        return new KeyCommand(arguments.dataFolder(), rotate, arguments.json());
    }

    @Override
    public int execute(Terminal terminal) throws Failure {
        if (rotate) {
            return rotated(terminal);
        }
        Optional<NodeLink> node = NodeLink.find(data);
        VerifierKey key = node.isPresent() ? new NodeApi(node.get()).key() : OwnKey.ofOrNew(data);
        terminal.print(json ? JsonText.of(Map.of("key", key.encode())) : key.encode());
        return Exit.DONE;
    }

    private int rotated(Terminal terminal) throws Failure {
        if (OwnKey.of(data).isEmpty()) {
            throw new Failure("there is no key in " + data + " yet", "Make one: plumb key");
        }
        try {
            HandOver handOver = KeyRotation.rotate(data, Node.Surroundings.system());
            terminal.say("the new key is " + handOver.to().encode());
            terminal.say("the old log ended with " + handOver.last().size() + " receipts; whoever pinned the old"
                    + " key follows with: plumb verify ... --hand-over FILE");
            terminal.print(json
                    ? JsonText.of(Map.of("key", handOver.to().encode(), "hand_over", handOver.toString()))
                    : handOver.toString().stripTrailing());
            return Exit.DONE;
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }
}

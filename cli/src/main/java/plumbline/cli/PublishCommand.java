package plumbline.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.node.ModelStore;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.StoredModel;
import plumbline.verify.ModelId;

/// `plumb publish FILE --name NS/NAME`: takes a model file into the cache and names it.
record PublishCommand(Path file, String name, Path data, boolean json) implements Command {

    static Syntax syntax() {
        return new Syntax(
                "publish",
                "Takes a model file into the cache, under its SHA-256, and gives it a name.",
                List.of("FILE"),
                List.of(
                        Option.value("--name", "NS/NAME", "the name (needed): two parts of"
                                + " a-z 0-9 . _ -"),
                        Option.JSON,
                        Option.DATA),
                List.of("The file is copied (sharing its blocks where the file system can), so"
                        + " it may be changed or deleted afterwards."));
    }

    static PublishCommand of(Arguments arguments) throws UsageException {
        String name = arguments.needed("--name");
        if (!ModelStore.isName(name)) {
            throw new UsageException("--name: '" + name + "' is no name: use NAMESPACE/NAME,"
                    + " each of at most 64 of a-z 0-9 . _ - and beginning with a letter or digit");
        }
        return new PublishCommand(Arguments.asPath("FILE", arguments.operand(0)), name,
                arguments.dataFolder(), arguments.json());
    }

    @Override
    public int execute(Terminal terminal) throws Failure {
        ModelPath.existing(file);
        Optional<NodeLink> running = NodeLink.holding(data);
        checkNode(System.getenv("PLUMB_NODE"), running);
        LocalModel.check(file);
        ModelId id = running.isPresent()
                ? new NodeApi(running.get()).publish(file, name)
                : publish(terminal);
        if (json) {
            Map<String, Object> page = new LinkedHashMap<>();
            page.put("name", name);
            page.put("model_id", id.toString());
            terminal.print(JsonText.of(page));
        } else {
            terminal.print(name + "@" + id);
        }
        return Exit.DONE;
    }

    // Publishing needs the token in the node's data folder, so a node can't be named by its address alone.
    static void checkNode(String named, Optional<NodeLink> running) throws Failure {
        if (named == null || named.isEmpty()
                || running.isPresent() && running.get().url().equals(named.replaceAll("/$", ""))) {
            return;
        }
        throw new Failure("PLUMB_NODE is " + named + ", but publishing goes into a data folder"
                + " on this machine, not to a node's address",
                "Unset PLUMB_NODE, or give that node's folder with --data.");
    }

    private ModelId publish(Terminal terminal) throws Failure {
        try (Node node = Node.open(data, ModelNames::loadsNothing, Node.Surroundings.system())) {
            StoredModel model = AnsweringHere.publish(node, file, terminal);
            node.models().name(name, model.id());
            return model.id();
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }
}

package plumbline.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.node.ModelStore;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.StoredModel;
import plumbline.node.Upstream;
import plumbline.verify.MalformedException;
import plumbline.verify.ModelId;

/// `plumb publish FILE --name NS/NAME`: takes a model file into the cache and names it; or names what another
/// server has.
record PublishCommand(Optional<Path> file, Optional<Upstream> upstream, String name, Path data, boolean json)
        implements Command {

    static Syntax syntax() {
        return new Syntax(
                "publish",
                "Takes a model file into the cache, under its SHA-256, and gives it a name. With --upstream: gives a"
                        + " name to a model that another server has; its answers' receipts say so, and can't be"
                        + " replayed.",
                List.of("[FILE]"),
                List.of(
                        Option.value("--name", "NS/NAME", "the name (needed): two parts of"
                                + " a-z 0-9 . _ -"),
                        Option.value("--upstream", "URL", "instead of a file: a server with OpenAI's API, such as"
                                + " http://127.0.0.1:9000/v1"),
                        Option.value("--upstream-model", "NAME", "what that server calls the model (default: the"
                                + " name)"),
                        Option.value("--key-env", "VAR", "variable of the node's environment with the key for that"
                                + " server; PLUMB_UPSTREAM_ and more"),
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
        Optional<Upstream> upstream = upstream(arguments, name);
        if (upstream.isPresent() != arguments.operands().isEmpty()) {
            throw new UsageException(upstream.isPresent() ? "either FILE or --upstream" : "missing FILE");
        }
        return new PublishCommand(
                upstream.isPresent() ? Optional.empty()
                        : Optional.of(Arguments.asPath("FILE", arguments.operand(0))),
                upstream, name, arguments.dataFolder(), arguments.json());
    }

    private static Optional<Upstream> upstream(Arguments arguments, String name) throws UsageException {
        if (!arguments.has("--upstream")) {
            if (arguments.has("--upstream-model") || arguments.has("--key-env")) {
                throw new UsageException("--upstream-model and --key-env go with --upstream");
            }
            return Optional.empty();
        }
        Upstream upstream = new Upstream(arguments.needed("--upstream").replaceAll("/$", ""),
                arguments.text("--upstream-model").orElse(name), arguments.text("--key-env"));
        try {
            upstream.encode();
            return Optional.of(upstream);
        } catch (MalformedException e) {
            throw new UsageException("--upstream: " + e.getMessage());
        }
    }

    @Override
    public int execute(Terminal terminal) throws Failure {
        if (upstream.isEmpty()) {
            ModelPath.existing(file.orElseThrow());
            return publish(file.orElseThrow(), terminal);
        }
        try {
            Path description = Files.createTempFile("plumb-upstream", "");
            try {
                Files.write(description, upstream.get().encode());
                return publish(description, terminal);
            } finally {
                Files.delete(description);
            }
        } catch (IOException | MalformedException e) {
            throw new Failure("the description of the upstream can't be written: " + e.getMessage(), "");
        }
    }

    private int publish(Path file, Terminal terminal) throws Failure {
        Optional<NodeLink> running = NodeLink.holding(data);
        checkNode(System.getenv("PLUMB_NODE"), running);
        if (upstream.isEmpty()) {
            LocalModel.check(file);
        }
        ModelId id = running.isPresent()
                ? new NodeApi(running.get()).publish(file, name)
                : publishHere(file, terminal);
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

    private ModelId publishHere(Path file, Terminal terminal) throws Failure {
        try (Node node = Node.open(data, ModelNames::loadsNothing, Node.Surroundings.system())) {
            StoredModel model = AnsweringHere.publish(node, file, terminal);
            node.models().name(name, model.id());
            return model.id();
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }
}

package plumbline.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// `plumb demo`: the whole story in one go, each step for real.
record DemoCommand(Path data, Optional<Path> model, boolean failover) implements Command {

    static Syntax syntax() {
        return new Syntax(
                "demo",
                "Gets a small model, starts a node, asks it, checks the receipt with the node"
                        + " switched"
                        + " off, runs the answer again, then tampers with it and shows how each"
                        + " change is found out.",
                List.of("[failover]"),
                List.of(
                        Option.value("--model", "FILE", "the SmolLM2 file, where it can't be"
                                + " fetched"),
                        Option.DATA),
                List.of("plumb demo failover kills a node in the middle of its answer, and the answer goes on.",
                        "The node lives in a temporary folder; only the model (98 MB,"
                        + " Apache-2.0) stays, in the data folder's cache."));
    }

    static DemoCommand of(Arguments arguments) throws UsageException {
        List<String> what = arguments.operands();
        if (!what.isEmpty() && !what.getFirst().equals("failover")) {
            throw new UsageException("'" + what.getFirst() + "' is no demo: leave it out, or ask for failover");
        }
        return new DemoCommand(arguments.dataFolder(), arguments.path("--model"), !what.isEmpty());
    }

    @Override
    public int execute(Terminal terminal) throws Failure, UsageException {
        Path file = ModelFinder.usual(
                data,
                ModelPath.repository().map(folder -> folder.resolve(".plumb")),
                model,
                terminal)
                .find();
        return failover ? FailoverDemo.run(file, terminal) : Demo.run(file, terminal);
    }
}

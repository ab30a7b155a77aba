package plumbline.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.NodeServer;

/// `plumb up`: a node, until it is told to stop.
record UpCommand(Path data, int port) implements Command {
    static final int PORT_DEFAULT = 8080;

    static Syntax syntax() {
        return new Syntax(
                "up",
                "Starts a node on 127.0.0.1: an OpenAI-compatible endpoint whose answers have"
                        + " receipts. Prints its URL on stdout when it is ready. Ctrl-C stops it.",
                List.of(),
                List.of(
                        Option.value("--port", "N", "the port (default " + PORT_DEFAULT
                                + "; 0 takes a free one)"),
                        Option.DATA),
                List.of("GET /v2/health/ready is 200 when requests can be answered."));
    }

    static UpCommand of(Arguments arguments) throws UsageException {
        return new UpCommand(arguments.dataFolder(),
                (int) arguments.integer("--port", 0, 65_535).orElse(PORT_DEFAULT));
    }

    @Override
    public int execute(Terminal terminal) throws Failure {
        CountDownLatch stop = new CountDownLatch(1);
        try (Pool pool = new Pool(LocalModel.threads());
                NodeServer server = start(data, port, pool)) {
            terminal.print(server.url());
            terminal.out().flush();
            // Not before: a start that is broken off has nothing to bring to an end.
            Signals.handle("INT", stop::countDown);
            Signals.handle("TERM", stop::countDown);
            terminal.say("plumbline node " + server.node().key().verifierKey());
            terminal.say("data folder " + data + ", " + server.node().models().names().size()
                    + " models; Ctrl-C stops");
            stop.await();
            terminal.say("stopping");
            return Exit.DONE;
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Exit.DONE;
        }
    }

    static NodeServer start(Path data, int port, Pool pool) throws Failure, NodeException {
        Node node = Node.open(data, LazyEngine.loader(pool), Node.Surroundings.system());
        try {
            NodeServer server = NodeServer.start(node, port, RequestDefaults.standard());
            node = null;
            return server;
        } finally {
            if (node != null) {
                node.close();
            }
        }
    }
}

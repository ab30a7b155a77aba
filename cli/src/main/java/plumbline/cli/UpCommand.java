package plumbline.cli;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import plumbline.engine.Decoder;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.Listening;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.NodeServer;
import plumbline.node.ServingLimits;
import plumbline.verify.ReceiptId;

/// `plumb up`: a node, until it is told to stop.
record UpCommand(Path data, Listening listening, ServingLimits limits, Optional<Duration> keep,
        OptionalLong quotaMegabytes, boolean logsJson) implements Command {
    static final int PORT_DEFAULT = 8080;
    private static final System.Logger LOG = System.getLogger("plumbline.node");
    private static final int CUT_NAMED_MAX = 20;
    private static final long QUOTA_MEGABYTES_MAX = 1L << 40;

    static Syntax syntax() {
        return new Syntax(
                "up",
                "Starts a node on 127.0.0.1, and on another address with --listen: an OpenAI-compatible"
                        + " endpoint whose answers have receipts. Prints its URL on stdout when it is ready."
                        + " Ctrl-C stops it.",
                List.of(),
                List.of(
                        Option.value("--port", "N", "the port (default " + PORT_DEFAULT
                                + "; 0 takes a free one)"),
                        Option.value("--listen", "ADDRESS", "listen there, too: an address of this machine, or 0.0.0.0"
                                + " for all; callers of other machines need an API key (plumb apikey)"),
                        Option.flag("--require-key", "callers of this machine need one as well; for a node behind a"
                                + " proxy"),
                        Option.value("--at-once", "N", "how many answers are computed at the same time (default "
                                + ServingLimits.standard().answersMax() + ", at most " + Decoder.ANSWERS_MAX
                                + "); fewer are each faster and take less memory, the others wait"),
                        Option.value("--drain", "SECONDS", "how long a stop lets answers go on (default "
                                + ServingLimits.standard().drain().toSeconds() + ")"),
                        Option.value("--keep-days", "DAYS", "requests and answers are deleted when their receipts"
                                + " are older; the receipts and the log stay (default: kept for ever)"),
                        Option.value("--quota-mb", "MB", "how much the data folder may hold; beyond it no model is"
                                + " taken in and no answer begun (default: no limit)"),
                        Option.value("--log", "KIND", "json: a line of JSON on stderr for each request and each"
                                + " failure; text: failures alone (default). Neither has prompts or answers"),
                        Option.DATA),
                List.of("GET /v2/health/ready is 200 when requests can be answered."));
    }

    static UpCommand of(Arguments arguments) throws UsageException {
        return new UpCommand(arguments.dataFolder(),
                new Listening((int) arguments.integer("--port", 0, 65_535).orElse(PORT_DEFAULT),
                        address(arguments.text("--listen")), arguments.has("--require-key")),
                limits(arguments),
                GcCommand.days(arguments, "--keep-days"),
                arguments.integer("--quota-mb", 1, QUOTA_MEGABYTES_MAX),
                logsJson(arguments.text("--log").orElse("text")));
    }

    private static ServingLimits limits(Arguments arguments) throws UsageException {
        ServingLimits standard = ServingLimits.standard();
        return standard
                .withAnswers((int) arguments.integer("--at-once", 1, Decoder.ANSWERS_MAX)
                        .orElse(standard.answersMax()))
                .withDrain(Duration.ofSeconds(arguments.integer("--drain", 0, 86_400)
                        .orElse(standard.drain().toSeconds())));
    }

    private static boolean logsJson(String kind) throws UsageException {
        return switch (kind) {
            case "json" -> true;
            case "text" -> false;
            default -> throw new UsageException("--log: '" + kind + "' is neither json nor text");
        };
    }

    // No names: they would be looked up, and could be anybody's.
    private static Optional<InetAddress> address(Optional<String> text) throws UsageException {
        try {
            return text.isEmpty() ? Optional.empty() : Optional.of(InetAddress.ofLiteral(text.get()));
        } catch (IllegalArgumentException e) {
            throw new UsageException("--listen: '" + text.get() + "' is no IP address such as 0.0.0.0 or 192.168.1.5");
        }
    }

    @Override
    public int execute(Terminal terminal) throws Failure {
        CountDownLatch stop = new CountDownLatch(1);
        if (logsJson) {
            JsonLog.to(terminal.err());
        }
        try (HeapCare _ = HeapCare.start();
                Pool pool = new Pool(LocalModel.threads());
                NodeServer server = start(data, listening, limits, pool)) {
            // Before anybody can know that it runs, and not earlier: a start that is broken off has nothing to end.
            for (String signal : List.of("INT", "TERM")) {
                Signals.handle(signal, () -> {
                    if (stop.getCount() == 0) {
                        server.cut();
                    }
                    stop.countDown();
                });
            }
            quotaMegabytes.ifPresent(megabytes -> server.node().quota().limit(megabytes << 20));
            keep.ifPresent(server.node().retention()::start);
            terminal.print(server.url());
            terminal.out().flush();
            say(terminal, "plumbline node " + server.node().key().verifierKey());
            listening.elsewhere().ifPresent(address -> say(terminal,
                    "listening on " + address.getHostAddress() + ", too; callers of other machines need an API key"));
            say(terminal, "data folder " + data + ", " + server.node().models().names().size()
                    + " models; Ctrl-C stops");
            List<ReceiptId> cut = server.node().cut();
            if (!cut.isEmpty()) {
                say(terminal, "cut off when the node stopped last, without a receipt: " + cut.size() + " answers, "
                        + String.join(", ", cut.stream().limit(CUT_NAMED_MAX).map(ReceiptId::hex).toList()));
            }
            stop.await();
            say(terminal, "stopping: answers under way have " + limits.drain().toSeconds()
                    + " seconds; once more cuts them");
            return Exit.DONE;
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Exit.DONE;
        }
    }

    // Where the log is JSON every line is.
    private void say(Terminal terminal, String line) {
        if (logsJson) {
            LOG.log(System.Logger.Level.INFO, line);
        } else {
            terminal.say(line);
        }
    }

    static NodeServer start(Path data, int port, Duration drain, Pool pool) throws Failure, NodeException {
        return start(data, Listening.here(port), ServingLimits.standard().withDrain(drain), pool);
    }

    private static NodeServer start(Path data, Listening listening, ServingLimits limits, Pool pool)
            throws Failure, NodeException {
        Node node = Node.open(data, LazyEngine.loader(pool), Node.Surroundings.system());
        try {
            NodeServer server = NodeServer.start(node, listening, RequestDefaults.standard(), limits);
            node = null;
            return server;
        } finally {
            if (node != null) {
                node.close();
            }
        }
    }
}

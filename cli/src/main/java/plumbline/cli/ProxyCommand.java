package plumbline.cli;

import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import plumbline.node.NodeException;
import plumbline.node.proxy.ProxyServer;
import plumbline.sdk.AccessKeys;
import plumbline.sdk.Plumbline;
import plumbline.sdk.PlumblineException;
import plumbline.verify.MalformedException;
import plumbline.verify.Policy;

/// `plumb proxy --node URL`: the nodes' API on this machine, each answer checked before it ends.
record ProxyCommand(
        Path data,
        int port,
        List<String> nodes,
        Optional<Path> policy,
        double sharePercent,
        Optional<Path> lock,
        Optional<Path> keys,
        OptionalLong stallMillis,
        List<String> forgiven)
        implements Command {
    static final int PORT_DEFAULT = 11435;
    /// In the data folder: what became of each answer.
    static final String FOLDER = "proxy";

    static Syntax syntax() {
        return new Syntax(
                "proxy",
                "Starts an endpoint on 127.0.0.1 for any OpenAI, Anthropic or Ollama client. Nodes elsewhere answer;"
                        + " every answer is checked here, goes on at another node where one is lost, and says what was"
                        + " shown. Prints its URL on stdout when it is ready; the URL shows a page. Ctrl-C stops it.",
                List.of(),
                List.of(
                        Option.value("--node", "URL...", "a node to ask; give it again for each further one (needed)"),
                        Option.value("--share", "PERCENT", "of answers that are computed again, here if the data folder"
                                + " has the model, else at another node (default 2; at 100 each token before it is"
                                + " passed on)"),
                        Option.value("--policy", "FILE", "logs and witnesses that you trust (C2SP tlog-policy)"),
                        Option.value("--lock", "FILE", "pinned names and signers (default: plumb.lock in the data"
                                + " folder)"),
                        Option.value("--keys", "FILE", "API keys for nodes, lines \"URL KEY\" (default: "
                                + AccessKeys.FILE + " in the data folder); for one node PLUMB_API_KEY will do"),
                        Option.value("--stall", "MILLIS", "without a token, after which another node is asked too"
                                + " (default 20000)"),
                        Option.value("--forgive", "URL...", "a node that was found wrong before and is to be asked"
                                + " again"),
                        Option.value("--port", "N", "the port (default " + PORT_DEFAULT + "; 0 takes a free one)"),
                        Option.DATA),
                List.of("What is pinned at first use is printed: compare it with what the nodes' owners say."));
    }

    static ProxyCommand of(Arguments arguments) throws UsageException {
        arguments.needed("--node");
        BigDecimal share = new BigDecimal(arguments.decimal("--share").orElse("2"));
        if (share.signum() < 0 || share.compareTo(BigDecimal.valueOf(100)) > 0) {
            throw new UsageException("--share: " + share + " is not between 0 and 100");
        }
        return new ProxyCommand(
                arguments.dataFolder(),
                (int) arguments.integer("--port", 0, 65_535).orElse(PORT_DEFAULT),
                arguments.texts("--node"),
                arguments.path("--policy"),
                share.doubleValue(),
                arguments.path("--lock"),
                arguments.path("--keys"),
                arguments.integer("--stall", 100, 3_600_000),
                arguments.texts("--forgive"));
    }

    @Override
    public int execute(Terminal terminal) throws Failure {
        CountDownLatch stop = new CountDownLatch(1);
        forgive(terminal);
        try (LocalModels models = new LocalModels(data, terminal);
                Plumbline asked = Plumbline.connect(nodes, settings(terminal), models);
                ProxyServer server = ProxyServer.start(asked, data.resolve(FOLDER), port)) {
            terminal.print(server.url());
            terminal.out().flush();
            Signals.handle("INT", stop::countDown);
            Signals.handle("TERM", stop::countDown);
            terminal.say("plumbline proxy for " + String.join(", ", nodes) + "; the page is at " + server.url() + "/");
            // It may be mended while the proxy runs; whoever asks meanwhile is told.
            Thread.ofVirtual().start(() -> asked.troubles().forEach(terminal::say));
            stop.await();
            terminal.say("stopping");
            return Exit.DONE;
        } catch (PlumblineException e) {
            throw new Failure(e.getMessage(), e.cure());
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Exit.DONE;
        }
    }

    private void forgive(Terminal terminal) throws Failure {
        try {
            for (String url : forgiven) {
                terminal.say(Plumbline.forgive(data, url) ? "forgiven: the node at " + url
                        : "the node at " + url + " was not set aside");
            }
        } catch (PlumblineException e) {
            throw new Failure(e.getMessage(), e.cure());
        }
    }

    private Plumbline.Settings settings(Terminal terminal) throws Failure, PlumblineException {
        Plumbline.Settings settings = Plumbline.Settings.in(data).withShare(sharePercent).withNotices(terminal::say)
                .withKeys(AccessKeys.of(System.getenv(), Plumbline.addresses(nodes)));
        if (keys.isPresent()) {
            if (!Files.isRegularFile(keys.get())) {
                throw new Failure("there is no file " + keys.get() + " with API keys", "");
            }
            settings = settings.withKeys(keys.get());
        }
        if (lock.isPresent()) {
            settings = settings.withLock(lock.get());
        }
        if (stallMillis.isPresent()) {
            settings = settings.withStall(stallMillis.getAsLong());
        }
        if (policy.isEmpty()) {
            return settings;
        }
        try {
            return settings.withPolicy(Policy.parse(VerifyCommand.read(policy.get(), Policy.BYTES_MAX)));
        } catch (MalformedException e) {
            throw new Failure("the policy " + policy.get() + " can't be used: " + e.getMessage(), "");
        }
    }

}

package plumbline.cli;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.KernelRefusedException;
import plumbline.engine.kernel.KernelUnavailableException;
import plumbline.engine.kernel.Kernels;
import plumbline.node.DataFolder;
import plumbline.node.NodeException;

/// `plumb doctor`: what this machine and installation are like, and what is wrong with them.
record DoctorCommand(Path data, boolean json) implements Command {
    private static final int REACH_MILLIS = 3_000;

    static Syntax syntax() {
        return new Syntax("doctor", "Checks this machine and installation; names the kernels in"
                + " use.",
                List.of(), List.of(Option.JSON, Option.DATA),
                List.of("Exit code 1 if something keeps Plumbline from working."));
    }

    static DoctorCommand of(Arguments arguments) throws UsageException {
        return new DoctorCommand(arguments.dataFolder(), arguments.json());
    }

    private enum State {
        GOOD("✓", Terminal.Colour.GREEN),
        NOTE("–", Terminal.Colour.FAINT),
        BAD("✗", Terminal.Colour.RED);

        private final String mark;
        private final Terminal.Colour colour;

        State(String mark, Terminal.Colour colour) {
            this.mark = mark;
            this.colour = colour;
        }
    }

    private record Finding(String name, State state, String text) {}

    @Override
    public int execute(Terminal terminal) throws Failure {
        List<Finding> findings = new ArrayList<>();
        findings.add(java());
        findings.add(machine());
        findings.addAll(kernels());
        findings.add(folder());
        findings.add(node());
        findings.add(testModel());
        findings.add(hub());
        findings.add(pip());
        if (json) {
            terminal.print(JsonText.of(page(findings)));
        } else {
            for (Finding finding : findings) {
                terminal.print(terminal.paint(finding.state().colour, finding.state().mark) + " "
                        + finding.name() + " ".repeat(Math.max(1, 14 - finding.name().length()))
                        + Columns.wrap(finding.text(), 16));
            }
        }
        boolean works = findings.stream().noneMatch(finding -> finding.state() == State.BAD);
        return works ? Exit.DONE : Exit.FAILED;
    }

    private static Map<String, Object> page(List<Finding> findings) {
        Map<String, Object> page = new LinkedHashMap<>();
        for (Finding finding : findings) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("ok", finding.state() != State.BAD);
            entry.put("text", finding.text());
            page.put(finding.name().replace(' ', '_'), entry);
        }
        return page;
    }

    private static Finding java() {
        return new Finding("java", State.GOOD, Runtime.version() + " ("
                + System.getProperty("java.vendor") + ") in " + System.getProperty("java.home"));
    }

    private static Finding machine() throws Failure {
        long heapMegabytes = Runtime.getRuntime().maxMemory() >> 20;
        return new Finding("machine", State.GOOD, System.getProperty("os.name") + " "
                + System.getProperty("os.arch") + ", " + Runtime.getRuntime().availableProcessors()
                + " cores, " + LocalModel.threads() + " threads compute, heap of at most "
                + heapMegabytes + " MB");
    }

    private static List<Finding> kernels() {
        List<Finding> findings = new ArrayList<>();
        String asked = Optional.ofNullable(System.getenv("PLUMB_KERNEL")).orElse("");
        try {
            Kernel inUse = Kernels.choose(asked);
            findings.add(new Finding("kernel", State.GOOD, inUse.name() + " is in use"
                    + (asked.isEmpty() ? "" : " (PLUMB_KERNEL=" + asked + ")")
                    + "; it passed its self-test against scalar"));
        } catch (KernelUnavailableException e) {
            findings.add(new Finding("kernel", State.BAD, e.getMessage()));
        }
        for (String name : List.of("scalar", "vector", "native")) {
            try {
                Kernel kernel = Kernels.choose(name);
                List<String> faults = Kernels.faults(kernel);
                findings.add(faults.isEmpty()
                        ? new Finding("kernel " + name, State.GOOD, "available: " + kernel.name())
                        : new Finding("kernel " + name, State.BAD, String.join("; ", faults)));
            } catch (KernelRefusedException e) {
                findings.add(new Finding("kernel " + name, State.BAD, e.getMessage()));
            } catch (KernelUnavailableException e) {
                findings.add(new Finding("kernel " + name, State.NOTE, e.getMessage()));
            }
        }
        return findings;
    }

    private Finding folder() {
        Path place = data.toAbsolutePath();
        while (place != null && !Files.exists(place)) {
            place = place.getParent();
        }
        if (place == null || !Files.isWritable(place)) {
            return new Finding("data folder", State.BAD,
                    data + " can't be written: give another with --data DIR or PLUMB_HOME");
        }
        return new Finding("data folder", State.GOOD,
                data + (Files.exists(data) ? "" : " (will be made when it is needed)"));
    }

    private Finding node() {
        try {
            Optional<NodeLink> node = NodeLink.find(data);
            if (node.isPresent()) {
                return new Finding("node", State.GOOD, "running at " + node.get().url()
                        + ", key " + new NodeApi(node.get()).key());
            }
            return new Finding("node", State.NOTE, isHeld()
                    ? "no node, but another plumb command holds the data folder now"
                    : "none is running; commands answer in process");
        } catch (Failure e) {
            return new Finding("node", State.BAD, e.getMessage());
        }
    }

    // Only an existing folder is tried: looking must not make one.
    private boolean isHeld() {
        if (!Files.exists(data.resolve("lock"))) {
            return false;
        }
        try (var _ = DataFolder.open(data)) {
            return false;
        } catch (NodeException e) {
            return true;
        }
    }

    private Finding testModel() {
        PinnedModel model = PinnedModel.smolLm2();
        return ModelPath.cached(model.id(), data)
                .map(file -> new Finding("demo model", State.GOOD, file.toString()))
                .orElse(new Finding("demo model", State.NOTE,
                        model.fileName() + " is not in the cache; plumb demo gets it"));
    }

    private static Finding hub() {
        PinnedModel model = PinnedModel.smolLm2();
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) model.hub().toURL().openConnection();
            connection.setRequestMethod("HEAD");
            connection.setInstanceFollowRedirects(false);
            connection.setConnectTimeout(REACH_MILLIS);
            connection.setReadTimeout(REACH_MILLIS);
            int status = connection.getResponseCode();
            connection.disconnect();
            return new Finding("hugging face", status < 400 ? State.GOOD : State.NOTE,
                    "answers with status " + status);
        } catch (IOException e) {
            return new Finding("hugging face", State.NOTE, "not reachable: " + Http.reason(e));
        }
    }

    private static Finding pip() {
        for (List<String> pip : ModelSource.PythonPackage.PIPS) {
            List<String> command = new ArrayList<>(pip);
            command.add("--version");
            try {
                Process process = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
                if (process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0) {
                    return new Finding("pip", State.GOOD, String.join(" ", pip));
                }
                process.destroy();
            } catch (IOException e) {
                continue; // not installed: the next one
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return new Finding("pip", State.NOTE, "none found; it is one way to get the demo's model");
    }
}

package plumbline.cli;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import plumbline.engine.CommitmentCost;
import plumbline.engine.Model;
import plumbline.engine.PromptException;
import plumbline.engine.Speed;
import plumbline.engine.kernel.Floors;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.KernelUnavailableException;
import plumbline.engine.kernel.Kernels;

/// `plumb bench NAME|FILE` and `plumb bench --machine`: how fast a model computes here, and how fast this machine
/// can read what a token has to pass through. Medians; short rounds before them warm up.
record BenchCommand(
        Optional<String> model,
        Path data,
        Optional<String> kernel,
        int threads,
        int prompt,
        int generated,
        int repeats,
        boolean replay,
        boolean commitments,
        boolean floors,
        boolean json)
        implements Command {

    private static final int THREADS_MAX = 999;
    private static final int WARM_PROMPT = 64;
    private static final int WARM_GENERATED = 8;
    private static final long WARM_NANOS = 3_000_000_000L;

    static Syntax syntax() {
        return new Syntax(
                "bench",
                "Measures how fast a model computes on this machine: the prompt (prefill), the answer token by token"
                        + " after it (decode), and with --replay what a verifier does.",
                List.of("[NAME|FILE]"),
                List.of(
                        Option.value("--threads", "N", "threads (default $PLUMB_THREADS, else one per core)"),
                        Option.value("--prompt", "N", "tokens of the prompt (default 512)"),
                        Option.value("--gen", "N", "tokens of the answer (default 128)"),
                        Option.value("--repeats", "R", "rounds that count, after three seconds that don't (default 3)"),
                        Option.value("--kernel", "NAME", "native, vector or scalar (default $PLUMB_KERNEL, else the"
                                + " fastest); exit code 1 if it isn't available"),
                        Option.flag("--replay", "measure the replay of prompt and answer too"),
                        Option.flag("--commitments", "measure what committing to the states between the layers costs"),
                        Option.flag("--floors", "measure how fast the kernel multiplies each format, against the least"
                                + " that is expected; exit code 1 below it (a minute)"),
                        Option.flag("--machine", "measure this machine's read bandwidth instead of a model"),
                        Option.JSON,
                        Option.DATA),
                List.of("The prompt is random tokens, the answer is greedy, and every state is committed to as in"
                        + " an answer with a receipt. gigabytes_per_second is decode times the bytes of weights that"
                        + " a token passes through.",
                        "Run it with nothing beside it: a second busy program halves the numbers."));
    }

    static BenchCommand of(Arguments arguments) throws UsageException {
        boolean floors = arguments.has("--floors");
        boolean machine = arguments.has("--machine") || floors;
        Optional<String> model = arguments.operands().stream().findFirst();
        if (machine == model.isPresent()) {
            throw new UsageException(machine
                    ? (floors ? "--floors" : "--machine") + " takes no model" : "missing NAME|FILE (or --machine)");
        }
        int threads;
        try {
            threads = LocalModel.threads();
        } catch (Failure e) {
            throw new UsageException(e.getMessage());
        }
        return new BenchCommand(model, arguments.dataFolder(), arguments.text("--kernel"),
                (int) arguments.integer("--threads", 1, THREADS_MAX).orElse(threads),
                (int) arguments.integer("--prompt", 1, Model.CONTEXT_MAX).orElse(512),
                (int) arguments.integer("--gen", 1, Model.CONTEXT_MAX).orElse(128),
                (int) arguments.integer("--repeats", 1, 1000).orElse(3),
                arguments.has("--replay"),
                arguments.has("--commitments"),
                floors,
                arguments.json());
    }

    @Override
    public int execute(Terminal terminal) throws Failure {
        if (floors) {
            return floors(terminal);
        }
        Map<String, Object> page = model.isPresent() ? model(model.get(), terminal) : machine();
        if (json) {
            terminal.print(JsonText.of(page));
        } else {
            page.forEach((name, value) -> terminal.print(Columns.row(name.replace('_', ' '), shown(value), 32)));
        }
        return Exit.DONE;
    }

    private int floors(Terminal terminal) throws Failure {
        Kernel kernel = chosen();
        List<Floors.Speed> speeds = Floors.measure(kernel);
        List<Object> rows = new ArrayList<>();
        for (Floors.Speed speed : speeds) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("format", speed.format().name());
            row.put("inputs", speed.inputs());
            row.put("products_per_step", speed.measured());
            row.put("floor", speed.floor());
            row.put("reached", speed.reached());
            rows.add(row);
            if (!json) {
                terminal.print(Columns.row(speed.format() + ", " + speed.inputs() + " inputs",
                        String.format(Locale.ROOT, "%7.2f  floor %5.2f%s", speed.measured(), speed.floor(),
                                speed.reached() ? "" : "  TOO SLOW"), 32));
            }
        }
        if (json) {
            terminal.print(JsonText.of(Map.of("kernel", kernel.name(), "speeds", rows)));
        }
        if (!speeds.stream().allMatch(Floors.Speed::reached)) {
            throw new Failure("kernel " + kernel.name() + " is slower than it should be",
                    "Run it again with nothing beside it; if it stays so, this JVM compiles a loop badly.");
        }
        return Exit.DONE;
    }

    private static String shown(Object value) {
        return value instanceof Double number ? String.format(Locale.ROOT, "%.2f", number) : value.toString();
    }

    private Map<String, Object> machine() {
        Map<String, Object> page = new LinkedHashMap<>();
        page.put("threads", threads);
        page.put("read_gigabytes_per_second", ReadSpeed.measure(threads, repeats) / 1e9);
        return page;
    }

    private Map<String, Object> model(String name, Terminal terminal) throws Failure {
        Path file = ModelNames.file(name, data);
        Kernel chosen = chosen();
        long start = System.nanoTime();
        try (LocalModel loaded = LocalModel.open(file, chosen, threads, terminal)) {
            double loadSeconds = (System.nanoTime() - start) / 1e9;
            if (commitments) {
                return commitments(loaded.model());
            }
            List<Speed.Round> rounds = rounds(loaded.model(), terminal);
            long bytes = Speed.bytesPerToken(loaded.model());
            double decode = (generated - 1) * 1e9 / median(rounds, Speed.Round::decodeNanos);
            Map<String, Object> page = new LinkedHashMap<>();
            page.put("model", file.getFileName().toString());
            page.put("model_id", loaded.model().id().toString());
            page.put("kernel", loaded.model().kernel());
            page.put("threads", threads);
            page.put("prompt_tokens", prompt);
            page.put("generated_tokens", generated);
            page.put("repeats", repeats);
            page.put("prefill_tokens_per_second", prompt * 1e9 / median(rounds, Speed.Round::prefillNanos));
            page.put("decode_tokens_per_second", generated == 1 ? 0.0 : decode);
            if (replay) {
                double nanos = median(rounds, Speed.Round::replayNanos);
                page.put("replay_tokens_per_second", (prompt + generated - 1) * 1e9 / nanos);
                page.put("replay_speedup", median(rounds, r -> r.prefillNanos() + r.decodeNanos()) / nanos);
            }
            page.put("gigabytes_per_second", generated == 1 ? 0.0 : decode * bytes / 1e9);
            page.put("weight_bytes_per_token", bytes);
            page.put("load_seconds", loadSeconds);
            page.put("peak_memory_mib", PeakMemory.mebibytes());
            page.put("prefill_seconds", seconds(rounds, Speed.Round::prefillNanos));
            page.put("decode_seconds", seconds(rounds, Speed.Round::decodeNanos));
            return page;
        }
    }

    /// With one thread by its own CPU clock, which other programs can't stop.
    private Map<String, Object> commitments(Model loaded) throws Failure {
        ThreadMXBean thread = ManagementFactory.getThreadMXBean();
        boolean alone = threads == 1 && thread.isCurrentThreadCpuTimeSupported();
        try {
            warmUp(loaded);
            CommitmentCost.Result cost = new CommitmentCost(
                    loaded, prompt, generated, alone ? thread::getCurrentThreadCpuTime : System::nanoTime)
                    .measure(repeats);
            Map<String, Object> page = new LinkedHashMap<>();
            page.put("kernel", loaded.kernel());
            page.put("threads", threads);
            page.put("clock", alone ? "cpu" : "wall");
            page.put("prefill", cost(cost.prefill()));
            page.put("decode", cost(cost.decode()));
            page.put("root_milliseconds", cost.rootNanos() / 1e6);
            return page;
        } catch (PromptException e) {
            throw new Failure(e.getMessage(), "Ask for less with --prompt and --gen.");
        }
    }

    private static Map<String, Object> cost(CommitmentCost.Cost cost) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("percent", cost.percent());
        row.put("low", cost.low());
        row.put("high", cost.high());
        row.put("pairs", cost.pairs());
        row.put("step_milliseconds", cost.stepNanos() / 1e6);
        return row;
    }

    private Kernel chosen() throws Failure {
        if (kernel.isEmpty()) {
            return LocalModel.kernel();
        }
        try {
            return Kernels.choose(kernel.get());
        } catch (KernelUnavailableException e) {
            throw new Failure("--kernel " + kernel.get() + ": " + e.getMessage(), "");
        }
    }

    private List<Speed.Round> rounds(Model loaded, Terminal terminal) throws Failure {
        List<Speed.Round> rounds = new ArrayList<>();
        try (ProgressBar bar = new ProgressBar(terminal, "rounds", 0)) {
            Speed speed = new Speed(loaded, prompt, generated);
            warmUp(loaded);
            while (rounds.size() < repeats) {
                bar.counted(rounds.size(), repeats);
                rounds.add(speed.round(replay));
            }
            return rounds;
        } catch (PromptException e) {
            throw new Failure(e.getMessage(), "Ask for less with --prompt and --gen.");
        }
    }

    /// Short rounds until the compiler has had its time: a whole round of a large model would take a minute.
    private void warmUp(Model loaded) throws PromptException {
        Speed speed = new Speed(loaded, Math.min(prompt, WARM_PROMPT), Math.min(generated, WARM_GENERATED));
        long start = System.nanoTime();
        do {
            speed.round(replay);
        } while (System.nanoTime() - start < WARM_NANOS);
    }

    private static List<Double> seconds(List<Speed.Round> rounds, ToLongFunction<Speed.Round> time) {
        return rounds.stream().map(round -> time.applyAsLong(round) / 1e9).toList();
    }

    private static double median(List<Speed.Round> rounds, ToLongFunction<Speed.Round> time) {
        long[] sorted = rounds.stream().mapToLong(time).sorted().toArray();
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2.0;
    }
}

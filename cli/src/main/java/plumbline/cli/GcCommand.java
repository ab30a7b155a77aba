package plumbline.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.node.Cleanup;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.StoredModel;

/// `plumb gc`: says what a data folder holds that nothing needs, and deletes it with `--apply`.
record GcCommand(Path data, Optional<Duration> keep, boolean apply, boolean json) implements Command {

    static final int DAYS_MAX = 36_500;

    static Syntax syntax() {
        return new Syntax("gc", "Lists what can go: models that no name stands for, and, with --older-than,"
                + " requests and answers of old receipts. Deletes it with --apply.",
                List.of(),
                List.of(
                        Option.value("--older-than", "DAYS", "contents of receipts that are older go, too; the"
                                + " receipts and the log stay"),
                        Option.flag("--apply", "delete; without it nothing is changed"),
                        Option.JSON, Option.DATA),
                List.of("The node must be stopped. A receipt whose model is gone needs the model's file to be"
                        + " replayed."));
    }

    static GcCommand of(Arguments arguments) throws UsageException {
        return new GcCommand(arguments.dataFolder(), days(arguments, "--older-than"),
                arguments.has("--apply"), arguments.json());
    }

    static Optional<Duration> days(Arguments arguments, String option) throws UsageException {
        var days = arguments.integer(option, 0, DAYS_MAX);
        return days.isPresent() ? Optional.of(Duration.ofDays(days.getAsLong())) : Optional.empty();
    }

    @Override
    public int execute(Terminal terminal) throws Failure {
        if (!Files.exists(data.resolve("node.db"))) {
            throw new Failure("there is no data folder at " + data, "");
        }
        try (Node node = Node.open(data, ModelNames::loadsNothing, Node.Surroundings.system())) {
            Cleanup.Found found = apply ? node.cleanup().free(keep) : node.cleanup().look(keep);
            if (json) {
                terminal.print(JsonText.of(page(found)));
            } else {
                print(found, terminal);
            }
            return Exit.DONE;
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }

    private Map<String, Object> page(Cleanup.Found found) {
        Map<String, Object> page = new LinkedHashMap<>();
        page.put("applied", apply);
        page.put("models", found.models().stream().map(model -> model.id().toString()).toList());
        page.put("receipts", found.old().receipts());
        page.put("bytes", found.bytes());
        return page;
    }

    private void print(Cleanup.Found found, Terminal terminal) {
        for (StoredModel model : found.models()) {
            terminal.print(model.id() + "  " + ProgressBar.megabytes(model.sizeBytes()) + " MB, no name");
        }
        if (keep.isPresent()) {
            terminal.print("contents of " + found.old().receipts() + " receipts older than "
                    + keep.get().toDays() + " days");
        }
        terminal.print((apply ? "freed " : "would free ") + ProgressBar.megabytes(found.bytes()) + " MB");
        if (!apply) {
            terminal.say("nothing was changed; delete with --apply");
        }
    }
}

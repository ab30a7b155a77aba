package plumbline.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// The words of one command line, read by a [Syntax]. Values are converted when a command asks for
/// them; what doesn't convert is a [UsageException] that names the option.
record Arguments(Syntax syntax, List<String> operands, Map<String, String> values) {
    Arguments {
        operands = List.copyOf(operands);
        values = Map.copyOf(values);
    }

    boolean has(String option) {
        return values.containsKey(option);
    }

    boolean json() {
        return has(Option.JSON.name());
    }

    String operand(int index) {
        return operands.get(index);
    }

    Optional<String> text(String option) {
        return Optional.ofNullable(values.get(option));
    }

    /// The values of an option that may be given several times.
    List<String> texts(String option) {
        return text(option).map(all -> List.of(all.split("\n"))).orElse(List.of());
    }

    String needed(String option) throws UsageException {
        return text(option).orElseThrow(() -> new UsageException("missing " + option));
    }

    Optional<Path> path(String option) throws UsageException {
        return has(option) ? Optional.of(asPath(option, values.get(option))) : Optional.empty();
    }

    /// The data folder: `--data`, else `$PLUMB_HOME`, else `~/.plumbline`.
    Path dataFolder() throws UsageException {
        String home = System.getenv("PLUMB_HOME");
        Optional<Path> given = path(Option.DATA.name());
        if (given.isPresent()) {
            return given.get();
        }
        return home == null || home.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".plumbline")
                : asPath("PLUMB_HOME", home);
    }

    OptionalLong integer(String option, long min, long max) throws UsageException {
        String text = values.get(option);
        if (text == null) {
            return OptionalLong.empty();
        }
        try {
            long value = Long.parseLong(text);
            if (min <= value && value <= max) {
                return OptionalLong.of(value);
            }
        } catch (NumberFormatException e) {
            throw new UsageException(option + ": '" + text + "' is not a whole number");
        }
        throw new UsageException(option + ": " + text + " is not between " + min + " and " + max);
    }

    /// A decimal number exactly as it was written, for values that travel on as JSON text.
    Optional<String> decimal(String option) throws UsageException {
        String text = values.get(option);
        if (text != null && !text.matches("-?(0|[1-9][0-9]{0,15})(\\.[0-9]{1,20})?")) {
            throw new UsageException(
                    option + ": '" + text + "' is not a decimal number such as 0.7");
        }
        return Optional.ofNullable(text);
    }

    /// An operand that is to be a path.
    static Path operandPath(String text) throws Failure {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new Failure("'" + text + "' can't be a path: " + e.getReason(), "");
        }
    }

    static Path asPath(String option, String text) throws UsageException {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new UsageException(option + ": '" + text + "' can't be a path: " + e.getReason());
        }
    }
}

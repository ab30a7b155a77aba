package plumbline.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What a command accepts. [#parse] reads a command line by it and [#help] prints it, so the two
/// can't drift apart.
///
/// @param name     the command, `run`
/// @param summary  one line
/// @param operands the operands in order, `FILE`; an optional one is written `[FILE]`
/// @param options  every option except `--help`, which each command has
/// @param notes    paragraphs printed below the options
record Syntax(
        String name,
        String summary,
        List<String> operands,
        List<Option> options,
        List<String> notes) {

    private static final int MEANING_COLUMN = 30;

    Syntax {
        operands = List.copyOf(operands);
        options = List.copyOf(options);
        notes = List.copyOf(notes);
    }

    /// Reads the words after the command's name. `--` ends the options.
    Arguments parse(List<String> words) throws UsageException {
        Map<String, String> values = new HashMap<>();
        List<String> given = new ArrayList<>();
        boolean optionsOver = false;
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (optionsOver || !word.startsWith("-") || word.equals("-")) {
                given.add(word);
            } else if (word.equals("--")) {
                optionsOver = true;
            } else {
                int equals = word.startsWith("--") ? word.indexOf('=') : -1;
                Option option = option(equals < 0 ? word : word.substring(0, equals));
                String value = "";
                if (equals >= 0) {
                    value = valueAfterEquals(option, word.substring(equals + 1));
                } else if (option.takesValue()) {
                    i++;
                    value = valueAt(words, i, option);
                }
                if (option.repeats()) {
                    values.merge(option.name(), value, (before, after) -> before + "\n" + after);
                } else if (values.putIfAbsent(option.name(), value) != null) {
                    throw new UsageException(option.name() + " is given twice");
                }
            }
        }
        if (!values.containsKey(Option.HELP.name())) {
            checkCount(given);
        }
        return new Arguments(this, given, values);
    }

    private Option option(String word) throws UsageException {
        List<String> names = new ArrayList<>();
        for (Option option : all()) {
            if (word.equals(option.name()) || word.equals(option.letter())) {
                return option;
            }
            names.add(option.name());
        }
        throw new UsageException("unknown option " + word + Nearest.suggestion(word, names));
    }

    private List<Option> all() {
        List<Option> all = new ArrayList<>(options);
        all.add(Option.HELP);
        return all;
    }

    private static String valueAfterEquals(Option option, String value) throws UsageException {
        if (!option.takesValue()) {
            throw new UsageException(option.name() + " takes no value, but got '" + value + "'");
        }
        return value;
    }

    // "--model --replay" is a forgotten value, not a file called "--replay" (--model=--replay is).
    private String valueAt(List<String> words, int at, Option option) throws UsageException {
        String value = at < words.size() ? words.get(at) : null;
        boolean isOption =
                value != null && all().stream().anyMatch(other -> other.name().equals(value));
        if (value == null || isOption) {
            throw new UsageException(
                    option.name() + " needs a value, " + option.value()
                            + (isOption ? ", but is followed by " + value : ""));
        }
        return value;
    }

    private void checkCount(List<String> given) throws UsageException {
        long needed = operands.stream().filter(operand -> !operand.startsWith("[")).count();
        if (given.size() < needed) {
            throw new UsageException("missing " + operands.get(given.size()));
        }
        if (given.size() > operands.size()) {
            throw new UsageException(
                    "'" + given.get(operands.size()) + "' is one operand too many"
                            + (operands.isEmpty() ? ": none is expected" : ""));
        }
    }

    /// `usage: plumb verify FILE|ID|URL [OPTIONS]`
    String usage() {
        StringBuilder line = new StringBuilder("usage: plumb ").append(name);
        operands.forEach(operand -> line.append(' ').append(operand));
        return line.append(" [OPTIONS]").toString();
    }

    /// The page that `plumb NAME --help` prints.
    String help() {
        StringBuilder page = new StringBuilder();
        page.append(usage()).append("\n\n").append(Columns.wrap(summary, 0)).append("\n\n");
        for (Option option : all()) {
            page.append(Columns.row("  " + option.shown(), option.meaning(), MEANING_COLUMN))
                    .append('\n');
        }
        for (String note : notes) {
            String shown = note.startsWith(" ") ? note : Columns.wrap(note, 0);
            page.append('\n').append(shown).append('\n');
        }
        page.append("\nExit codes: 0 done or accepted, 1 failed, 2 wrong usage, 3 rejected.\n");
        return page.toString();
    }
}

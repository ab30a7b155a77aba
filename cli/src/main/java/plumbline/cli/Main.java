package plumbline.cli;

import java.util.Arrays;
import java.util.List;

/// The program `plumb`: reads the command line, carries the command out, ends with an [Exit] code.
public final class Main {
    private static final String VERSION = "0.1.0";

    private Main() {}

    /// Never returns; the process ends with the command's exit code.
    public static void main(String[] words) {
        Terminal terminal = Terminal.ofProcess();
        int code = run(List.of(words), terminal);
        terminal.out().flush();
        terminal.err().flush();
        System.exit(code);
    }

    static int run(List<String> words, Terminal terminal) {
        String first = words.isEmpty() ? "--help" : words.getFirst();
        List<String> rest = words.subList(Math.min(1, words.size()), words.size());
        try {
            return switch (first) {
                case "--help", "-h" -> printed(overview(), terminal);
                case "help" -> rest.isEmpty()
                        ? printed(overview(), terminal)
                        : printed(syntax(verb(rest.getFirst())).help(), terminal);
                case "--version" -> printed("plumb " + VERSION + "\n", terminal);
                // Not for people: the launcher's own calls.
                case "record-start-up" -> StartUp.record(terminal);
                case "fetch-test-model" -> StartUp.fetchTestModel(rest, terminal);
                default -> command(verb(first), rest, terminal);
            };
        } catch (UsageException e) {
            terminal.say("plumb: " + e.getMessage());
            terminal.say(hint(first));
            return Exit.USAGE;
        } catch (Failure e) {
            terminal.say("plumb: " + e.getMessage());
            if (!e.cure().isEmpty()) {
                terminal.say(e.cure());
            }
            return Exit.FAILED;
        } catch (OutOfMemoryError e) {
            terminal.say("plumb: not enough memory for this (" + e.getMessage() + ").");
            terminal.say("Give the JVM more: JAVA_TOOL_OPTIONS=-Xmx8g plumb ...");
            return Exit.FAILED;
        }
    }

    private static int command(Verb verb, List<String> words, Terminal terminal)
            throws Failure, UsageException {
        Syntax syntax = syntax(verb);
        Arguments arguments = syntax.parse(words);
        return arguments.has(Option.HELP.name())
                ? printed(syntax.help(), terminal)
                : read(verb, arguments).execute(terminal);
    }

    private static Verb verb(String word) throws UsageException {
        for (Verb verb : Verb.values()) {
            if (verb.word().equals(word)) {
                return verb;
            }
        }
        String kind = word.startsWith("-") ? "unknown option " : "unknown command ";
        List<String> known = Arrays.stream(Verb.values()).map(Verb::word).toList();
        throw new UsageException(kind + word + Nearest.suggestion(word, known));
    }

    static Syntax syntax(Verb verb) {
        return switch (verb) {
            case APIKEY -> ApiKeyCommand.syntax();
            case BENCH -> BenchCommand.syntax();
            case CHAT -> ChatCommand.syntax();
            case DEMO -> DemoCommand.syntax();
            case DOCTOR -> DoctorCommand.syntax();
            case GC -> GcCommand.syntax();
            case INSPECT -> InspectCommand.syntax();
            case KEY -> KeyCommand.syntax();
            case LOG -> LogCommand.syntax();
            case MODELS -> ModelsCommand.syntax();
            case PERPLEXITY -> PerplexityCommand.syntax();
            case PROXY -> ProxyCommand.syntax();
            case PUBLISH -> PublishCommand.syntax();
            case RECEIPTS -> ReceiptsCommand.syntax();
            case RUN -> RunCommand.syntax();
            case TEST -> StartUp.testSyntax();
            case TOKENIZE -> TokenizeCommand.syntax();
            case UP -> UpCommand.syntax();
            case VERIFY -> VerifyCommand.syntax();
        };
    }

    private static Command read(Verb verb, Arguments arguments) throws UsageException {
        return switch (verb) {
            case APIKEY -> ApiKeyCommand.of(arguments);
            case BENCH -> BenchCommand.of(arguments);
            case CHAT -> ChatCommand.of(arguments);
            case DEMO -> DemoCommand.of(arguments);
            case DOCTOR -> DoctorCommand.of(arguments);
            case GC -> GcCommand.of(arguments);
            case INSPECT -> InspectCommand.of(arguments);
            case KEY -> KeyCommand.of(arguments);
            case LOG -> LogCommand.of(arguments);
            case MODELS -> ModelsCommand.of(arguments);
            case PERPLEXITY -> PerplexityCommand.of(arguments);
            case PROXY -> ProxyCommand.of(arguments);
            case PUBLISH -> PublishCommand.of(arguments);
            case RECEIPTS -> ReceiptsCommand.of(arguments);
            case RUN -> RunCommand.of(arguments);
            case TEST -> throw new UsageException("test is started by the script ./plumb");
            case TOKENIZE -> TokenizeCommand.of(arguments);
            case UP -> UpCommand.of(arguments);
            case VERIFY -> VerifyCommand.of(arguments);
        };
    }

    private static int printed(String text, Terminal terminal) {
        terminal.out().print(text);
        return Exit.DONE;
    }

    private static String hint(String first) {
        boolean known = Arrays.stream(Verb.values()).anyMatch(verb -> verb.word().equals(first));
        return "See: plumb " + (known ? first + " " : "") + "--help";
    }

    static String overview() {
        StringBuilder page = new StringBuilder();
        page.append("plumb: answers from AI models that anybody can check.\n\n");
        page.append("usage: plumb COMMAND [OPTIONS]\n\n");
        for (Verb verb : Verb.values()) {
            page.append(String.format("  %-12s%s%n", verb.word(), verb.summary()));
        }
        page.append("""

                plumb COMMAND --help tells more. A MODEL is a file, a name, or an id sha256:...

                Environment:
                  PLUMB_HOME      data folder (default ~/.plumbline)
                  PLUMB_STATE     where high-water marks of logs are kept, outside the data folder
                                  (default ~/.local/state/plumbline; none: nowhere)
                  PLUMB_NODE      URL of the node that run, chat, verify, receipts ask
                  PLUMB_API_KEY   the key that this node is shown (for several: file plumb.keys)
                  PLUMB_KERNEL    scalar, vector or native; all give the same answers
                  PLUMB_THREADS   threads that compute (default: one per core)
                  JAVA_TOOL_OPTIONS reaches the JVM.

                Results go to stdout, everything else to stderr.
                Exit codes: 0 done or accepted, 1 failed, 2 wrong usage, 3 rejected.
                """);
        return page.toString();
    }
}

package plumbline.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.Message;
import plumbline.engine.request.RequestException;
import plumbline.engine.request.RequestSettings;

/// `plumb chat NAME|FILE`: a conversation. Every answer gets its receipt.
record ChatCommand(String model, Path data, List<String> nodes, Optional<String> system, Arguments arguments)
        implements Command {

    static Syntax syntax() {
        List<Option> options = new ArrayList<>();
        options.add(Option.value("--system", "TEXT", "instructions that stand before everything"));
        options.addAll(RequestOptions.all());
        options.add(Answering.option());
        options.add(Option.DATA);
        return new Syntax(
                "chat",
                "Talks with a model. Answers go to stdout while they come.",
                List.of("NAME|FILE"),
                options,
                List.of("Ctrl-C stops an answer, Ctrl-D ends. /new begins a new"
                        + " conversation, /why shows the checks of the last answer, /verify runs it again"
                        + " too."));
    }

    static ChatCommand of(Arguments arguments) throws UsageException {
        // Wrong values are refused now, not at the first answer.
        RequestOptions.of(arguments, true, Optional.empty());
        return new ChatCommand(arguments.operand(0), arguments.dataFolder(), arguments.texts("--node"),
                arguments.text("--system"), arguments);
    }

    @Override
    public int execute(Terminal terminal) throws Failure, UsageException {
        AtomicBoolean answering = new AtomicBoolean();
        AtomicBoolean stopped = new AtomicBoolean();
        Signals.handle("INT", () -> {
            if (!answering.get()) {
                terminal.say("");
                Runtime.getRuntime().halt(130); // nothing is under way; the log is durable
            }
            stopped.set(true);
        });
        try (Answering source = Answering.of(data, nodes, terminal)) {
            String name = source.modelName(model, terminal);
            BufferedReader lines = new BufferedReader(
                    new InputStreamReader(terminal.in(), StandardCharsets.UTF_8));
            List<Message> history = fresh();
            Optional<Answering.Answered> last = Optional.empty();
            for (String line = next(lines, terminal); line != null; line = next(lines, terminal)) {
                String word = line.strip();
                if (word.equals("/new")) {
                    history = fresh();
                } else if (word.equals("/why") || word.equals("/verify")) {
                    check(last, word.equals("/verify"), terminal);
                } else if (!line.isBlank()) {
                    stopped.set(false);
                    answering.set(true);
                    last = answer(source, name, history, line, stopped, terminal);
                    answering.set(false);
                }
            }
            return Exit.DONE;
        } catch (IOException e) {
            throw new Failure("can't read stdin: " + e.getMessage(), "");
        }
    }

    private List<Message> fresh() {
        List<Message> history = new ArrayList<>();
        system.ifPresent(text -> history.add(new Message(Message.Role.SYSTEM, text)));
        return history;
    }

    private static String next(BufferedReader lines, Terminal terminal) throws IOException {
        if (terminal.inIsTerminal()) {
            terminal.err().print(terminal.paintTalk(Terminal.Colour.BOLD, "> "));
            terminal.err().flush();
        }
        return lines.readLine();
    }

    /// Shows the checks of an answer; runs it again too, where that is asked for.
    private void check(Optional<Answering.Answered> last, boolean replays, Terminal terminal)
            throws UsageException {
        if (last.isEmpty()) {
            terminal.say("there is no answer with a receipt yet");
            return;
        }
        try {
            Path bundle = Files.createTempFile("plumb-chat-", ".bundle");
            try {
                Files.write(bundle, last.get().encoded());
                List<String> words = new ArrayList<>(List.of(bundle.toString(), "--data", data.toString()));
                if (replays) {
                    words.add("--replay");
                }
                VerifyCommand.of(VerifyCommand.syntax().parse(words)).execute(terminal);
            } finally {
                Files.delete(bundle);
            }
        } catch (IOException e) {
            terminal.say("plumb: can't write a temporary file: " + e.getMessage());
        } catch (Failure e) {
            // What it says to do is for a bundle that is kept; this one isn't.
            say(replays ? new Failure(e.getMessage(), "/verify needs the model here: plumb publish FILE --name NS/NAME"
                    + " --data " + data) : e, terminal);
        }
    }

    private Optional<Answering.Answered> answer(
            Answering source, String name, List<Message> history, String line,
            AtomicBoolean stopped, Terminal terminal) throws UsageException {
        history.add(new Message(Message.Role.USER, line));
        StringBuilder text = new StringBuilder();
        Answering.Listener listener = new Answering.Listener(
                piece -> {
                    text.append(piece);
                    RunCommand.show(piece, terminal);
                },
                () -> !stopped.get());
        try {
            Optional<Answering.Answered> answered = source.ask(question(name, history), listener);
            terminal.print("");
            answered.ifPresent(done -> terminal.say(terminal.paintTalk(Terminal.Colour.FAINT,
                    "receipt " + done.bundle().receipt().id().hex() + "  "
                            + RunCommand.speed(done))));
            history.add(new Message(Message.Role.ASSISTANT, text.toString()));
            return answered;
        } catch (Failure e) {
            // The conversation outlives a failed answer; the question is taken back.
            history.removeLast();
            say(e, terminal);
            terminal.say("A conversation that has grown too long starts anew with /new.");
            return Optional.empty();
        }
    }

    private static void say(Failure failure, Terminal terminal) {
        terminal.say("plumb: " + failure.getMessage());
        if (!failure.cure().isEmpty()) {
            terminal.say(failure.cure());
        }
    }

    private Answering.Question question(String name, List<Message> history) throws UsageException {
        RequestSettings settings =
                RequestOptions.of(arguments, true, Optional.of(RunCommand.randomNonce()));
        try {
            return new Answering.Question(InferenceRequest.CHAT,
                    InferenceRequest.chatBody(name, history, settings), true);
        } catch (RequestException e) {
            throw new UsageException(e.getMessage());
        }
    }
}

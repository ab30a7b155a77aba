package plumbline.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import plumbline.node.FileIdentity;
import plumbline.node.NodeException;
import plumbline.sdk.AccessKeys;
import plumbline.sdk.Plumbline;
import plumbline.sdk.PlumblineException;
import plumbline.sdk.RefusedException;
import plumbline.sdk.Step;
import plumbline.sdk.VerifiedAnswer;
import plumbline.verify.Bundle;
import plumbline.verify.MalformedException;

/// Answers through a node, over HTTP. Every answer is checked before it is reported.
final class AnsweringNode implements Answering {
    private final Optional<NodeApi> own;
    private final Plumbline nodes;
    private final Consumer<String> notices;

    /// @param own the node that this data folder's owner may have take a file
    private AnsweringNode(Optional<NodeApi> own, Plumbline nodes, Consumer<String> notices) {
        this.own = own;
        this.nodes = nodes;
        this.notices = notices;
    }

    /// @param data    keeps what is pinned and remembered of the node
    /// @param notices hears what is pinned at first use
    static AnsweringNode of(NodeApi node, Path data, Consumer<String> notices) throws Failure {
        try {
            return new AnsweringNode(Optional.of(node).filter(api -> !api.node().token().isEmpty()),
                    Plumbline.connect(List.of(node.node().url()), settings(data, notices)
                            .withKeys(node.node().keys())), notices);
        } catch (PlumblineException e) {
            throw new Failure(e.getMessage(), e.cure());
        }
    }

    /// The same with several nodes, each of which may go on where another is lost.
    static AnsweringNode of(List<String> urls, Path data, Consumer<String> notices) throws Failure {
        try {
            return new AnsweringNode(Optional.empty(), Plumbline.connect(urls, settings(data, notices)
                    .withKeys(AccessKeys.of(System.getenv(), Plumbline.addresses(urls)))), notices);
        } catch (PlumblineException e) {
            throw new Failure(e.getMessage(), e.cure());
        }
    }

    private static Plumbline.Settings settings(Path data, Consumer<String> notices) {
        return Plumbline.Settings.in(data).withShare(0).withNotices(notices);
    }

    @Override
    public String modelName(String operand, Terminal terminal) throws Failure {
        if (!ModelNames.isFile(operand)) {
            return operand;
        }
        Path file = ModelPath.existing(Path.of(operand));
        try {
            String id = FileIdentity.of(file, (done, total) -> {}).id().toString();
            if (own.isPresent() && !has(own.get(), id)) {
                String name = nameFor(file);
                terminal.say("publishing " + file + " to the running node as " + name);
                own.get().publish(file, name);
            }
            return id;
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        }
    }

    private static boolean has(NodeApi node, String id) {
        try {
            node.modelId(id);
            return true;
        } catch (Failure e) {
            return false; // published next, which says what is wrong if something is
        }
    }

    /// `local/` and what of the file's name may stand in a model's name.
    static String nameFor(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT)
                .replaceAll("\\.gguf$", "")
                .replaceAll("[^a-z0-9._-]", "-")
                .replaceAll("^[^a-z0-9]+", "");
        String short64 = name.substring(0, Math.min(64, name.length()));
        return "local/" + (name.isEmpty() ? "model" : short64);
    }

    @Override
    public Optional<Answered> ask(Question question, Listener listener)
            throws Failure, UsageException {
        try {
            plumbline.sdk.Question asked = plumbline.sdk.Question.of(question.endpoint(), question.body());
            return nodes.ask(asked, (_, text) -> {
                if (!text.isEmpty()) {
                    listener.text().accept(text);
                }
                return listener.goesOn().getAsBoolean();
            }).map(this::answered);
        } catch (RefusedException e) {
            throw Refusal.of(e.status(), e.param(), e.getMessage());
        } catch (PlumblineException e) {
            throw new Failure(e.getMessage(), e.cure());
        }
    }

    private Answered answered(VerifiedAnswer answer) {
        answer.steps().stream().filter(step -> step.what() == Step.What.CONTINUED)
                .forEach(step -> notices.accept("\ncontinued by " + step.node() + " after token " + step.token() + ": "
                        + step.detail()));
        try {
            return new Answered(answer.bundle(), Bundle.parse(answer.bundle()), answer.kernel(),
                    answer.prefillNanos(), answer.decodeNanos());
        } catch (MalformedException e) {
            throw new IllegalStateException("a bundle that was verified doesn't parse", e);
        }
    }

    @Override
    public void close() {
        nodes.close();
    }
}

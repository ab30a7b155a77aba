package plumbline.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import plumbline.verify.Bundle;

/// Where answers come from: this process, or the node that holds the data folder. There is one log
/// and one writer, so a command never answers beside a running node. Both ways give the same.
sealed interface Answering extends AutoCloseable permits AnsweringHere, AnsweringNode {

    /// A request as it goes to the endpoint.
    ///
    /// @param endpoint path, `/v1/chat/completions` or `/v1/completions`
    /// @param body     the receipt commits to these bytes
    /// @param streams  whether the body asks for a stream
    record Question(String endpoint, byte[] body, boolean streams) {}

    /// Hears the answer.
    ///
    /// @param text   takes the next piece of the text
    /// @param goesOn asked after each token or piece; false ends the answer
    record Listener(Consumer<String> text, BooleanSupplier goesOn) {}

    /// An answer with its evidence.
    ///
    /// @param encoded      the bundle, as it may be kept
    /// @param bundle       the same, read
    /// @param kernel       what computed it; empty for an answer that was only looked up
    /// @param prefillNanos from the start to the first token
    /// @param decodeNanos  from there to the end
    record Answered(
            byte[] encoded, Bundle bundle, String kernel, long prefillNanos, long decodeNanos) {}

    /// The name under which the model is asked for; a file is taken into the cache and stands as
    /// its id.
    String modelName(String operand, Terminal terminal) throws Failure;

    /// Asks.
    ///
    /// @return empty if a cancelled answer left no receipt
    /// @throws UsageException if a value from the command line is refused
    Optional<Answered> ask(Question question, Listener listener) throws Failure, UsageException;

    @Override
    void close();

    /// What `run` and `chat` say of it.
    static Option option() {
        return Option.value("--node", "URL...", "a node that answers instead; give it again for each that goes on where"
                + " one is lost");
    }

    /// Through the nodes that are named, `PLUMB_NODE`, or the node that holds the folder; else in this process.
    static Answering of(Path data, List<String> nodes, Terminal terminal) throws Failure {
        if (!nodes.isEmpty()) {
            return AnsweringNode.of(nodes, data, terminal::say);
        }
        Optional<NodeLink> node = NodeLink.find(data);
        return node.isPresent()
                ? AnsweringNode.of(new NodeApi(node.get()), data, terminal::say)
                : AnsweringHere.open(data);
    }
}

package plumbline.node.api;

import java.io.IOException;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// One answer in one dialect, whole or as a stream. Used for one of the two, once, by one thread.
interface Presentation {

    String SSE = "text/event-stream";
    String NDJSON = "application/x-ndjson";

    /// All of an answer.
    ///
    /// @param choices in the order of their index
    /// @param tokens of each choice
    record Whole(List<AnswerEvent.Finished> choices, List<List<DrawnToken>> tokens) {}

    /// The answer that isn't streamed.
    ObjectNode whole(Whole answer);

    /// Content type of a stream.
    String streamType();

    /// Begins the stream.
    void started(Frames out) throws IOException;

    void piece(AnswerEvent.Piece piece, Frames out) throws IOException;

    /// One choice has ended.
    void finished(AnswerEvent.Finished finished, Frames out) throws IOException;

    /// The last choice has ended.
    void done(Frames out) throws IOException;

    /// The answer broke off (A24).
    void failed(ApiError error, Frames out) throws IOException;

    /// Nothing has happened for a while.
    void heartbeat(Frames out) throws IOException;
}

package plumbline.sdk;

/// Something that happened on the way to an answer, for people.
///
/// @param millis since the question
/// @param node   host and port; empty for this machine
/// @param token  how many output tokens had been passed on
/// @param detail a few words
public record Step(long millis, String node, What what, int token, String detail) {

    /// What happened.
    public enum What {
        /// The node was asked for the answer.
        ASKED,
        /// The node was asked too, because the first one was late.
        HEDGED,
        /// The node's first token came.
        FIRST_TOKEN,
        /// The node was lost in the middle of the answer.
        LOST,
        /// The node went on where another was lost.
        CONTINUED,
        /// The node itself went on after it had been silent.
        RETURNED,
        /// The node and another one contradict each other; it isn't asked for this answer any more.
        DISPUTED,
        /// What the node said was wrong; it isn't asked any more.
        SET_ASIDE,
        /// The node's receipt was checked, and holds.
        CHECKED,
        /// The answer was computed again.
        RE_EXECUTED,
        /// It was to be computed again, and couldn't be.
        NOT_RE_EXECUTED
    }
}

package plumbline.sdk;

/// What happens on the way to an answer.
sealed interface Post {

    /// Somebody waits for it.
    record Asked() implements Post {}

    /// Nobody waits any more.
    record Left() implements Post {}

    /// A node sent something.
    record OfNode(NodeSource source, NodeStream.Sign sign) implements Post {}

    /// This machine has computed something.
    record OfHere(HereSource.Sign sign) implements Post {}

    /// A node that was silent was asked whether it is there.
    record Probed(NodeSource source, boolean isAlive) implements Post {}

    /// A node's receipt was checked.
    record Judged(NodeSource source, Judgement judgement) implements Post {}
}

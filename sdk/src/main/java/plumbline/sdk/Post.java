package plumbline.sdk;

/// What the sources and the checks of an answer post to its thread.
sealed interface Post {

    /// A node sent something.
    record OfNode(NodeSource source, NodeStream.Sign sign) implements Post {}

    /// This machine has computed something.
    record OfHere(HereSource.Sign sign) implements Post {}

    /// A node that was silent was asked whether it is there.
    record Probed(NodeSource source, boolean isAlive) implements Post {}

    /// A node's receipt was checked.
    record Judged(NodeSource source, Judgement judgement) implements Post {}
}

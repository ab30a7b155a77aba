package plumbline.sdk;

/// What came of checking a node's receipt.
sealed interface Judgement {

    /// Every check holds.
    record Holds(ReceiptChecks.Checked checked) implements Judgement {}

    /// Something doesn't.
    ///
    /// @param isLie whether it is so for everybody, and not by what this client expects of keys and witnesses
    record Wrong(String why, byte[] bundle, boolean isLie) implements Judgement {}

    /// It couldn't be checked.
    record Failed(PlumblineException why) implements Judgement {}
}

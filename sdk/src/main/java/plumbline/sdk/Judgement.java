package plumbline.sdk;

/// What came of checking a node's receipt.
sealed interface Judgement {

    /// Every check holds.
    record Holds(ReceiptChecks.Checked checked) implements Judgement {}

    /// Something doesn't.
    record Wrong(String why, byte[] bundle) implements Judgement {}

    /// It couldn't be checked.
    record Failed(PlumblineException why) implements Judgement {}
}

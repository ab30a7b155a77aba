package plumbline.verify;

/// A receipt whose signature, log proof and commitments were checked.
///
/// Only [Verifier] makes one: code that takes a `VerifiedReceipt` can't have skipped the check.
/// What exactly was shown stands in the verdict's facts; in particular the signer may be unpinned,
/// where a replay stood in for it.
public final class VerifiedReceipt {
    private final OpenedBundle opened;
    private final TlogProof proof;
    private final boolean pinned;
    private final boolean consistent;

    VerifiedReceipt(OpenedBundle opened, TlogProof proof, boolean pinned, boolean consistent) {
        this.opened = opened;
        this.proof = proof;
        this.pinned = pinned;
        this.consistent = consistent;
    }

    /// The receipt.
    public Receipt receipt() {
        return opened.receipt();
    }

    /// The receipt with its private parts.
    public OpenedBundle opened() {
        return opened;
    }

    /// The key that signed the checkpoint.
    public VerifierKey signer() {
        return opened.receipt().node();
    }

    /// Whether the reader knew that key.
    public boolean isPinned() {
        return pinned;
    }

    /// Whether the checkpoint was shown to be consistent with the remembered one.
    public boolean isConsistent() {
        return consistent;
    }

    /// The checkpoint that contains the receipt.
    public Checkpoint checkpoint() {
        return proof.checkpoint();
    }

    /// The checkpoint with its signatures, as it may be kept.
    public SignedNote note() {
        return proof.note();
    }

    /// The receipt's index in the log.
    public long index() {
        return proof.index();
    }
}

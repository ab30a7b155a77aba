package plumbline.verify;

import java.util.List;
import java.util.Optional;

/// What a reader knows about one log from before.
///
/// The caller keeps it per origin ([Bundle#origin]) and hands it in. Knowledge of another origin or
/// another key than the bundle's is not applied. Source: spec/bundle.md (V9, V11).
///
/// @param pinned the key that the reader pinned for this origin
/// @param remembered the last checkpoint that the reader saw of the log
/// @param consistency proof between the remembered checkpoint and the bundle's, whichever is larger
/// @param handOvers a chain by which the pinned key leads to the signer's or the other way round (spec/key.md)
public record Trust(
        Optional<VerifierKey> pinned,
        Optional<Remembered> remembered,
        Optional<List<Digest>> consistency,
        List<HandOver> handOvers) {

    /// A checkpoint that was seen, and the key that had signed it.
    ///
    /// @param key the log's key
    /// @param checkpoint what it signed
    public record Remembered(VerifierKey key, Checkpoint checkpoint) {
    }

    /// Copies the lists.
    public Trust {
        consistency = consistency.map(List::copyOf);
        handOvers = List.copyOf(handOvers);
    }

    /// No key has handed over.
    public Trust(Optional<VerifierKey> pinned, Optional<Remembered> remembered,
            Optional<List<Digest>> consistency) {
        this(pinned, remembered, consistency, List.of());
    }

    /// Nothing is known.
    public static Trust none() {
        return new Trust(Optional.empty(), Optional.empty(), Optional.empty());
    }

    /// A key is pinned, no checkpoint is remembered.
    public static Trust pinned(VerifierKey key) {
        return new Trust(Optional.of(key), Optional.empty(), Optional.empty());
    }

    /// The same, with a remembered checkpoint.
    public Trust withRemembered(VerifierKey key, Checkpoint checkpoint) {
        return new Trust(
                pinned, Optional.of(new Remembered(key, checkpoint)), consistency, handOvers);
    }

    /// The same, with a consistency proof.
    public Trust withConsistency(List<Digest> proof) {
        return new Trust(pinned, remembered, Optional.of(proof), handOvers);
    }

    /// The same, with a key that is pinned, be it for another log of the same node, and the chain of
    /// hand-overs between the node's keys.
    public Trust withHandOvers(Optional<VerifierKey> key, List<HandOver> chain) {
        return new Trust(key, remembered, consistency, chain);
    }

    /// The checkpoint to remember after a bundle was accepted (spec/bundle.md V15).
    ///
    /// Only a pinned signer's checkpoint counts, or anybody could poison the memory of a name. A
    /// remembered checkpoint gives way to a larger one only where their consistency was shown, or
    /// a fork would pass in two steps.
    public Optional<Remembered> after(VerifiedReceipt receipt) {
        Remembered seen = new Remembered(receipt.signer(), receipt.checkpoint());
        if (!receipt.isPinned()) {
            return remembered;
        }
        if (remembered.isEmpty() || !remembered.get().key().equals(seen.key())) {
            return Optional.of(seen);
        }
        boolean isLarger = seen.checkpoint().size() > remembered.get().checkpoint().size();
        return isLarger && receipt.isConsistent() ? Optional.of(seen) : remembered;
    }
}

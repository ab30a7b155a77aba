package plumbline.verify;

import java.util.Locale;

/// The ways in which a bundle can be wrong, one constant each.
///
/// The code is stable: other programs read it. Source: spec/bundle.md section 5.
public enum Reason {
    /// More bytes than a bundle may have.
    BUNDLE_TOO_LARGE,
    /// The bytes are no bundle.
    BUNDLE_MALFORMED,
    /// The receipt in the bundle is not in its one encoding, or contradicts itself.
    RECEIPT_MALFORMED,
    /// A part of the bundle is not in its one encoding.
    PARTS_MALFORMED,
    /// The log proof or the checkpoint is not in its one encoding.
    PROOF_MALFORMED,
    /// The request is not the one that the receipt commits to.
    COMMITMENT_MISMATCH_REQUEST,
    /// The prompt is not the one that the receipt commits to.
    COMMITMENT_MISMATCH_PROMPT,
    /// The output is not the one that the receipt commits to.
    COMMITMENT_MISMATCH_OUTPUT,
    /// The text is not the one that the receipt commits to.
    COMMITMENT_MISMATCH_TEXT,
    /// The prefix is not the one that the receipt commits to.
    COMMITMENT_MISMATCH_PREFIX,
    /// The receipt counts other prompt ids than there are.
    COUNT_MISMATCH_PROMPT,
    /// The receipt counts other output ids than there are.
    COUNT_MISMATCH_OUTPUT,
    /// The receipt counts other text bytes than there are.
    COUNT_MISMATCH_TEXT,
    /// The receipt counts other prefix ids than there are.
    COUNT_MISMATCH_PREFIX,
    /// The output doesn't begin with the prefix that was handed over.
    PREFIX_NOT_IN_OUTPUT,
    /// The checkpoint is of another log than the one the receipt names.
    ORIGIN_MISMATCH,
    /// The checkpoint is signed by another key than the one the receipt names.
    SIGNED_BY_ANOTHER_KEY,
    /// The checkpoint's signature by the receipt's key is not valid.
    SIGNATURE_INVALID,
    /// A signature line of a key that the reader doesn't know: nothing may stay unchecked.
    SIGNATURE_UNKNOWN,
    /// A witness's cosignature is not valid.
    COSIGNATURE_INVALID,
    /// The receipt is not the entry of the log that the proof is about.
    NOT_IN_LOG,
    /// The signer is not the key that was expected.
    KEY_NOT_EXPECTED,
    /// Another key is pinned for this log.
    KEY_NOT_PINNED_ONE,
    /// The policy names logs, and this is none of them.
    LOG_NOT_IN_POLICY,
    /// The log shows two different roots for one size.
    FORK,
    /// The log is not a continuation of what was remembered of it.
    INCONSISTENT,
    /// Too few witnesses for the policy.
    QUORUM_NOT_MET,
    /// The receipt is for another model.
    MODEL_NOT_EXPECTED,
    /// The receipt is for another request.
    REQUEST_NOT_EXPECTED,
    /// The receipt is for another answer.
    ANSWER_NOT_EXPECTED,
    /// The receipt is for another seed.
    SEED_NOT_EXPECTED,
    /// The receipt is for another nonce, or the node chose it.
    NONCE_NOT_EXPECTED,
    /// Nobody vouches for the signer, and no replay was asked for.
    SIGNER_NOT_PINNED,
    /// The signer handed over to another key before it signed this.
    KEY_RETIRED,
    /// Re-running the request gave something else.
    REPLAY_DIFFERS,
    /// A replay was asked for and couldn't be done.
    REPLAY_IMPOSSIBLE;

    /// The stable code: lowercase words with hyphens, as `signature-invalid`.
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

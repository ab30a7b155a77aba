package plumbline.engine;

import plumbline.verify.Digest;
import plumbline.verify.StopReason;
import plumbline.verify.TokenIds;

/// A finished answer, with what a receipt needs of it.
///
/// @param output the tokens drawn, a stop token included
/// @param text the output as text, up to a stop string
/// @param boundaryRoot root over the states of prompt and output but its last token
public record Answer(TokenIds prompt, TokenIds output, String text, StopReason stop, Digest boundaryRoot,
        Timings timings) {

    /// Wall times of a run, for people; no part of anything that is verified.
    ///
    /// @param prefillNanos from the first prompt token to the first logits
    /// @param decodeNanos from there to the last token
    /// @param reusedTokens prompt tokens that an earlier request had in common and that weren't computed again
    public record Timings(long prefillNanos, long decodeNanos, int reusedTokens) {

        public Timings(long prefillNanos, long decodeNanos) {
            this(prefillNanos, decodeNanos, 0);
        }
    }
}

package plumbline.sdk;

import java.util.List;
import plumbline.engine.request.InferenceRequest;
import plumbline.verify.Check;
import plumbline.verify.Fact;
import plumbline.verify.Secret;
import plumbline.verify.VerifiedReceipt;

/// An answer whose every check holds. There is no other way to get one than [Plumbline#ask].
///
/// @param text         the whole text
/// @param receipt      the receipt, with request, prompt and output; of the node that ended the answer
/// @param bundle       the same as bytes that may be kept and handed on
/// @param secret       with which its node hands out the bundle
/// @param request      what was asked
/// @param checks       what was checked, in its order
/// @param facts        what was shown and what wasn't, each with who vouches
/// @param steps        what happened on the way
/// @param lost         what nodes that were lost on the way had sent
/// @param node         address of the node that ended the answer
/// @param kernel       what computed it, by the node; empty if it doesn't say
/// @param prefillNanos from the request to the first token, by the node
/// @param decodeNanos  from there to the end, by the node
public record VerifiedAnswer(
        String text,
        VerifiedReceipt receipt,
        byte[] bundle,
        Secret secret,
        InferenceRequest request,
        List<Check> checks,
        List<Fact> facts,
        List<Step> steps,
        List<LostPart> lost,
        String node,
        String kernel,
        long prefillNanos,
        long decodeNanos) {
    /// Copies the lists.
    public VerifiedAnswer {
        checks = List.copyOf(checks);
        facts = List.copyOf(facts);
        steps = List.copyOf(steps);
        lost = List.copyOf(lost);
    }
}

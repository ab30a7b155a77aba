package plumbline.sdk;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What happened on the way to an answer, told to the listener as it happens. Belongs to its run.
final class Course {

    private final AnswerPlan plan;
    private final AnswerListener listener;
    private final long startNanos;
    private final List<Step> steps = new ArrayList<>();
    private final Set<NodeSource> lost = new LinkedHashSet<>();
    private Optional<String> wrong = Optional.empty();

    Course(AnswerPlan plan, AnswerListener listener, long startNanos) {
        this.plan = plan;
        this.listener = listener;
        this.startNanos = startNanos;
    }

    void step(String node, Step.What what, int token, String detail) {
        Step step = new Step((System.nanoTime() - startNanos) / 1_000_000, node, what, token, detail);
        steps.add(step);
        listener.step(step);
    }

    /// The answer begins with a source, or goes on with it after others.
    ///
    /// @param lostNanos when one was lost
    void passesOn(NodeSource source, int token, long nowNanos, long lostNanos) {
        long opened = (nowNanos - source.openedNanos) / 1_000_000;
        if (token == 0) {
            step(source.shown(), Step.What.FIRST_TOKEN, token, "after " + opened + " ms");
        } else {
            // One that was asked before was at it already when the other was lost.
            String when = source.openedNanos < lostNanos ? "; it was asked before, and its" : ", of which its";
            step(source.shown(), Step.What.CONTINUED, token, "a gap of " + (nowNanos - lostNanos) / 1_000_000 + " ms"
                    + when + " prefill of " + (plan.promptCount() + token) + " tokens took " + opened);
        }
    }

    /// What shows that a node was wrong.
    void wrong(NodeSource source, String what, Optional<byte[]> bundle) {
        wrong = Optional.of(source.shown());
        evidence(source, what, bundle);
    }

    /// It contradicts another, and either may be wrong; unless that one was found wrong already.
    void disputed(NodeSource source, String what) {
        evidence(source, wrong.map(other -> "after " + other + " was found wrong in the same answer: " + what)
                .orElse(what), Optional.empty());
    }

    /// What is said where nobody can go on with the tokens that were passed on.
    PlumblineException disagreement(String detail, int passedOn) {
        String unverified = detail + ". The " + passedOn + " tokens so far aren't verified";
        return wrong.isPresent()
                ? new PlumblineException("the node at " + wrong.get() + " was found wrong, and another can't go on with"
                        + " what it sent: " + unverified,
                        "The evidence is kept. Ask again: that node isn't asked any more.")
                : new PlumblineException(
                        "two nodes disagree about this answer, and one of them is wrong: " + unverified,
                        "The evidence is kept. With the model on this machine --share 100 decides which is right.");
    }

    private void evidence(NodeSource source, String what, Optional<byte[]> bundle) {
        listener.evidence(new Evidence(source.stream.node().address().url(), plan.signerOf(source.node), what,
                source.body, source.tokens, bundle));
    }

    /// The node was lost; it may have, or get, a receipt for its part all the same.
    void lost(NodeSource source) {
        if (source.begun.isPresent()) {
            lost.add(source);
        }
    }

    List<Step> steps() {
        return List.copyOf(steps);
    }

    /// The parts of nodes that were lost, but for the one that ended the answer.
    List<LostPart> parts(NodeSource winner) {
        return lost.stream().filter(source -> source != winner)
                .map(source -> new LostPart(source.node, source.stream.node().address().url(),
                        source.begun.get().id(), source.begun.get().secret(), source.body, source.nonce,
                        source.tokens))
                .toList();
    }
}

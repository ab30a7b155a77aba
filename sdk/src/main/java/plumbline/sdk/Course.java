package plumbline.sdk;

import java.util.ArrayList;
import java.util.Comparator;
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
    private Optional<NodeSource> at = Optional.empty();
    private long lostNanos;

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

    /// From here on no token is passed on, if this is one of the sources that are needed for it; the first such moment
    /// counts until another goes on.
    void gap(NodeSource source, long sinceNanos) {
        boolean isNeeded = plan.nodesForEachToken() > 1 || at.filter(one -> one == source).isPresent();
        lostNanos = lostNanos == 0 && isNeeded ? sinceNanos : lostNanos;
    }

    /// A token is passed on.
    ///
    /// @param sources at least one of them has it
    /// @param index   of the token
    void passed(List<NodeSource> sources, int index, long nowNanos) {
        NodeSource first = with(sources, index).orElseThrow();
        if (index == 0) {
            step(first.shown(), Step.What.FIRST_TOKEN, index, "after " + millis(nowNanos - first.openedNanos) + " ms");
        } else if (lostNanos != 0) {
            seam(sources, index, nowNanos);
        }
        at = Optional.of(first);
        lostNanos = 0;
    }

    // For each token: no stream.
    private static Optional<NodeSource> with(List<NodeSource> sources, int index) {
        for (NodeSource source : sources) {
            if (source.has(index)) {
                return Optional.of(source);
            }
        }
        return Optional.empty();
    }

    private void seam(List<NodeSource> sources, int index, long nowNanos) {
        NodeSource next = sources.stream().filter(source -> source.has(index))
                .max(Comparator.comparingLong(source -> source.openedNanos)).orElseThrow();
        String gap = "a gap of " + millis(nowNanos - lostNanos) + " ms";
        if (at.filter(one -> one == next).isPresent()) {
            step(next.shown(), Step.What.RETURNED, index, gap);
            return;
        }
        // One that was asked before was at it already when the other was lost.
        String when = next.openedNanos < lostNanos ? "; it was asked before, and its" : ", of which its";
        step(next.shown(), Step.What.CONTINUED, index, gap + when + " prefill of " + (plan.promptCount() + index)
                + " tokens took " + millis(nowNanos - next.openedNanos));
    }

    private static long millis(long nanos) {
        return nanos / 1_000_000;
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

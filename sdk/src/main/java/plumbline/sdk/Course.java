package plumbline.sdk;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What happened on the way to an answer, told to the listener as it happens. Belongs to the thread of its run.
final class Course {

    private final AnswerPlan plan;
    private final AnswerListener listener;
    private final long startNanos;
    private final List<Step> steps = new ArrayList<>();
    private final Set<NodeSource> lost = new LinkedHashSet<>();

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

    /// What shows that a node was wrong.
    void evidence(NodeSource source, String what, Optional<byte[]> bundle) {
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

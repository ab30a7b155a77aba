package plumbline.sdk;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import plumbline.engine.Ending;
import plumbline.sdk.NodeStream.Sign;
import plumbline.sdk.Step.What;
import plumbline.verify.Digest;
import plumbline.verify.StopReason;

/// One answer, whichever nodes it comes from. Every node that is asked is handed the output tokens so far, draws them
/// again and goes on, so that its tokens are those of the node before, or it says that they can't be.
///
/// A token is passed on when as many sources have it as must: this machine where it re-executes, two nodes where
/// another one does, else one. An end is passed on when a receipt for exactly these tokens holds. Until then a node
/// that dies, falls silent or is wrong is replaced.
///
/// Used by one thread at a time, see [AnswerWait].
final class AnswerRun {

    private static final long PROBE_NANOS = 400_000_000L;
    private static final long RE_EXECUTION_NANOS = 30_000_000_000L;
    private static final int SOURCES_MAX = 8;

    /// A node that had another token than a second one.
    private record Dissenter(int node, int index, int id) {}

    private final AnswerPlan plan;
    private final Nodes nodes;
    private final AnswerListener listener;
    private final Course course;
    private final SecureRandom random = new SecureRandom();
    private final Mailbox<Post> posts;
    private final List<NodeSource> sources = new ArrayList<>();
    private final List<ReceiptChecks.Checked> others = new ArrayList<>();
    private final List<Dissenter> dissenters = new ArrayList<>();
    private final BitSet excluded = new BitSet();
    private final List<Integer> tokens = new ArrayList<>();
    private final Ending ending;
    private final long startNanos = System.nanoTime();
    private final Patience patience = new Patience(startNanos);
    private Optional<HereSource> here = Optional.empty();
    private Optional<StopReason> stop = Optional.empty();
    private Optional<NodeSource> winner = Optional.empty();
    private Optional<PlumblineException> lastFailure = Optional.empty();
    private long wonNanos;
    private boolean hasBegun;
    private boolean isHedged;
    private boolean isCancelled;
    private boolean isLookedAfter;

    /// @param posts that whoever calls this takes from
    AnswerRun(AnswerPlan plan, Nodes nodes, AnswerListener listener, Mailbox<Post> posts) {
        this.plan = plan;
        this.nodes = nodes;
        this.listener = listener;
        this.posts = posts;
        this.ending = plan.newEnding();
        this.course = new Course(plan, listener, startNanos);
    }

    /// Whether the listener has ended it, or nobody waits any more.
    boolean isCancelled() {
        return isCancelled;
    }

    /// Whether [#see] can wait: only tokens have come since.
    boolean isLookedAfter() {
        return isLookedAfter;
    }

    /// What has happened is seen to; what should have happened meanwhile is looked for by [#see].
    void take(Post post) throws PlumblineException {
        isLookedAfter &= post instanceof Post.OfNode(_, Sign.Tokens _);
        switch (post) {
            // What is computed here waits for nobody: many may want the model.
            case Post.Asked _ -> here = plan.startHere(sign -> posts.leave(new Post.OfHere(sign)));
            case Post.OfNode(NodeSource source, Sign sign) when sources.contains(source) -> sign(source, sign);
            case Post.OfHere(HereSource.Sign.Token(int id, Optional<HereSource.Scores> scores)) -> {
                here.orElseThrow().tokens.add(id);
                here.orElseThrow().scores.add(scores);
            }
            case Post.OfHere(HereSource.Sign.Broken(String why)) -> throw new PlumblineException(
                    "the answer can't be re-executed here: " + why, "Lower --share, or mend what is wrong.");
            case Post.Probed(NodeSource source, boolean isAlive) -> probed(source, isAlive);
            case Post.Judged(NodeSource source, Judgement judgement) when sources.contains(source) ->
                    judged(source, judgement);
            case Post.OfNode _, Post.Judged _, Post.Left _ -> { }
        }
        advance();
    }

    private void sign(NodeSource source, Sign sign) throws PlumblineException {
        source.lastSignNanos = System.nanoTime();
        source.isSuspected = source.isStalled;
        patience.sign(source.lastSignNanos);
        switch (sign) {
            case Sign.Begun begun -> {
                source.begun = Optional.of(begun);
                if (!hasBegun) {
                    hasBegun = true;
                    listener.begun(begun.id(), begun.secret(), source.nonce, plan.promptCount());
                }
            }
            case Sign.Tokens(int[] ids) -> drawn(source, ids);
            case Sign.Alive _ -> { }
            case Sign.Ended ended -> source.ended = Optional.of(ended);
            case Sign.Broken(PlumblineException why) -> broken(source, why);
        }
    }

    private void drawn(NodeSource source, int[] ids) throws PlumblineException {
        if (!source.hasDrawn()) {
            nodes.answered(source.node, source.lastSignNanos - source.openedNanos);
        }
        source.lastTokenNanos = source.lastSignNanos;
        source.isStalled = false;
        source.isSuspected = false;
        for (int id : ids) {
            source.tokens.add(id);
            int index = source.tokens.size() - 1;
            if (index >= plan.tokensMax() || !plan.isToken(id)) {
                wrong(source, "it sends more tokens than were asked for, or one that there isn't", Optional.empty());
                return;
            }
            if (index < tokens.size() && tokens.get(index) != id) {
                contradicts(source, index);
                return;
            }
        }
    }

    /// A node has another token than the one that was passed on.
    private void contradicts(NodeSource source, int index) throws PlumblineException {
        String what = "its token " + index + " is " + source.tokens.get(index) + ", not " + tokens.get(index);
        if (here.isEmpty()) {
            disputed(source, what);
            throw course.disagreement(source.shown() + ": " + what, tokens.size());
        }
        wrong(source, what, Optional.empty());
    }

    /// One of two nodes is wrong, and it can't be told which: both are kept as evidence, neither answers here.
    private void disputed(NodeSource source, String what) {
        course.gap(source, System.nanoTime());
        excluded.set(source.node);
        step(source.shown(), What.DISPUTED, what);
        course.disputed(source, what);
        lastFailure = Optional.of(new PlumblineException("the node at " + source.shown() + ": " + what, ""));
        drop(source);
    }

    private void broken(NodeSource source, PlumblineException why) throws PlumblineException {
        switch (why) {
            case RefusedException refused when tokens.isEmpty() -> throw refused;
            case NodeFailedException failed -> {
                lastFailure = Optional.of(failed);
                switch (failed.kind()) {
                    case DISPUTES -> {
                        if (here.isEmpty()) {
                            disputed(source, failed.getMessage());
                            throw course.disagreement(failed.getMessage(), tokens.size());
                        }
                        wrong(source, failed.getMessage(), Optional.empty());
                    }
                    case LIED -> wrong(source, failed.getMessage(), Optional.empty());
                    case LACKING, CLOSED -> {
                        excluded.set(source.node);
                        nodes.refused(source.node, failed.kind());
                        lost(source, failed.getMessage());
                    }
                    case UNREACHABLE, SILENT, BUSY, FAILED -> {
                        nodes.failed(source.node, failed.kind());
                        lost(source, failed.getMessage());
                    }
                }
            }
            case PlumblineException other -> {
                lastFailure = Optional.of(other);
                excluded.set(source.node);
                lost(source, other.getMessage());
            }
        }
    }

    private void lost(NodeSource source, String why) {
        course.gap(source, System.nanoTime());
        step(source.shown(), What.LOST, why);
        course.lost(source);
        drop(source);
    }

    /// What the node sent can't be right.
    private void wrong(NodeSource source, String what, Optional<byte[]> bundle) {
        course.gap(source, System.nanoTime());
        excluded.set(source.node);
        nodes.setAside(source.node, what, true);
        step(source.shown(), What.SET_ASIDE, what);
        course.wrong(source, what, bundle);
        lastFailure = Optional.of(new PlumblineException("the node at " + source.shown() + ": " + what, ""));
        drop(source);
    }

    /// Ends whatever is still under way.
    void close() {
        here.ifPresent(HereSource::close);
        List.copyOf(sources).forEach(this::drop);
    }

    private void drop(NodeSource source) {
        if (sources.remove(source)) {
            isLookedAfter = false;
            source.stream.close();
            nodes.ended(source.node);
        }
    }

    private void advance() {
        while (stop.isEmpty() && !isCancelled) {
            OptionalInt next = here.isPresent() ? agreedHere(here.get()) : agreed();
            if (next.isEmpty()) {
                return;
            }
            pass(next.getAsInt());
        }
        for (NodeSource source : stop.isPresent() ? List.copyOf(sources) : List.<NodeSource>of()) {
            if (source.tokens.size() > tokens.size()) {
                wrong(source, "it goes on after the answer's end", Optional.empty());
            }
        }
    }

    private OptionalInt agreedHere(HereSource truth) {
        int index = tokens.size();
        if (index >= truth.tokens.size()) {
            return OptionalInt.empty();
        }
        int id = truth.tokens.get(index);
        for (NodeSource source : List.copyOf(sources)) {
            if (source.has(index) && source.tokens.get(index) != id) {
                wrong(source, "its token " + index + " is " + source.tokens.get(index) + ", this machine draws " + id,
                        Optional.empty());
            }
        }
        return sources.stream().anyMatch(source -> source.has(index)) ? OptionalInt.of(id) : OptionalInt.empty();
    }

    private OptionalInt agreed() {
        int index = tokens.size();
        if (sources.size() == 1 && plan.nodesForEachToken() == 1) {
            NodeSource only = sources.getFirst();
            return only.has(index) ? OptionalInt.of(only.tokens.get(index)) : OptionalInt.empty();
        }
        List<NodeSource> having = sources.stream().filter(source -> source.has(index)).toList();
        if (having.isEmpty()) {
            return OptionalInt.empty();
        }
        int id = having.getFirst().tokens.get(index);
        Optional<NodeSource> other = having.stream().filter(source -> source.tokens.get(index) != id).findFirst();
        if (other.isPresent()) {
            String what = "two nodes differ at token " + index + ": " + having.getFirst().shown() + " has " + id + ", "
                    + other.get().shown() + " has " + other.get().tokens.get(index);
            having.forEach(source -> {
                dissenters.add(new Dissenter(source.node, index, source.tokens.get(index)));
                disputed(source, what);
            });
            return OptionalInt.empty();
        }
        return having.size() >= plan.nodesForEachToken() ? OptionalInt.of(id) : OptionalInt.empty();
    }

    private void pass(int id) {
        long now = System.nanoTime();
        course.passed(sources, tokens.size(), now);
        patience.token(now);
        for (Dissenter dissenter : dissenters) {
            if (dissenter.index() == tokens.size() && dissenter.id() != id) {
                nodes.setAside(dissenter.node(), "its token " + dissenter.index() + " is " + dissenter.id()
                        + ", two other nodes draw " + id, true);
            }
        }
        here.flatMap(truth -> truth.scores.get(tokens.size()))
                .ifPresent(scores -> listener.scored(scores.drawn(), scores.likeliest()));
        tokens.add(id);
        stop = ending.after(id);
        isCancelled = !listener.token(id, ending.show()) && stop.isEmpty();
        isLookedAfter &= stop.isEmpty() && !isCancelled;
        if (sources.size() > plan.nodesForEachToken()) {
            keepTheQuickest();
        }
    }

    /// Whoever is behind isn't needed once another has gone on.
    private void keepTheQuickest() {
        List<NodeSource> behind = sources.stream().filter(source -> source.tokens.size() < tokens.size()).toList();
        if (sources.size() - behind.size() >= plan.nodesForEachToken()) {
            behind.forEach(this::drop);
        }
    }

    /// Looks after the sources: what hasn't come means something too.
    void see() throws PlumblineException {
        isLookedAfter = true;
        long now = System.nanoTime();
        // While this machine stood still itself, no node can be blamed for its silence.
        long heldUp = patience.heldUp(now, Ticks.EACH.toNanos());
        sources.forEach(source -> source.forgive(heldUp));
        for (NodeSource source : List.copyOf(sources)) {
            if (source.isBeingChecked) {
                awaitReceipt(source, now);
            } else if (source.ended.isPresent()) {
                ended(source);
            } else if (source.isSilent(now)) {
                silent(source, now);
            } else if (!source.isStalled && isStalled(source, now)) {
                source.isStalled = true;
                nodes.hedges().spend();
                suspect(source, "no token has come for " + millis(now - source.lastTokenNanos) + " ms");
            }
        }
        int healthy = (int) sources.stream().filter(source -> !source.isSuspected).count();
        int needed = stop.isPresent() ? plan.receipts() - others.size() - (winner.isPresent() ? 1 : 0)
                : plan.nodesForEachToken();
        boolean isLate = !isHedged && tokens.isEmpty() && sources.size() == 1 && plan.nodesForEachToken() == 1
                && now - sources.getFirst().openedNanos > nodes.lateAfterNanos(sources.getFirst().node);
        while (healthy < needed && hasRoom() && open(What.ASKED)) {
            healthy++;
        }
        if (isLate && !nodes.hedges().isEmpty() && open(What.HEDGED)) {
            isHedged = true;
            nodes.hedges().spend();
        }
        if (patience.isOver(now, plan.stallNanos()) && winner.isEmpty() || tooFewAreLeft()) {
            throw lastFailure.orElseGet(nodes::nobody);
        }
    }

    /// Whether a node has given no token for too long though it shows that it is there. Who hasn't begun may be waiting
    /// in its line; where many are late at once all nodes are.
    private boolean isStalled(NodeSource source, long now) {
        long patience = plan.stallNanos() * (source.begun.isPresent() ? 1 : 2) * (nodes.hedges().isEmpty() ? 4 : 1);
        return now - source.lastTokenNanos > patience;
    }

    /// Whether another node may be asked beside those that are. One that shows nothing at all makes room; one that
    /// shows that it is there may be at a long prompt.
    private boolean hasRoom() {
        if (sources.size() >= SOURCES_MAX) {
            sources.stream().filter(source -> source.isSuspected && !source.isStalled).findFirst()
                    .ifPresent(this::drop);
        }
        return sources.size() < SOURCES_MAX;
    }

    /// Whether there are fewer nodes that may still be asked than it takes.
    private boolean tooFewAreLeft() {
        return winner.isEmpty() && nodes.left(excluded) < (stop.isPresent() ? 1 : plan.nodesForEachToken());
    }

    /// Asks another node to go on from here; false if there is none to ask now.
    private boolean open(What what) {
        BitSet notThese = (BitSet) excluded.clone();
        // One that is alive and has not begun for so long may have lost the request with its connection.
        boolean isForgotten = sources.size() == 1 && sources.getFirst().isStalled && sources.getFirst().begun.isEmpty();
        if (!isForgotten || nodes.left(excluded) > 1) {
            sources.forEach(source -> notThese.set(source.node));
        }
        winner.ifPresent(source -> notThese.set(source.node));
        OptionalInt node = nodes.choose(notThese);
        if (node.isEmpty()) {
            return false;
        }
        Digest nonce = plan.nonce(random);
        byte[] body = plan.body(nonce, tokens);
        NodeStream stream = nodes.client(node.getAsInt()).open(plan.endpoint(), body);
        NodeSource source = new NodeSource(node.getAsInt(), stream, body, nonce, tokens, System.nanoTime());
        sources.add(source);
        step(source.shown(), what, tokens.isEmpty() ? "" : "to go on after token " + tokens.size());
        stream.follow((_, sign) -> posts.put(new Post.OfNode(source, sign)));
        return true;
    }

    private void silent(NodeSource source, long now) {
        if (source.begun.isPresent() && !source.isSuspected) {
            suspect(source, "nothing has come for " + millis(now - source.lastSignNanos) + " ms");
        } else if (source.begun.isEmpty() && !source.isBeingProbed && !source.isSuspected) {
            probe(source); // it may be in a queue: then it is there all the same
        }
    }

    // Receipt and log come at once from a node that is there.
    private void awaitReceipt(NodeSource source, long now) {
        boolean isAwaited = !source.isSuspected && !plan.isReplayedHere();
        if (isAwaited && now - source.lastSignNanos > plan.stallNanos()) {
            suspect(source, "its receipt and log have not come for " + millis(now - source.lastSignNanos) + " ms");
        } else if (isAwaited && source.isProbeDue(now)) {
            probe(source);
        }
    }

    private void probe(NodeSource source) {
        source.isBeingProbed = true;
        Thread.ofVirtual().start(() -> posts.put(new Post.Probed(source,
                source.stream.node().isAlive(Duration.ofNanos(PROBE_NANOS)))));
    }

    private void probed(NodeSource source, boolean isAlive) {
        source.isBeingProbed = false;
        source.aliveNanos = isAlive ? System.nanoTime() : source.aliveNanos;
        if (isAlive && !source.isBeingChecked) {
            source.lastSignNanos = source.aliveNanos;
            patience.sign(source.lastSignNanos);
        } else if (!isAlive && (source.begun.isEmpty() || source.isBeingChecked) && sources.contains(source)) {
            suspect(source, "it doesn't answer");
        }
    }

    /// It may still come back: another is asked, and who goes on first wins.
    private void suspect(NodeSource source, String why) {
        source.isSuspected = true;
        course.gap(source, source.lastSignNanos);
        nodes.silent(source.node);
        step(source.shown(), What.LOST, why);
        course.lost(source);
    }

    /// A node says that it has ended: right if so do the tokens that were passed on.
    private void ended(NodeSource source) {
        if (stop.isEmpty()) {
            // Else the other sources are still behind.
            if (plan.endsEarly(source.tokens)) {
                wrong(source, "it ends where the answer doesn't", Optional.empty());
            }
            return;
        }
        if (source.tokens.size() < tokens.size()) {
            wrong(source, "it ends after " + source.tokens.size() + " tokens of " + tokens.size(), Optional.empty());
            return;
        }
        source.isBeingChecked = true;
        boolean isFirst = winner.isEmpty() && others.isEmpty();
        Thread.ofVirtual().start(() ->
                posts.put(new Post.Judged(source, plan.judge(source, isFirst && plan.isReplayedHere()))));
    }

    private void judged(NodeSource source, Judgement judgement) throws PlumblineException {
        switch (judgement) {
            case Judgement.Holds(ReceiptChecks.Checked checked) -> {
                source.checked = Optional.of(checked);
                step(source.shown(), What.CHECKED, "entry " + checked.receipt().index() + " of its log");
                if (winner.isEmpty()) {
                    winner = Optional.of(source);
                    wonNanos = System.nanoTime();
                } else if (checked.receipt().signer().equals(winner.get().checked.get().receipt().signer())) {
                    excluded.set(source.node);
                    step(source.shown(), What.NOT_RE_EXECUTED, "it signs as the other: one node at two addresses");
                } else {
                    others.add(checked);
                    step(source.shown(), What.RE_EXECUTED, "the same " + tokens.size() + " tokens");
                }
                drop(source);
            }
            case Judgement.Wrong(String why, byte[] bundle, boolean isLie) -> {
                nodes.setAside(source.node, why, isLie);
                wrong(source, why, Optional.of(bundle));
            }
            case Judgement.Failed(PlumblineException why) -> broken(source, why);
        }
    }

    /// The answer, once it is whole and holds.
    Optional<VerifiedAnswer> finished() {
        if (winner.isEmpty()) {
            return Optional.empty();
        }
        boolean hasAll = others.size() + 1 >= plan.receipts();
        boolean nobodyElse = sources.isEmpty() && System.nanoTime() - wonNanos > 1_000_000_000L
                || System.nanoTime() - wonNanos > RE_EXECUTION_NANOS;
        if (!hasAll && !nobodyElse) {
            return Optional.empty();
        }
        if (!hasAll) {
            step("", What.NOT_RE_EXECUTED, "no other node could do it");
        }
        return Optional.of(plan.answer(winner.get(), others, ending.text(), course));
    }

    private void step(String node, What what, String detail) {
        course.step(node, what, tokens.size(), detail);
    }

    private static long millis(long nanos) {
        return nanos / 1_000_000;
    }
}

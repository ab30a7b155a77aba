package plumbline.sdk;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.verify.Digest;

/// One node on the way to an answer: what it was asked, what came of it so far. Belongs to its run.
final class NodeSource {

    /// How often a node that is computing shows that it is there.
    static final int HEARTBEAT_MILLIS = 200;

    private static final long SILENCE_NANOS = 700_000_000L;

    final int node;
    final NodeStream stream;
    final byte[] body;
    final Digest nonce;
    final List<Integer> prefix;
    /// All output tokens as this node has them, the prefix included.
    final List<Integer> tokens;
    final long openedNanos;
    Optional<NodeStream.Sign.Begun> begun = Optional.empty();
    Optional<NodeStream.Sign.Ended> ended = Optional.empty();
    Optional<ReceiptChecks.Checked> checked = Optional.empty();
    boolean isBeingChecked;
    boolean isBeingProbed;
    boolean isSuspected;
    boolean isStalled;
    long lastSignNanos;
    /// When it last answered a probe.
    long aliveNanos;
    long lastTokenNanos;

    NodeSource(int node, NodeStream stream, byte[] body, Digest nonce, List<Integer> prefix, long nowNanos) {
        this.node = node;
        this.stream = stream;
        this.body = body;
        this.nonce = nonce;
        this.prefix = List.copyOf(prefix);
        this.tokens = new ArrayList<>(prefix);
        this.openedNanos = nowNanos;
        this.lastSignNanos = nowNanos;
        this.aliveNanos = nowNanos;
        this.lastTokenNanos = nowNanos;
    }

    boolean has(int index) {
        return index < tokens.size();
    }

    /// Whether its own tokens have begun to come.
    boolean hasDrawn() {
        return tokens.size() > prefix.size() || ended.isPresent();
    }

    /// Whether nothing has come for so long that it may be dead.
    boolean isSilent(long nowNanos) {
        return ended.isEmpty() && nowNanos - lastSignNanos > SILENCE_NANOS;
    }

    /// Whether nothing has come, and no probe been answered, for so long that it may be dead.
    boolean isProbeDue(long nowNanos) {
        return !isBeingProbed && nowNanos - Math.max(lastSignNanos, aliveNanos) > SILENCE_NANOS;
    }

    /// Time that doesn't count.
    void forgive(long nanos) {
        lastSignNanos += nanos;
        aliveNanos += nanos;
        lastTokenNanos += nanos;
    }

    String shown() {
        return stream.node().address().shown();
    }
}

package plumbline.sdk;

/// How long an answer has been waited for. Belongs to its run.
final class Patience {

    /// Without any sign of any node.
    private static final long SIGN_NANOS = 60_000_000_000L;
    /// Without a token, however alive the nodes may be; in the time after which another is asked too.
    private static final int STALLS_MAX = 30;

    private long signNanos;
    private long tokenNanos;
    private long lookedNanos;

    Patience(long nowNanos) {
        signNanos = nowNanos;
        tokenNanos = nowNanos;
        lookedNanos = nowNanos;
    }

    void sign(long nowNanos) {
        signNanos = nowNanos;
    }

    void token(long nowNanos) {
        signNanos = nowNanos;
        tokenNanos = nowNanos;
    }

    /// How long this machine stood still itself since it looked last, for which no node can be blamed.
    long heldUp(long nowNanos, long tickNanos) {
        long heldUp = Math.max(0, nowNanos - lookedNanos - 2 * tickNanos);
        signNanos += heldUp;
        tokenNanos += heldUp;
        lookedNanos = nowNanos;
        return heldUp;
    }

    boolean isOver(long nowNanos, long stallNanos) {
        return nowNanos - signNanos > SIGN_NANOS || nowNanos - tokenNanos > STALLS_MAX * stallNanos;
    }
}

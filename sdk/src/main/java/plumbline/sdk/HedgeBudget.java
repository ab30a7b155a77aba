package plumbline.sdk;

/// How often a second node may be asked for what one is at already: for about one answer in ten. Where all nodes are
/// slow because there is much to do, asking twice would only make them slower. Safe for threads.
final class HedgeBudget {

    private static final int SAVED_MAX = 10;
    private static final double EARNED = 0.1;

    private double saved = SAVED_MAX / 2.0;

    /// A first token has come.
    synchronized void earn() {
        saved = Math.min(SAVED_MAX, saved + EARNED);
    }

    synchronized boolean isEmpty() {
        return saved < 1;
    }

    synchronized void spend() {
        saved = Math.max(0, saved - 1);
    }
}

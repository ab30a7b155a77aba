package plumbline.engine;

/// How many rows of prompts a step may hold while somebody decodes: as many as the machine does in the time that a
/// token may be late. It decides when a token comes, never which.
final class StepPace {

    private static final long STEP_NANOS = 60_000_000;
    private static final int ROWS_MIN = 8;

    private double nanosPerRow = 1_000_000;

    /// A step of `rows` rows took so long. Small steps say nothing: they wait for the weights, not for their rows.
    void took(int rows, long nanos) {
        if (rows >= ROWS_MIN) {
            nanosPerRow += ((double) nanos / rows - nanosPerRow) / 4;
        }
    }

    int promptRowsMax() {
        return (int) Math.clamp(STEP_NANOS / nanosPerRow, ROWS_MIN, Batch.ROWS_MAX);
    }
}

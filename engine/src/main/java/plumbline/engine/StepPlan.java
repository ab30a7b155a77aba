package plumbline.engine;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/// Shares a step's rows out among the sequences under way. A pure function; it decides when a token comes, never which.
///
/// Who decodes gets its one row first, so that answers flow on while prompts are read. The rest goes to prompts: half
/// to the oldest, so that it gets done, the other half to the one with the least left, so that a short question doesn't
/// wait for a long document.
final class StepPlan {

    private StepPlan() {}

    /// Rows for each sequence.
    ///
    /// @param pending ids that each has to feed, oldest sequence first; 0 takes no part
    /// @param decodes whether each is past its prompt
    /// @param rowsMax most rows of the step
    /// @param promptRowsMax most of them for prompts, where somebody decodes; at least 1
    /// @param turn number of the step: where more decode than there are rows, they take turns
    static int[] rows(int[] pending, boolean[] decodes, int rowsMax, int promptRowsMax, int turn) {
        int[] rows = new int[pending.length];
        int[] decoding = IntStream.range(0, pending.length).filter(i -> decodes[i] && pending[i] > 0).toArray();
        int decoded = Math.min(decoding.length, rowsMax);
        for (int n = 0; n < decoded; n++) {
            rows[decoding[(int) ((n + (long) turn * decoded) % decoding.length)]] = 1;
        }
        int[] reading = IntStream.range(0, pending.length).filter(i -> !decodes[i] && pending[i] > 0).toArray();
        int left = Math.min(rowsMax - decoded, decoding.length > 0 ? promptRowsMax : rowsMax);
        if (reading.length > 0 && left > 0) {
            rows[reading[0]] = Math.min(pending[reading[0]], (left + 1) / 2);
            left -= rows[reading[0]];
            int[] shortest = Arrays.stream(reading).boxed()
                    .sorted(Comparator.comparingInt((Integer i) -> pending[i] - rows[i])).mapToInt(i -> i).toArray();
            for (int i : shortest) {
                int more = Math.min(left, pending[i] - rows[i]);
                rows[i] += more;
                left -= more;
            }
        }
        return rows;
    }
}

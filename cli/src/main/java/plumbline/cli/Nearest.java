package plumbline.cli;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;

/// Finds the known word that somebody who mistyped probably meant.
final class Nearest {
    private Nearest() {}

    /// `; did you mean --model?`, or empty where nothing is near.
    static String suggestion(String word, Collection<String> known) {
        int allowed = Math.max(1, word.length() / 3);
        return known.stream()
                .filter(other -> distance(word, other) <= allowed || isStart(word, other))
                .min(Comparator.comparingInt(other -> distance(word, other)))
                .map(other -> "; did you mean " + other + "?")
                .orElse("");
    }

    private static boolean isStart(String word, String other) {
        return word.length() > 3 && other.startsWith(word);
    }

    /// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
    static int distance(String a, String b) {
        int[] twoBack = new int[b.length() + 1];
        int[] back = new int[b.length() + 1];
        int[] row = new int[b.length() + 1];
        Arrays.setAll(back, j -> j);
        for (int i = 1; i <= a.length(); i++) {
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(Math.min(row[j - 1], back[j]) + 1, back[j - 1] + cost);
                boolean swapped = i > 1 && j > 1
                        && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                if (swapped) {
                    row[j] = Math.min(row[j], twoBack[j - 2] + 1);
                }
            }
            int[] free = twoBack;
            twoBack = back;
            back = row;
            row = free;
        }
        return back[b.length()];
    }
}

package plumbline.node.proxy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What a load looked like: tokens and answers by the second, memory, and when nodes were killed. Safe for threads.
final class LoadPlot {

    private static final int LEFT = 60;
    private static final int RIGHT = 700;
    private static final int PANEL = 130;

    private record Sample(int second, double tokensPerSecond, double answersPerSecond, long heapMiB) {}

    private final int seconds;
    private final List<Sample> samples = new ArrayList<>();
    private final List<Integer> kills = new ArrayList<>();
    private int lastSecond;
    private int lastTokens;
    private int lastAnswers;

    LoadPlot(int seconds) {
        this.seconds = seconds;
    }

    synchronized void kill(int second) {
        kills.add(second);
    }

    synchronized void sample(int second, int tokens, int answers, long heapMiB) {
        double time = Math.max(1, second - lastSecond);
        samples.add(new Sample(second, (tokens - lastTokens) / time, (answers - lastAnswers) / time, heapMiB));
        lastSecond = second;
        lastTokens = tokens;
        lastAnswers = answers;
    }

    synchronized String svg(String sum) {
        StringBuilder out = new StringBuilder();
        out.append("""
                <svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="t d" viewBox="0 0 720 520"
                    width="720" height="520" font-family="system-ui, sans-serif" font-size="12">
                  <title id="t">A hundred streams through the proxy while a node is killed each minute</title>
                """);
        out.append("  <desc id=\"d\">").append(sum).append("</desc>\n");
        out.append("  <rect width=\"720\" height=\"520\" fill=\"#fff\"/>\n");
        panel(out, 40, "tokens passed on, each second",
                samples.stream().map(Sample::tokensPerSecond).toList());
        panel(out, 200, "answers verified, each second",
                samples.stream().map(Sample::answersPerSecond).toList());
        panel(out, 360, "heap of proxy and clients, MiB, garbage included",
                samples.stream().map(sample -> (double) sample.heapMiB()).toList());
        out.append("  <text x=\"").append(LEFT).append("\" y=\"512\">seconds; dotted: a node is killed and started"
                + " again</text>\n</svg>\n");
        return out.toString();
    }

    private void panel(StringBuilder out, int top, String title, List<Double> values) {
        double most = Math.max(1e-9, values.stream().mapToDouble(Double::doubleValue).max().orElse(1));
        int bottom = top + PANEL;
        out.append(String.format(Locale.ROOT, "  <text x=\"%d\" y=\"%d\" font-weight=\"600\">%s</text>%n", LEFT,
                top - 6, title));
        out.append(String.format(Locale.ROOT, "  <text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.4g</text>%n", LEFT - 6,
                top + 10, most));
        out.append(String.format(Locale.ROOT, "  <text x=\"%d\" y=\"%d\" text-anchor=\"end\">0</text>%n", LEFT - 6,
                bottom));
        out.append(String.format(Locale.ROOT, "  <path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#888\"/>%n", LEFT, top,
                bottom, RIGHT));
        for (int kill : kills) {
            out.append(String.format(Locale.ROOT,
                    "  <path d=\"M%.1f %dV%d\" stroke=\"#b3261e\" stroke-dasharray=\"2 3\"/>%n", x(kill), top, bottom));
        }
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < values.size(); i++) {
            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(samples.get(i).second()),
                    bottom - values.get(i) / most * PANEL));
        }
        out.append("  <polyline fill=\"none\" stroke=\"#12714a\" stroke-width=\"1.5\" points=\"")
                .append(points.toString().strip()).append("\"/>\n");
        out.append(String.format(Locale.ROOT, "  <text x=\"%d\" y=\"%d\" text-anchor=\"end\">%d s</text>%n", RIGHT,
                bottom + 14, seconds));
    }

    private double x(int second) {
        return LEFT + (RIGHT - LEFT) * (double) second / seconds;
    }
}

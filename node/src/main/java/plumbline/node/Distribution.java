package plumbline.node;

import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/// How often something took how long: a histogram with fixed bounds. Safe for use by several threads.
final class Distribution {

    private final double[] boundsSeconds; // ascending; the last bucket has none
    private final LongAdder[] counts;
    private final DoubleAdder sumSeconds = new DoubleAdder();

    Distribution(double... boundsSeconds) {
        this.boundsSeconds = boundsSeconds;
        counts = new LongAdder[boundsSeconds.length + 1];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new LongAdder();
        }
    }

    void add(long nanos) {
        double seconds = nanos / 1e9;
        int bucket = 0;
        while (bucket < boundsSeconds.length && seconds > boundsSeconds[bucket]) {
            bucket++;
        }
        counts[bucket].increment();
        sumSeconds.add(seconds);
    }

    void writeTo(MetricsText out, String name, String help) {
        out.family(name, "histogram", help);
        long below = 0;
        for (int i = 0; i < boundsSeconds.length; i++) {
            below += counts[i].sum();
            out.sample(name + "_bucket", below, "le", Double.toString(boundsSeconds[i]));
        }
        below += counts[boundsSeconds.length].sum();
        out.sample(name + "_bucket", below, "le", "+Inf");
        out.sample(name + "_sum", sumSeconds.sum());
        out.sample(name + "_count", below);
    }
}

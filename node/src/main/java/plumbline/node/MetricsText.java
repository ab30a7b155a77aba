package plumbline.node;

/// Writes Prometheus' text format, version 0.0.4. Names are this program's own.
final class MetricsText {

    static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final StringBuilder out = new StringBuilder();

    /// Begins a family; its samples follow.
    void family(String name, String type, String help) {
        out.append("# HELP ").append(name).append(' ').append(help.replace("\\", "\\\\").replace("\n", "\\n"))
                .append("\n# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    /// One sample.
    ///
    /// @param labels names and values in turn
    void sample(String name, double value, String... labels) {
        out.append(name);
        for (int i = 0; i < labels.length; i += 2) {
            out.append(i == 0 ? '{' : ',').append(labels[i]).append("=\"").append(labels[i + 1]
                    .replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n")).append('"');
        }
        out.append(labels.length == 0 ? " " : "} ");
        if (value == Math.rint(value) && Math.abs(value) < 1L << 53) {
            out.append((long) value);
        } else {
            out.append(value);
        }
        out.append('\n');
    }

    /// A family of one sample.
    void single(String name, String type, String help, double value) {
        family(name, type, help);
        sample(name, value);
    }

    @Override
    public String toString() {
        return out.toString();
    }
}

package plumbline.cli;

import java.util.Locale;
import plumbline.node.Progress;

/// One line on stderr that grows in place: `fetching model  [########....]  61 %  57.2 of 93.8 MB`.
/// Where stderr is no terminal it says the first and the last line only.
final class ProgressBar implements AutoCloseable {
    private static final int CELLS = 24;
    private static final long REDRAW_NANOS = 100_000_000L;

    private final Terminal terminal;
    private final String what;
    private final long bytesTotal;
    private long lastNanos;
    private boolean started;

    /// @param bytesTotal 0 where it isn't known
    ProgressBar(Terminal terminal, String what, long bytesTotal) {
        this.terminal = terminal;
        this.what = what;
        this.bytesTotal = bytesTotal;
    }

    void at(long bytes) {
        long now = System.nanoTime();
        boolean last = bytesTotal > 0 && bytes >= bytesTotal;
        if (started && !last && now - lastNanos < REDRAW_NANOS) {
            return;
        }
        if (terminal.errIsTerminal()) {
            terminal.err().print("\r\033[K" + render(what, bytes, bytesTotal));
            terminal.err().flush();
        } else if (!started) {
            terminal.say(what + (bytesTotal > 0 ? " (" + megabytes(bytesTotal) + " MB)" : ""));
        }
        started = true;
        lastNanos = now;
    }

    /// For work counted in steps: `replaying  [####....]  17 of 64`. Nothing where nothing can
    /// move.
    void counted(long done, long total) {
        if (terminal.errIsTerminal()) {
            int full = (int) (Math.clamp(done, 0, total) * CELLS / Math.max(1, total));
            terminal.err().print("\r\033[K" + what + "  [" + "#".repeat(full)
                    + ".".repeat(CELLS - full) + "]  " + done + " of " + total);
            terminal.err().flush();
            started = true;
        }
    }

    /// For work that is too short to be worth a line where nothing can move.
    Progress quietInLogs() {
        return terminal.errIsTerminal() ? (done, total) -> at(done) : (done, total) -> {};
    }

    /// For work of unknown length: counts seconds.
    void waiting(long seconds) {
        if (terminal.errIsTerminal()) {
            terminal.err().print("\r\033[K" + what + " … " + seconds + " s");
            terminal.err().flush();
        } else if (!started) {
            terminal.say(what);
        }
        started = true;
    }

    /// Wipes the line, so that what follows starts on a clean one.
    @Override
    public void close() {
        if (started && terminal.errIsTerminal()) {
            terminal.err().print("\r\033[K");
            terminal.err().flush();
        }
    }

    static String render(String what, long bytes, long bytesTotal) {
        if (bytesTotal <= 0) {
            return what + "  " + megabytes(bytes) + " MB";
        }
        long shown = Math.clamp(bytes, 0, bytesTotal);
        int full = (int) (shown * CELLS / bytesTotal);
        return what + "  [" + "#".repeat(full) + ".".repeat(CELLS - full) + "]  "
                + shown * 100 / bytesTotal + " %  "
                + megabytes(shown) + " of " + megabytes(bytesTotal) + " MB";
    }

    static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f", bytes / 1e6);
    }
}

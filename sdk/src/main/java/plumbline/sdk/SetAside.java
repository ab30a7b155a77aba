package plumbline.sdk;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Nodes whose answers were found wrong, so that a restart doesn't make them trusted again: `set-aside` in the data
/// folder, a line for each.
///
/// ```
/// set-aside v1
/// http://10.0.0.5:8080 2026-11-21T16:05:00Z its token 3 is 17, this machine draws 9
/// ```
///
/// A line counts for 30 days; a person may delete it before. Safe for threads. Source: spec/proxy.md F14.
final class SetAside {

    /// How long a node isn't asked.
    static final Duration KEPT = Duration.ofDays(30);

    private static final String TITLE = "set-aside v1";
    private static final int BYTES_MAX = 1 << 20;
    private static final int WHY_CHARS_MAX = 300;

    /// Since when a node is set aside, and why.
    record Entry(Instant since, String why) {}

    private final Path file;
    private final InstantSource clock;

    SetAside(Path file, InstantSource clock) {
        this.file = file;
        this.clock = clock;
    }

    Path file() {
        return file;
    }

    /// Why a node is set aside, if it is.
    synchronized Optional<Entry> of(NodeAddress node) throws PlumblineException {
        return Optional.ofNullable(read().get(node.url()));
    }

    /// Sets a node aside from now on.
    synchronized void add(NodeAddress node, String why) throws PlumblineException {
        String line = why.replaceAll("[\\p{Cntrl}\\p{Cf}]", " ");
        Entry entry = new Entry(clock.instant().truncatedTo(ChronoUnit.SECONDS),
                line.substring(0, Math.min(WHY_CHARS_MAX, line.length())).strip());
        WholeFile.change(file, () -> {
            Map<String, Entry> entries = read();
            entries.put(node.url(), entry);
            write(entries);
            return entries;
        });
    }

    /// Lets a node be asked again; whether it was set aside.
    synchronized boolean forgive(NodeAddress node) throws PlumblineException {
        if (!Files.exists(file)) {
            return false;
        }
        return WholeFile.change(file, () -> {
            Map<String, Entry> entries = read();
            boolean was = entries.remove(node.url()) != null;
            if (was) {
                write(entries);
            }
            return was;
        });
    }

    private Map<String, Entry> read() throws PlumblineException {
        Map<String, Entry> entries = new TreeMap<>();
        try {
            if (!Files.exists(file)) {
                return entries;
            }
            if (Files.size(file) > BYTES_MAX) {
                throw damaged("it has more than " + BYTES_MAX + " bytes");
            }
            String[] lines = Files.readString(file).split("\n", -1);
            if (!lines[0].equals(TITLE) || !lines[lines.length - 1].isEmpty()) {
                throw damaged("it must begin with \"" + TITLE + "\" and end with a newline");
            }
            Instant oldest = clock.instant().minus(KEPT);
            for (int i = 1; i < lines.length - 1; i++) {
                String[] words = lines[i].split(" ", 3);
                if (words.length < 3) {
                    throw damaged("line " + (i + 1) + " isn't \"URL TIME WHY\"");
                }
                Entry entry = new Entry(Instant.parse(words[1]), words[2]);
                if (entry.since().isAfter(oldest)) {
                    entries.put(words[0], entry);
                }
            }
            return entries;
        } catch (DateTimeException e) {
            throw damaged("a time in it is none: " + e.getMessage());
        } catch (IOException e) {
            throw new PlumblineException("can't read " + file + ": " + e, "");
        }
    }

    // Failing closed: going on as if nothing were in it would ask whom it is about.
    private PlumblineException damaged(String why) {
        return new PlumblineException(file + ": " + why, "Mend the line, or delete the file to trust all nodes anew.");
    }

    private void write(Map<String, Entry> entries) throws PlumblineException {
        StringBuilder text = new StringBuilder(TITLE).append('\n');
        entries.forEach((url, entry) -> text.append(url).append(' ').append(entry.since()).append(' ')
                .append(entry.why()).append('\n'));
        WholeFile.replace(file, text.toString().getBytes(StandardCharsets.UTF_8));
    }
}

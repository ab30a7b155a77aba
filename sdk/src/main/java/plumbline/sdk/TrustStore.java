package plumbline.sdk;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import plumbline.verify.Checkpoint;
import plumbline.verify.Digest;
import plumbline.verify.MalformedException;
import plumbline.verify.SignedNote;
import plumbline.verify.Trust;
import plumbline.verify.VerifierKey;

/// What this person knows about logs: per origin the pinned key and the last checkpoint seen, one
/// small text file each, named by the SHA-256 of the origin:
///
/// ```
/// plumbline trust v1
/// origin plumbline/1f0c9a27b3d4
/// pinned plumbline/1f0c9a27b3d4+5d0f7a21+ASfk...        (or: pinned -)
/// remembered plumbline/1f0c9a27b3d4+5d0f7a21+ASfk...    (or: remembered -, and the file ends here)
///
/// plumbline/1f0c9a27b3d4
/// 17
/// CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
///
/// — plumbline/1f0c9a27b3d4 Uw2QOk...
/// ```
///
/// The remembered checkpoint keeps its signature, because two that contradict each other are
/// evidence only with it. Files are replaced whole and durably.
public final class TrustStore {
    private static final String TITLE = "plumbline trust v1";
    private static final String NOTHING = "-";
    private static final int FILE_BYTES_MAX = SignedNote.BYTES_MAX + 4096;

    /// What one file says.
    ///
    /// @param pinned     the key that this person pinned for the origin
    /// @param remembered the key that signed `note`
    /// @param note       the last checkpoint seen, signed; present exactly when `remembered` is
    public record Entry(
            Optional<VerifierKey> pinned,
            Optional<VerifierKey> remembered,
            Optional<SignedNote> note) {
        /// Nothing is known.
        public static Entry empty() {
            return new Entry(Optional.empty(), Optional.empty(), Optional.empty());
        }

        /// The same, with a pinned key.
        public Entry withPinned(VerifierKey key) {
            return new Entry(Optional.of(key), remembered, note);
        }

        /// The same, with the checkpoint that was seen last.
        public Entry withRemembered(VerifierKey key, SignedNote seen) {
            return new Entry(pinned, Optional.of(key), Optional.of(seen));
        }

        /// As the verifier wants it.
        public Trust trust() throws MalformedException {
            Trust trust = pinned.map(Trust::pinned).orElseGet(Trust::none);
            return remembered.isPresent()
                    ? trust.withRemembered(
                            remembered.get(), Checkpoint.parse(note.orElseThrow().text()))
                    : trust;
        }
    }

    private final Path folder;

    /// @param folder `trust/` of a data folder; made when something is saved
    public TrustStore(Path folder) {
        this.folder = folder;
    }

    /// What is known of the log with this origin.
    public synchronized Entry load(String origin) throws PlumblineException {
        Path file = file(origin);
        try {
            if (!Files.exists(file)) {
                return Entry.empty();
            }
            if (Files.size(file) > FILE_BYTES_MAX) {
                throw new MalformedException(
                        "trust file", "more than " + FILE_BYTES_MAX + " bytes");
            }
            Entry entry = parse(Files.readAllBytes(file), origin);
            entry.trust();
            return entry;
        } catch (IOException e) {
            throw new PlumblineException("can't read " + file + ": " + e, "");
        } catch (MalformedException e) {
            // Failing closed: going on as if nothing were pinned would accept what must be refused.
            throw new PlumblineException(
                    "what is remembered of the log " + origin + " is damaged: " + e.getMessage(),
                    "Put your backup of " + file + " back; or delete it, and pin the key anew.");
        }
    }

    /// Replaces what is known.
    public synchronized void save(String origin, Entry entry) throws PlumblineException {
        WholeFile.replace(file(origin), encode(origin, entry));
    }

    /// Replaces what is known, if it is still that: else another program has seen something of the log meanwhile, and
    /// must not be forgotten.
    ///
    /// @return whether it was, and `next` is on the disk
    synchronized boolean replace(String origin, Entry known, Entry next) throws PlumblineException {
        return WholeFile.change(file(origin), () -> {
            boolean isKnown = load(origin).equals(known);
            if (isKnown) {
                save(origin, next);
            }
            return isKnown;
        });
    }

    private Path file(String origin) {
        return folder.resolve(
                Digest.sha256(origin.getBytes(StandardCharsets.UTF_8)).hex());
    }

    static byte[] encode(String origin, Entry entry) {
        StringBuilder text = new StringBuilder();
        text.append(TITLE).append('\n');
        text.append("origin ").append(origin).append('\n');
        text.append("pinned ").append(word(entry.pinned())).append('\n');
        text.append("remembered ").append(word(entry.remembered())).append('\n');
        entry.note().ifPresent(note -> text.append('\n')
                .append(new String(note.encode(), StandardCharsets.UTF_8)));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String word(Optional<VerifierKey> key) {
        return key.map(VerifierKey::encode).orElse(NOTHING);
    }

    static Entry parse(byte[] bytes, String origin) throws MalformedException {
        String text = new String(bytes, StandardCharsets.UTF_8);
        String[] lines = text.split("\n", 6);
        if (lines.length < 5) {
            throw new MalformedException("trust file", "it has too few lines");
        }
        value(lines[0] + " ", TITLE + " ");
        String found = value(lines[1], "origin ");
        if (!found.equals(origin)) {
            throw new MalformedException("trust file", "it is about the log " + found);
        }
        Optional<VerifierKey> pinned = key(value(lines[2], "pinned "));
        Optional<VerifierKey> remembered = key(value(lines[3], "remembered "));
        boolean hasNote = lines.length == 6 && !lines[5].isEmpty();
        if (!lines[4].isEmpty() || hasNote != remembered.isPresent()) {
            throw new MalformedException("trust file", "the remembered checkpoint is missing");
        }
        Optional<SignedNote> note = hasNote
                ? Optional.of(SignedNote.parse(lines[5].getBytes(StandardCharsets.UTF_8)))
                : Optional.empty();
        return new Entry(pinned, remembered, note);
    }

    private static String value(String line, String label) throws MalformedException {
        if (!line.startsWith(label)) {
            throw new MalformedException(
                    "trust file", "expected '" + label + "', found '" + line + "'");
        }
        return line.substring(label.length());
    }

    private static Optional<VerifierKey> key(String text) throws MalformedException {
        return text.equals(NOTHING) ? Optional.empty() : Optional.of(VerifierKey.parse(text));
    }
}

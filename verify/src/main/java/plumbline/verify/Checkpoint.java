package plumbline.verify;

import java.util.List;

/// What a log claims of itself: the text of a C2SP tlog-checkpoint (spec/log.md, L21 to L25).
///
/// ```
/// example.com/behind-the-sofa
/// 20852163
/// CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
/// ```
///
/// `size` is 0 to 2^63-1; `extensions` are opaque lines that nobody vouches for, and our logs have
/// none. Parsing does not mean that anybody signed it: see [SignedNote#isSignedBy].
public record Checkpoint(String origin, long size, Digest root, List<String> extensions) {
    /// The most extension lines.
    public static final int EXTENSIONS_MAX = 16;

    private static final String FORMAT = "checkpoint";

    /// Rejects what cannot be written as a checkpoint.
    public Checkpoint {
        extensions = List.copyOf(extensions);
        if (!isLine(origin) || size < 0 || extensions.size() > EXTENSIONS_MAX
                || !extensions.stream().allMatch(Checkpoint::isLine)) {
            throw new IllegalArgumentException("not a checkpoint: origin " + Texts.show(origin)
                    + ", size " + size + ", " + extensions.size() + " extensions");
        }
    }

    /// A checkpoint without extensions, as our logs have them.
    public Checkpoint(String origin, long size, Digest root) {
        this(origin, size, root, List.of());
    }

    /// Reads the text of a note: at least three lines, none of them empty.
    public static Checkpoint parse(String noteText) throws MalformedException {
        if (!noteText.endsWith("\n")) {
            throw new MalformedException(FORMAT, "the text does not end with a newline");
        }
        String[] lines = noteText.substring(0, noteText.length() - 1)
                .split("\n", EXTENSIONS_MAX + 5);
        if (lines.length < 3 || lines.length > 3 + EXTENSIONS_MAX) {
            throw new MalformedException(FORMAT, "expected origin, size, root and at most "
                    + EXTENSIONS_MAX + " extension lines, found "
                    + (lines.length < 3 ? lines.length + " lines" : "more"));
        }
        for (int i = 0; i < lines.length; i++) {
            if (!isLine(lines[i])) {
                throw MalformedException.atLine(FORMAT, i + 1, lines[i].isEmpty()
                        ? "the line is empty"
                        : "control characters or broken Unicode in " + Texts.show(lines[i]));
            }
        }
        return new Checkpoint(lines[0], Texts.decimal(FORMAT, "the size", lines[1]),
                Base64.decodeDigest(FORMAT, lines[2]),
                List.of(lines).subList(3, lines.length));
    }

    /// The text of the note, to the last newline: what the log's key signs.
    public String body() {
        StringBuilder body = new StringBuilder();
        body.append(origin).append('\n');
        body.append(size).append('\n');
        body.append(Base64.encode(root.bytes())).append('\n');
        extensions.forEach(line -> body.append(line).append('\n'));
        return body.toString();
    }

    private static boolean isLine(String line) {
        return !line.isEmpty() && Texts.isEncodable(line) && line.chars().noneMatch(c -> c < 0x20);
    }
}

package plumbline.engine;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import plumbline.engine.tokenizer.Tokenizer;

/// Output tokens as text while they come: UTF-8 with U+FFFD for what isn't, cut before the first stop string.
/// Not safe for threads. Source: spec/receipt.md, section on the answer's text.
final class AnswerText {

    private final Tokenizer tokenizer;
    private final List<String> stops;
    private final int longestStop;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final StringBuilder decoded = new StringBuilder();
    private int decodedBytes;
    private int shown;
    private boolean stopped;

    AnswerText(Tokenizer tokenizer, List<String> stops) {
        this.tokenizer = tokenizer;
        this.stops = stops;
        this.longestStop = stops.stream().mapToInt(String::length).max().orElse(0);
    }

    /// Adds a token; true when the text now holds a stop string.
    boolean add(int id) {
        bytes.writeBytes(tokenizer.bytes(id));
        decode(false);
        return stopped;
    }

    /// The text that can be shown now and hasn't been.
    String show() {
        int safe = stopped ? decoded.length() : Math.max(shown, decoded.length() - held());
        String piece = decoded.substring(shown, safe);
        shown = safe;
        return piece;
    }

    /// Ends the text: what is left of an unfinished character becomes U+FFFD.
    void finish() {
        decode(true);
    }

    /// The whole text so far.
    String text() {
        return decoded.toString();
    }

    private void decode(boolean all) {
        if (stopped) {
            return;
        }
        byte[] whole = bytes.toByteArray();
        int end = all ? whole.length : completeEnd(whole, decodedBytes);
        int before = decoded.length();
        decoded.append(new String(whole, decodedBytes, end - decodedBytes, StandardCharsets.UTF_8));
        decodedBytes = end;
        OptionalInt cut = earliestStop(Math.max(0, before - longestStop + 1));
        if (cut.isPresent()) {
            decoded.setLength(cut.getAsInt());
            stopped = true;
        }
    }

    private OptionalInt earliestStop(int from) {
        return stops.stream().mapToInt(stop -> decoded.indexOf(stop, from)).filter(at -> at >= 0).min();
    }

    /// Characters at the end that might be the beginning of a stop string.
    private int held() {
        for (int n = Math.min(longestStop - 1, decoded.length() - shown); n > 0; n--) {
            String tail = decoded.substring(decoded.length() - n);
            if (stops.stream().anyMatch(stop -> stop.startsWith(tail))) {
                return n;
            }
        }
        return 0;
    }

    /// The end of the last character that is whole, or can't become whole any more.
    private static int completeEnd(byte[] bytes, int from) {
        for (int back = 1; back <= 3 && bytes.length - back >= from; back++) {
            int b = bytes[bytes.length - back] & 0xff;
            if (b >= 0xc2 && b <= 0xf4) {
                int length = b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
                return back < length ? bytes.length - back : bytes.length;
            }
            if (b < 0x80 || b > 0xbf) {
                return bytes.length;
            }
        }
        return bytes.length;
    }
}

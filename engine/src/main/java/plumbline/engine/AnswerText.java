package plumbline.engine;

import java.util.List;
import java.util.OptionalInt;
import plumbline.engine.tokenizer.Tokenizer;
import plumbline.engine.tokenizer.Utf8Decoder;

/// Output tokens as text while they come: UTF-8 with U+FFFD for what isn't, cut before the first stop string.
/// Not safe for threads. Source: spec/receipt.md R20; spec/tokenizer.md on decoding.
final class AnswerText {

    private final Tokenizer tokenizer;
    private final List<String> stops;
    private final int longestStop;
    private final Utf8Decoder decoder = new Utf8Decoder();
    private final StringBuilder text = new StringBuilder();
    private int taken;
    private int shown;
    private boolean stopped;

    AnswerText(Tokenizer tokenizer, List<String> stops) {
        this.tokenizer = tokenizer;
        this.stops = stops;
        this.longestStop = stops.stream().mapToInt(String::length).max().orElse(0);
    }

    /// Adds a token; true when the text now holds a stop string.
    boolean add(int id) {
        decoder.add(tokenizer.bytes(id));
        take();
        return stopped;
    }

    /// The text that can be shown now and hasn't been.
    String show() {
        int safe = stopped ? text.length() : Math.max(shown, text.length() - held());
        String piece = text.substring(shown, safe);
        shown = safe;
        return piece;
    }

    /// Ends the text: what is left of an unfinished character becomes U+FFFD, and nothing is held back any more.
    void finish() {
        decoder.finish();
        take();
        stopped = true;
    }

    /// The whole text so far.
    String text() {
        return text.toString();
    }

    private void take() {
        if (stopped) {
            return;
        }
        int before = text.length();
        text.append(decoder.text(), taken, decoder.text().length());
        taken = decoder.text().length();
        OptionalInt cut = earliestStop(Math.max(0, before - longestStop + 1));
        if (cut.isPresent()) {
            text.setLength(cut.getAsInt());
            stopped = true;
        }
    }

    private OptionalInt earliestStop(int from) {
        return stops.stream().mapToInt(stop -> text.indexOf(stop, from)).filter(at -> at >= 0).min();
    }

    /// Characters at the end that might be the beginning of a stop string.
    private int held() {
        for (int n = Math.min(longestStop - 1, text.length() - shown); n > 0; n--) {
            String tail = text.substring(text.length() - n);
            if (stops.stream().anyMatch(stop -> stop.startsWith(tail))) {
                return n;
            }
        }
        return 0;
    }
}

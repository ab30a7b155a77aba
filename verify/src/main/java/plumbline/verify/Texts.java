package plumbline.verify;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/// What all text formats of the log share: UTF-8, decimal numbers, key names (spec/log.md, L3 to
/// L5), and outside text as it may appear in a message.
final class Texts {
    /// Longest piece of outside text in a message, in characters.
    private static final int SHOWN_MAX = 60;
    private static final int CHARS_AT_ONCE = 4096;

    private Texts() {}

    /// Strict UTF-8: overlong forms, surrogates and cut sequences are malformed.
    static String utf8(String format, byte[] bytes) throws MalformedException {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        // A look first: decoding at once would take twice the bytes again.
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer chars = CharBuffer.allocate(CHARS_AT_ONCE);
        CoderResult result;
        do {
            result = decoder.decode(in, chars.clear(), true);
        } while (result.isOverflow());
        if (result.isError()) {
            throw new MalformedException(format, "not valid UTF-8");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /// Whether a string has a UTF-8 encoding, that is, no lone surrogate.
    static boolean isEncodable(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                return false;
            }
        }
        return true;
    }

    /// An integer of 0 to 2^63-1 in ASCII decimal, without sign or leading zeros.
    static long decimal(String format, String what, String text) throws MalformedException {
        boolean canonical = !text.isEmpty() && text.length() <= 19
                && (text.length() == 1 || text.charAt(0) != '0')
                && text.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!canonical) {
            throw new MalformedException(format, what + " must be a decimal number below 2^63"
                    + " without sign or leading zeros, found " + show(text));
        }
        long value = 0;
        for (int i = 0; i < text.length(); i++) {
            value = value * 10 + (text.charAt(i) - '0');
        }
        // Nineteen digits are below 2 * 2^63, so an overflow shows in the sign.
        if (value < 0) {
            throw new MalformedException(format, what + " must be below 2^63, found " + text);
        }
        return value;
    }

    /// Whether a string may name a key: not empty, no white space, no plus, no control character.
    static boolean isKeyName(String name) {
        return !name.isEmpty() && isEncodable(name)
                && name.codePoints().noneMatch(c -> c == '+' || c < 0x20 || isSpace(c));
    }

    /// Unicode's White_Space property. Written out, because what the JDK calls white space is
    /// another set and may change with its Unicode version.
    private static boolean isSpace(int c) {
        return c == ' ' || c >= 0x09 && c <= 0x0d || c == 0x85 || c == 0xa0 || c == 0x1680
                || c >= 0x2000 && c <= 0x200a || c == 0x2028 || c == 0x2029 || c == 0x202f
                || c == 0x205f || c == 0x3000;
    }

    /// Outside text for a message: quoted, cut, and nothing in it that could steer a terminal.
    static String show(String text) {
        StringBuilder shown = new StringBuilder("\"");
        int end = Math.min(text.length(), SHOWN_MAX);
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            shown.append(c >= 0x20 && c < 0x7f ? String.valueOf(c) : "\\u%04x".formatted((int) c));
        }
        return shown.append(end < text.length() ? "\"..." : "\"").toString();
    }

    static String show(char c) {
        return show(String.valueOf(c));
    }
}

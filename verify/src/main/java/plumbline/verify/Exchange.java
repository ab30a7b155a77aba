package plumbline.verify;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// A request and its answer in the clear: what a receipt commits to, and what a bundle shows.
///
/// Immutable. Where an answer was continued for another node, `output` is the whole answer and
/// `prefix` its beginning. Source: spec/receipt.md (C1-C5).
public final class Exchange {
    private final byte[] request;
    private final TokenIds prompt;
    private final TokenIds output;
    private final String text;
    private final Optional<TokenIds> prefix;

    /// @param request the bytes of the request's body (copied)
    /// @param prompt the rendered prompt
    /// @param output the whole answer, the end token included
    /// @param text the answer's text
    /// @param prefix the output ids that were handed over, if any were
    /// @throws IllegalArgumentException if the text has a lone surrogate, so no UTF-8
    public Exchange(byte[] request, TokenIds prompt, TokenIds output, String text,
            Optional<TokenIds> prefix) {
        if (!Texts.isEncodable(text)) {
            throw new IllegalArgumentException("the text has a lone surrogate");
        }
        this.request = request.clone();
        this.prompt = prompt;
        this.output = output;
        this.text = text;
        this.prefix = prefix;
    }

    /// A copy of the request's bytes.
    public byte[] request() {
        return request.clone();
    }

    /// The rendered prompt's token ids.
    public TokenIds prompt() {
        return prompt;
    }

    /// The answer's token ids.
    public TokenIds output() {
        return output;
    }

    /// The answer's text.
    public String text() {
        return text;
    }

    /// The output ids that were handed over.
    public Optional<TokenIds> prefix() {
        return prefix;
    }

    /// The bytes that the commitment to a part is over; empty for a prefix that isn't there.
    public byte[] content(Part part) {
        return switch (part) {
            case REQUEST -> request();
            case PROMPT -> prompt.bytes();
            case OUTPUT -> output.bytes();
            case TEXT -> text.getBytes(StandardCharsets.UTF_8);
            case PREFIX -> prefix.map(TokenIds::bytes).orElse(new byte[0]);
        };
    }

    /// Whether the part is there: every part but the prefix always is.
    public boolean has(Part part) {
        return part != Part.PREFIX || prefix.isPresent();
    }

    /// What a receipt states about a part: the commitment and the count of ids or text bytes.
    public Commitment commitment(Part part, Secret secret) {
        byte[] content = content(part);
        int count = switch (part) {
            case REQUEST, TEXT -> content.length;
            case PROMPT -> prompt.size();
            case OUTPUT -> output.size();
            case PREFIX -> prefix.map(TokenIds::size).orElse(0);
        };
        return new Commitment(Commitment.digest(part, secret.salt(part), content), count);
    }
}

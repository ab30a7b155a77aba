package plumbline.verify;

import java.util.Optional;

/// A receipt together with the private parts that open its commitments.
///
/// Only this module makes one, after it checked every commitment and count. It says nothing about
/// who signed: that is [VerifiedReceipt]. This is what a replay works on.
public final class OpenedBundle {
    private final Receipt receipt;
    private final Exchange exchange;

    OpenedBundle(Receipt receipt, Exchange exchange) {
        this.receipt = receipt;
        this.exchange = exchange;
    }

    /// Opens a bundle, or gives nothing where a part doesn't open the receipt's commitment.
    public static Optional<OpenedBundle> open(Bundle bundle) {
        return switch (Opening.of(bundle)) {
            case Opening.Opened opened -> Optional.of(opened.bundle());
            case Opening.Refused _ -> Optional.empty();
        };
    }

    /// The receipt.
    public Receipt receipt() {
        return receipt;
    }

    /// A copy of the request's bytes.
    public byte[] request() {
        return exchange.request();
    }

    /// The rendered prompt's token ids.
    public TokenIds prompt() {
        return exchange.prompt();
    }

    /// The answer's token ids, the end token included.
    public TokenIds output() {
        return exchange.output();
    }

    /// The answer's text.
    public String text() {
        return exchange.text();
    }

    /// The output ids that the node was handed, where it continued another's answer.
    public Optional<TokenIds> prefix() {
        return exchange.prefix();
    }

    /// Request and answer in one value.
    public Exchange exchange() {
        return exchange;
    }
}

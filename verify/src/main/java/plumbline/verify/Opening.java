package plumbline.verify;

import java.util.Optional;

/// The outcome of opening a bundle's commitments (spec/bundle.md V3 and V4).
sealed interface Opening {

    /// Every part opens its commitment, the counts are right, the parts fit each other.
    record Opened(OpenedBundle bundle) implements Opening {
    }

    /// The first thing that is wrong.
    record Refused(Reason reason, String detail) implements Opening {
    }

    static Opening of(Bundle bundle) {
        Receipt receipt = bundle.receipt();
        Exchange exchange = bundle.exchange();
        for (Part part : Part.values()) {
            if (!receipt.commitment(part).equals(commitment(bundle, part))) {
                return new Refused(mismatch(part), "the " + part.label() + " of "
                        + exchange.content(part).length + " bytes in the bundle is not the one that"
                        + " the receipt commits to: it was changed, or belongs to another receipt");
            }
        }
        return counts(receipt, exchange);
    }

    private static Opening counts(Receipt receipt, Exchange exchange) {
        if (receipt.prompt().count() != exchange.prompt().size()) {
            return count(Part.PROMPT, receipt.prompt().count(), exchange.prompt().size());
        }
        if (receipt.output().count() != exchange.output().size()) {
            return count(Part.OUTPUT, receipt.output().count(), exchange.output().size());
        }
        int textBytes = exchange.content(Part.TEXT).length;
        if (receipt.text().count() != textBytes) {
            return count(Part.TEXT, receipt.text().count(), textBytes);
        }
        int prefixSize = exchange.prefix().map(TokenIds::size).orElse(0);
        int prefixCount = receipt.prefix().map(Commitment::count).orElse(0);
        if (prefixCount != prefixSize) {
            return count(Part.PREFIX, prefixCount, prefixSize);
        }
        TokenIds prefix = exchange.prefix().orElse(TokenIds.of());
        if (!exchange.output().startsWith(prefix)) {
            return new Refused(Reason.PREFIX_NOT_IN_OUTPUT, "the output differs from the prefix of "
                    + prefixSize + " ids that was handed over, first at index "
                    + exchange.output().mismatch(prefix));
        }
        return new Opened(new OpenedBundle(receipt, exchange));
    }

    private static Optional<Digest> commitment(Bundle bundle, Part part) {
        return bundle.salt(part).map(
                salt -> Commitment.digest(part, salt, bundle.exchange().content(part)));
    }

    private static Refused count(Part part, int stated, int found) {
        Reason reason = switch (part) {
            case REQUEST, PROMPT -> Reason.COUNT_MISMATCH_PROMPT;
            case OUTPUT -> Reason.COUNT_MISMATCH_OUTPUT;
            case TEXT -> Reason.COUNT_MISMATCH_TEXT;
            case PREFIX -> Reason.COUNT_MISMATCH_PREFIX;
        };
        return new Refused(reason, "the receipt counts " + stated + " for the " + part.label()
                + ", the bundle holds " + found);
    }

    private static Reason mismatch(Part part) {
        return switch (part) {
            case REQUEST -> Reason.COMMITMENT_MISMATCH_REQUEST;
            case PROMPT -> Reason.COMMITMENT_MISMATCH_PROMPT;
            case OUTPUT -> Reason.COMMITMENT_MISMATCH_OUTPUT;
            case TEXT -> Reason.COMMITMENT_MISMATCH_TEXT;
            case PREFIX -> Reason.COMMITMENT_MISMATCH_PREFIX;
        };
    }
}

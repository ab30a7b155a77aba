package plumbline.verify;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Compares a receipt with what the reader expected (spec/bundle.md V13).
final class ExpectationChecks {
    private final Expectations expectations;
    private final OpenedBundle opened;
    private final Receipt receipt;
    private final Checklist checks;

    ExpectationChecks(Expectations expectations, OpenedBundle opened, Checklist checks) {
        this.expectations = expectations;
        this.opened = opened;
        this.receipt = opened.receipt();
        this.checks = checks;
    }

    boolean all() {
        return isModel() && isRequest() && isAnswer() && isSeed() && isNonce();
    }

    private boolean isModel() {
        if (expectations.model().isEmpty()) {
            return checks.skip("model", "the receipt says " + receipt.model()
                    + "; nobody said which was expected");
        }
        ModelId expected = expectations.model().get();
        return expected.equals(receipt.model())
                ? checks.pass("model", "it is the expected model " + expected)
                : checks.fail("model", Reason.MODEL_NOT_EXPECTED, "expected the model " + expected
                        + ", the receipt is for " + receipt.model());
    }

    private boolean isRequest() {
        byte[] found = opened.request();
        if (expectations.request().isEmpty()) {
            return checks.skip("request", "the receipt is for a request of " + found.length
                    + " bytes; nobody said which was expected");
        }
        return expectations.isRequest(found)
                ? checks.pass("request", "it is the expected request, byte for byte")
                : checks.fail("request", Reason.REQUEST_NOT_EXPECTED, "the receipt is for another"
                        + " request: " + difference(expectations.request().get(), found));
    }

    private boolean isAnswer() {
        byte[] found = opened.text().getBytes(StandardCharsets.UTF_8);
        if (expectations.answer().isEmpty()) {
            return checks.skip("answer", "the receipt is for an answer of " + found.length
                    + " bytes; nobody said which was expected");
        }
        return expectations.isAnswer(found)
                ? checks.pass("answer", "it is the expected answer, byte for byte")
                : checks.fail("answer", Reason.ANSWER_NOT_EXPECTED, "the receipt is for another"
                        + " answer: " + difference(expectations.answer().get(), found));
    }

    private boolean isSeed() {
        if (expectations.seed().isEmpty()) {
            return checks.skip("seed", "the receipt says \"" + receipt.seed()
                    + "\"; nobody said what was expected");
        }
        long expected = expectations.seed().getAsLong();
        return receipt.seed().equals(new SeedSource.Given(expected))
                ? checks.pass("seed", "it is the expected seed " + expected)
                : checks.fail("seed", Reason.SEED_NOT_EXPECTED, "expected \"given " + expected
                        + "\", the receipt says \"" + receipt.seed() + "\"");
    }

    private boolean isNonce() {
        Nonce nonce = receipt.nonce();
        boolean isNodes = nonce.chosenBy() == Nonce.ChosenBy.NODE;
        if (expectations.nonce().isEmpty()) {
            return checks.skip("nonce", isNodes
                    ? "the node chose it, so it could have tried several answers"
                    : "the node says that the client chose it; nobody said what was expected");
        }
        Nonce expected = new Nonce(expectations.nonce().get(), Nonce.ChosenBy.CLIENT);
        return nonce.equals(expected)
                ? checks.pass("nonce", "it is the expected nonce, chosen by the client")
                : checks.fail("nonce", Reason.NONCE_NOT_EXPECTED, "expected \"" + expected
                        + "\", the receipt says \"" + nonce + "\"");
    }

    private static String difference(byte[] expected, byte[] found) {
        int at = Arrays.mismatch(expected, found);
        return "expected " + expected.length + " bytes, it has " + found.length
                + ", the first difference is at byte " + at;
    }
}

package plumbline.verify;

import java.util.ArrayList;
import java.util.List;

/// The checks of one verification in their order, and the first that failed.
final class Checklist {
    private final List<Check> checks = new ArrayList<>();
    private Reason reason;
    private String detail;

    boolean pass(String name, String sentence) {
        checks.add(new Check(name, Check.Result.PASSED, sentence));
        return true;
    }

    /// Notes a check that was not done, and lets the verification go on.
    boolean skip(String name, String sentence) {
        checks.add(new Check(name, Check.Result.NOT_CHECKED, sentence));
        return true;
    }

    boolean fail(String name, Reason why, String sentence) {
        checks.add(new Check(name, Check.Result.FAILED, sentence));
        if (reason == null) {
            reason = why;
            detail = sentence;
        }
        return false;
    }

    boolean hasFailed() {
        return reason != null;
    }

    List<Check> list() {
        return checks;
    }

    /// The rejection; a verification that stopped without a failed check is one too.
    Verdict.Rejected rejected() {
        return hasFailed()
                ? new Verdict.Rejected(reason, detail, checks)
                : new Verdict.Rejected(Reason.BUNDLE_MALFORMED,
                        "the verifier stopped without a reason, which is a fault of it", checks);
    }
}

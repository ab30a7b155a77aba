package plumbline.verify;

/// One check of a verification, with its result.
///
/// @param name a stable name of lowercase words and hyphens
/// @param result what came out
/// @param detail one sentence for a person
public record Check(String name, Result result, String detail) {

    /// What came out of a check.
    public enum Result {
        /// It was done, and holds.
        PASSED,
        /// It was done, and doesn't hold: the verdict is a rejection.
        FAILED,
        /// It was not done, for the reason that the detail names. Nothing was shown.
        NOT_CHECKED
    }
}

package plumbline.verify;

/// What re-running a request gave. The function that does it comes from the caller.
///
/// A replay must re-run everything that the receipt states and the file decides: model id and
/// weights root, prompt from request, sampling from request, each output token, text, stop reason
/// and boundary root (spec/bundle.md V14).
public sealed interface ReplayOutcome {

    /// Everything came out the same.
    ///
    /// @param by who re-ran it, as it stands in "replayed (by ...)": `you`, or a name
    /// @param positions how many positions were computed
    record Same(String by, int positions) implements ReplayOutcome {
    }

    /// Something came out different.
    ///
    /// @param what the first thing that differs, as `output token 3`
    /// @param detail both values
    record Differs(String what, String detail) implements ReplayOutcome {
    }

    /// It could not be re-run; so nothing was shown.
    ///
    /// @param why the reason and what to do about it
    record Impossible(String why) implements ReplayOutcome {
    }
}

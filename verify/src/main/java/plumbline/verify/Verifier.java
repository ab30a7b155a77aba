package plumbline.verify;

import java.util.Optional;
import java.util.function.Function;

/// Decides whether a bundle shows what it says.
///
/// Fails closed: what isn't accepted is rejected, with one reason. Bytes of any content give a
/// verdict, never an exception. Pure: no clock, file, network or random. The order of the checks
/// and what each shows: spec/bundle.md section 4. An accepted verdict shows its facts and no more;
/// the caller decides whether they suffice.
public final class Verifier {
    private Verifier() {
    }

    /// Verifies with the JDK's Ed25519.
    ///
    /// @param bundle the bytes of a bundle, as they came
    /// @param expectations what the reader expects
    /// @param trust what the reader knows of the bundle's log
    /// @param replay re-runs the request, if the reader wants that; called last, at most once, and
    ///     only after every other check
    public static Verdict verify(byte[] bundle, Expectations expectations, Trust trust,
            Optional<Function<OpenedBundle, ReplayOutcome>> replay) {
        return verify(bundle, expectations, trust, replay, new JdkEd25519());
    }

    /// Verifies with another Ed25519.
    public static Verdict verify(byte[] bundle, Expectations expectations, Trust trust,
            Optional<Function<OpenedBundle, ReplayOutcome>> replay, Ed25519 ed25519) {
        return new Verification(expectations, trust, replay, ed25519).run(bundle);
    }
}

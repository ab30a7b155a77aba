package plumbline.verify;

import java.util.List;

/// The result of a verification.
public sealed interface Verdict {

    /// The checks that were reached, in their order.
    List<Check> checks();

    /// Every check that was asked for holds. What it shows are the facts, and nothing else.
    ///
    /// @param receipt the receipt, as a type that only the verifier makes
    /// @param checks all checks
    /// @param facts what was shown and what wasn't, each with who vouches
    record Accepted(VerifiedReceipt receipt, List<Check> checks, List<Fact> facts)
            implements Verdict {
        /// Copies the lists.
        public Accepted {
            checks = List.copyOf(checks);
            facts = List.copyOf(facts);
        }
    }

    /// Something is wrong; the first thing found.
    ///
    /// @param reason which way it is wrong
    /// @param detail what, why (both values), what to do
    /// @param checks the checks up to and including the failed one
    record Rejected(Reason reason, String detail, List<Check> checks) implements Verdict {
        /// Copies the list.
        public Rejected {
            checks = List.copyOf(checks);
        }
    }
}

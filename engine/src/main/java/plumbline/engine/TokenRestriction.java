package plumbline.engine;

import java.util.BitSet;

/// Which tokens may come next in an answer: a pure function of the tokens so far, so that a replay leaves out the same
/// ones (spec/arithmetic.md S10). A value of this type stands for one place in the answer and never changes; several
/// threads may use it.
public interface TokenRestriction {

    /// The ids that may come next, at least one. Whoever gets the set doesn't change it.
    BitSet allowed();

    /// The restriction once `id`, one of [#allowed()], has come.
    TokenRestriction after(int id);
}

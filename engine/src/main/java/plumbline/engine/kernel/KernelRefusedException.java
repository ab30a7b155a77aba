package plumbline.engine.kernel;

/// A kernel that is there and gave other bits than [ScalarKernel] in its self-test: a wrong compiler, a broken machine
/// or an error of ours. The message says what differed.
public final class KernelRefusedException extends KernelUnavailableException {

    KernelRefusedException(String message) {
        super(message);
    }
}

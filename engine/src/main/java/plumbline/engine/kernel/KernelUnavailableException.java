package plumbline.engine.kernel;

/// The kernel that was asked for can't be used on this machine; the message says why and what to
/// do.
public sealed class KernelUnavailableException extends Exception permits KernelRefusedException {

    KernelUnavailableException(String message) {
        super(message);
    }
}

package plumbline.engine.kernel;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Chooses a kernel, and admits it only after it returned the same bits as [ScalarKernel].
public final class Kernels {

    private static final String VECTOR_MODULE = "jdk.incubator.vector";

    private Kernels() {}

    /// The kernel called `name` (`scalar`, `vector` or `native`), or for the empty name the fastest
    /// that works here.
    public static Kernel choose(String name) throws KernelUnavailableException {
        return choose(name, refused -> { });
    }

    /// The same; where the empty name's choice passes over a kernel that failed its self-test, `refused` hears why, and
    /// later too, where a kernel leaves a format of weights to the scalar one because its products differ.
    public static Kernel choose(String name, Consumer<String> refused) throws KernelUnavailableException {
        return switch (name) {
            case "scalar" -> new ScalarKernel();
            case "vector" -> vector(refused);
            case "native" -> compiled();
            case "" -> fastest(refused);
            default -> throw new KernelUnavailableException("there is no kernel \"" + name
                    + "\"; use \"native\", \"vector\", \"scalar\", or leave it out to get the fastest");
        };
    }

    /// What is wrong with the products of a kernel that was chosen, format by format. Those formats it leaves to the
    /// scalar kernel.
    public static List<String> faults(Kernel kernel) {
        return kernel instanceof VectorKernel vector ? vector.faults() : List.of();
    }

    private static Kernel fastest(Consumer<String> refused) {
        try {
            NativeKernel kernel = compiled();
            if (kernel.fast()) {
                return kernel;
            }
        } catch (KernelRefusedException e) {
            refused.accept(e.getMessage());
        } catch (KernelUnavailableException e) {
            // not built, or not for this machine: the others are slower and give the same bits
        }
        try {
            VectorKernel kernel = vector(refused);
            return kernel.fast() ? kernel : new ScalarKernel();
        } catch (KernelRefusedException e) {
            refused.accept(e.getMessage());
            return new ScalarKernel();
        } catch (KernelUnavailableException e) {
            refused.accept(e.getMessage());
            return new ScalarKernel();
        }
    }

    private static NativeKernel compiled() throws KernelUnavailableException {
        NativeKernel kernel = NativeKernel.open(NativeLibrary.place());
        Optional<String> fault = SelfTest.fault(kernel);
        if (fault.isPresent()) {
            throw new KernelRefusedException("kernel \"" + kernel.name() + "\" is refused: "
                    + fault.get() + "; use kernel \"vector\" and report this machine and its C"
                    + " compiler");
        }
        return kernel;
    }

    private static VectorKernel vector(Consumer<String> refused) throws KernelUnavailableException {
        if (ModuleLayer.boot().findModule(VECTOR_MODULE).isEmpty()) {
            throw new KernelUnavailableException("kernel \"vector\" needs the module "
                    + VECTOR_MODULE + ", which this JVM was started without; add --add-modules " + VECTOR_MODULE
                    + " to the java command, or use kernel \"scalar\"");
        }
        Optional<String> fault;
        VectorKernel kernel;
        try {
            kernel = VectorKernel.create(refused);
            fault = SelfTest.fault(kernel);
        } catch (LinkageError e) { // the module is there but not as this build expects it
            throw new KernelUnavailableException("kernel \"vector\" doesn't load on Java "
                    + Runtime.version() + " (" + e + "); use kernel \"scalar\"");
        }
        if (fault.isPresent()) {
            throw new KernelRefusedException("kernel \"" + kernel.name() + "\" is refused: "
                    + fault.get() + "; use kernel \"scalar\" and report this machine and Java "
                    + Runtime.version());
        }
        return kernel;
    }
}

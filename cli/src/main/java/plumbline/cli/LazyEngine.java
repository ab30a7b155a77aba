package plumbline.cli;

import plumbline.engine.ModelException;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Pool;
import plumbline.node.EngineModel;
import plumbline.node.ModelLoader;

/// Chooses the kernel when the first model is loaded: its self-test takes longer than the rest of a
/// node's start. A kernel that is asked for by name is tried at once, so that a wrong name is said.
final class LazyEngine {
    private LazyEngine() {}

    static ModelLoader loader(Pool pool) throws Failure {
        String asked = System.getenv("PLUMB_KERNEL");
        if (asked != null && !asked.isEmpty()) {
            return EngineModel.loader(LocalModel.kernel(), pool);
        }
        return stored -> EngineModel.loader(chosen(), pool).load(stored);
    }

    private static Kernel chosen() throws ModelException {
        try {
            return LocalModel.kernel();
        } catch (Failure e) {
            throw new ModelException(e.getMessage());
        }
    }
}

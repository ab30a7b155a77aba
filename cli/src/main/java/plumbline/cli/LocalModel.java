package plumbline.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import plumbline.engine.Model;
import plumbline.engine.ModelException;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.KernelUnavailableException;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.Pool;
import plumbline.node.FileIdentity;
import plumbline.node.NodeException;
import plumbline.verify.Digest;
import plumbline.verify.ModelId;

/// A model loaded into this process, with the threads that compute. For work that leaves no trace:
/// replay, dry runs, perplexity.
final class LocalModel implements AutoCloseable {
    private final Model model;
    private final Pool pool;

    private LocalModel(Model model, Pool pool) {
        this.model = model;
        this.pool = pool;
    }

    /// Hashes the file and loads it. Nobody may change the file meanwhile.
    static LocalModel open(Path file, Terminal terminal) throws Failure {
        return open(file, kernel(), threads(), terminal);
    }

    /// The same with a kernel and a number of threads.
    static LocalModel open(Path file, Kernel kernel, int threads, Terminal terminal) throws Failure {
        ModelPath.existing(file);
        Pool pool = new Pool(threads);
        try (ProgressBar bar =
                new ProgressBar(terminal, "hashing " + file.getFileName(), Files.size(file))) {
            FileIdentity identity = FileIdentity.of(file, bar.quietInLogs());
            Model model =
                    Model.load(file, identity.id(), identity.weightsRoot(), kernel, pool);
            LocalModel loaded = new LocalModel(model, pool);
            pool = null;
            return loaded;
        } catch (NodeException | ModelException e) {
            throw new Failure(e.getMessage(), "");
        } catch (IOException e) {
            throw new Failure("can't read " + file + ": " + e.getMessage(), "");
        } finally {
            if (pool != null) {
                pool.close();
            }
        }
    }

    /// Refuses a file that this version can't run, before it is kept under a name.
    static void check(Path file) throws Failure {
        Digest none = Digest.of(new byte[Digest.BYTES]);
        try (Pool pool = new Pool(threads());
                Model model = Model.load(file, new ModelId(none), none, Kernels.choose("scalar"), pool)) {
            if (model.layers() < 1) {
                throw new Failure(file + " has no layers", "");
            }
        } catch (ModelException | KernelUnavailableException e) {
            throw new Failure(e.getMessage(), "It can't be run, so it isn't published.");
        } catch (IOException e) {
            throw new Failure("can't read " + file + ": " + e.getMessage(), "");
        }
    }

    Model model() {
        return model;
    }

    @Override
    public void close() {
        model.close();
        pool.close();
    }

    /// The kernel that `PLUMB_KERNEL` asks for, else the fastest.
    static Kernel kernel() throws Failure {
        String asked = System.getenv("PLUMB_KERNEL");
        try {
            return Kernels.choose(asked == null ? "" : asked, LocalModel::warn);
        } catch (KernelUnavailableException e) {
            throw new Failure("PLUMB_KERNEL=" + asked + ": " + e.getMessage(), "");
        }
    }

    // Every way to an answer comes through here, also a node's first answer, where no terminal is at hand.
    private static void warn(String refused) {
        System.err.println("plumb: " + refused + ". Another kernel is used; see plumb doctor.");
    }

    /// The threads that `PLUMB_THREADS` asks for, else one per core.
    static int threads() throws Failure {
        String asked = System.getenv("PLUMB_THREADS");
        if (asked == null || asked.isEmpty()) {
            return Runtime.getRuntime().availableProcessors();
        }
        if (!asked.matches("[1-9][0-9]{0,2}")) {
            throw new Failure("PLUMB_THREADS is '" + asked + "', expected 1 to 999", "");
        }
        return Integer.parseInt(asked);
    }
}

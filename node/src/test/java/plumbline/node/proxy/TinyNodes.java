package plumbline.node.proxy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.engine.Model;
import plumbline.engine.TinyModel;
import plumbline.engine.gguf.GgmlType;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.EngineModel;
import plumbline.node.FileIdentity;
import plumbline.node.Listening;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.NodeServer;
import plumbline.node.ServingLimits;

/// Nodes in this process, each with its own data folder and key, and one small model that answers nonsense.
final class TinyNodes implements AutoCloseable {

    static final String NAME = "test/tiny";

    final Path file;
    final List<NodeServer> servers = new ArrayList<>();
    private final Pool pool = new Pool(1);
    private final Kernel kernel;
    private final Path folder;

    TinyNodes(Path folder, int count) throws Exception {
        this.folder = folder;
        kernel = Kernels.choose("scalar");
        file = TinyModel.write(folder.resolve("tiny.gguf"),
                new TinyModel.Sizes("llama", 2, 64, 2, 1, 32, 64, GgmlType.Q8_0), 7);
        for (int i = 0; i < count; i++) {
            start(i, 0);
        }
    }

    /// Starts node `i` on its data folder.
    NodeServer start(int i, int port) throws Exception {
        return start(i, Listening.here(port));
    }

    /// The same, and nobody is let in without an API key.
    NodeServer startKeyed(int i) throws Exception {
        return start(i, new Listening(0, Optional.empty(), true));
    }

    private NodeServer start(int i, Listening listening) throws Exception {
        Node node = Node.open(folder.resolve("node" + i), EngineModel.loader(kernel, pool),
                Node.Surroundings.system());
        node.models().name(NAME, node.models().add(file, (_, _) -> { }).id());
        NodeServer server = NodeServer.start(
                node, listening, RequestDefaults.standard(), ServingLimits.standard());
        servers.add(server);
        return server;
    }

    String url(int i) {
        return servers.get(i).url();
    }

    /// The model on this machine.
    Model model() throws Exception {
        FileIdentity identity = FileIdentity.of(file, (_, _) -> { });
        return Model.load(file, identity.id(), identity.weightsRoot(), kernel, pool);
    }

    @Override
    public void close() throws NodeException {
        for (NodeServer server : servers) {
            server.close();
        }
        pool.close();
    }
}

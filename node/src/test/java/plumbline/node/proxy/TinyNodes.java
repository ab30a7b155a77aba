package plumbline.node.proxy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import plumbline.engine.Model;
import plumbline.engine.ModelException;
import plumbline.engine.ModelText;
import plumbline.engine.TinyModel;
import plumbline.engine.gguf.GgmlType;
import plumbline.engine.kernel.Kernel;
import plumbline.engine.kernel.Kernels;
import plumbline.engine.kernel.Pool;
import plumbline.engine.request.RequestDefaults;
import plumbline.node.EngineModel;
import plumbline.node.FileIdentity;
import plumbline.node.Listening;
import plumbline.node.ModelHandle;
import plumbline.node.ModelLoader;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.NodeServer;
import plumbline.node.ServingLimits;
import plumbline.node.StoredModel;
import plumbline.verify.ReceiptId;

/// Nodes in this process, each with its own data folder and key, and one small model that answers nonsense.
final class TinyNodes implements AutoCloseable {

    static final String NAME = "test/tiny";

    private static final TinyModel.Sizes SIZES =
            new TinyModel.Sizes("llama", 2, 64, 2, 1, 32, 64, GgmlType.Q8_0);

    final Path file;
    final List<NodeServer> servers = new ArrayList<>();
    private final Pool pool = new Pool(1);
    private final Kernel kernel;
    private final Path folder;
    private int marks;

    TinyNodes(Path folder, int count) throws Exception {
        this.folder = folder;
        kernel = Kernels.choose("scalar");
        file = TinyModel.write(folder.resolve("tiny.gguf"), SIZES, 7);
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
        NodeServer server = serve("node" + i, EngineModel.loader(kernel, pool), listening);
        servers.add(server);
        return server;
    }

    private NodeServer serve(String name, ModelLoader loader, Listening listening) throws Exception {
        Node node = Node.open(folder.resolve(name), loader,
                Node.Surroundings.system().withMarks(folder.resolve("marks" + marks)));
        node.models().name(NAME, node.models().add(file, (_, _) -> { }).id());
        return NodeServer.start(node, listening, RequestDefaults.standard(), ServingLimits.standard());
    }

    /// Starts a node whose model lies.
    NodeServer startLiar(LyingModel.Lie lie) throws Exception {
        ModelLoader engine = EngineModel.loader(kernel, pool);
        return startWith("liar-" + lie, stored -> new LyingModel(engine.load(stored),
                ModelText.read(stored.file()).text(), lie, lie == LyingModel.Lie.ANSWERS
                        ? Optional.of(other(engine, stored)) : Optional.empty()));
    }

    /// Starts a node whose models this makes.
    NodeServer startWith(String name, ModelLoader loader) throws Exception {
        NodeServer server = serve(name, loader, Listening.here(0));
        servers.add(server);
        return server;
    }

    ModelLoader engine() {
        return EngineModel.loader(kernel, pool);
    }

    private ModelHandle other(ModelLoader engine, StoredModel stored) throws IOException, ModelException {
        Path another = TinyModel.write(folder.resolve("other.gguf"), SIZES, 8);
        return engine.load(new StoredModel(
                stored.id(), stored.weightsRoot(), Files.size(another), another, false));
    }

    /// Closes node `i` and keeps a copy of all it has.
    void copy(int i, Path copy) throws Exception {
        int port = URI.create(url(i)).getPort();
        servers.get(i).close();
        copyTree(folder.resolve("node" + i), copy);
        servers.set(i, serve("node" + i, EngineModel.loader(kernel, pool), Listening.here(port)));
    }

    /// Goes on from a copy, as if what came after it had never been.
    void replace(int i, Path copy) throws Exception {
        int port = URI.create(url(i)).getPort();
        servers.get(i).close();
        Files.move(folder.resolve("node" + i), folder.resolve("gone" + i));
        copyTree(copy, folder.resolve("node" + i));
        marks++;
        servers.set(i, serve("node" + i, EngineModel.loader(kernel, pool), Listening.here(port)));
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.toList()) {
                Files.copy(path, to.resolve(from.relativize(path).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    /// Has node `i` answer somebody else; the bundle of that answer.
    byte[] logOneMore(int i) throws Exception {
        Node node = servers.get(i).node();
        byte[] body = ("{\"model\":\"" + NAME + "\",\"prompt\":\"x\",\"max_tokens\":2}")
                .getBytes(StandardCharsets.UTF_8);
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = http.send(HttpRequest.newBuilder(URI.create(url(i) + "/v1/completions"))
                    .header("Content-Type", "application/json").POST(BodyPublishers.ofByteArray(body)).build(),
                    BodyHandlers.ofString());
            ReceiptId id = ReceiptId.parse(answer.headers().firstValue("plumb-receipt").orElseThrow());
            return node.answers().bundle(node.receipts().byId(id).orElseThrow());
        }
    }

    /// The key of node `i`, as it states it.
    String key(int i) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(HttpRequest.newBuilder(URI.create(url(i) + "/v1/key")).build(), BodyHandlers.ofString())
                    .body();
        }
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

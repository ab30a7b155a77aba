package plumbline.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.StoredReceipt;
import plumbline.sdk.LogTiles;
import plumbline.verify.Bundle;
import plumbline.verify.MalformedException;
import plumbline.verify.ReceiptId;
import plumbline.verify.Secret;

/// Where the bundle to verify comes from. Whatever comes is only bytes: the verifier decides.
sealed interface BundleSource {

    byte[] read() throws Failure;

    /// The tiles of the log that the receipt is in, where the source has them.
    default Optional<LogTiles> tiles(String origin) throws Failure {
        return Optional.empty();
    }

    /// A bundle file; nothing else is needed.
    record OfFile(Path file) implements BundleSource {
        @Override
        public byte[] read() throws Failure {
            return VerifyCommand.read(file, Bundle.BYTES_MAX);
        }
    }

    /// Standard input.
    record OfInput(InputStream in) implements BundleSource {
        @Override
        public byte[] read() throws Failure {
            try {
                return in.readNBytes(Bundle.BYTES_MAX + 1);
            } catch (IOException e) {
                throw new Failure("can't read standard input: " + e.getMessage(), "");
            }
        }
    }

    /// A receipt of the node at hand: `PLUMB_NODE`, the running one, or the data folder itself.
    record OfReceipt(ReceiptId id, Path data) implements BundleSource {
        @Override
        public byte[] read() throws Failure {
            Optional<NodeLink> node = NodeLink.find(data);
            if (node.isPresent()) {
                return new NodeApi(node.get()).bundle(id.hex(), Optional.empty());
            }
            Path proxied = data.resolve(ProxyCommand.FOLDER).resolve(id.hex() + ".bundle");
            if (Files.exists(proxied)) {
                return VerifyCommand.read(proxied, Bundle.BYTES_MAX);
            }
            if (!Files.exists(data.resolve("node.db"))) {
                throw none("the data folder " + data + " has no receipts");
            }
            try (Node opened =
                    Node.open(data, ModelNames::loadsNothing, Node.Surroundings.system())) {
                StoredReceipt stored = opened.receipts().byId(id).orElseThrow(
                        () -> none("there is no receipt " + id.hex() + " in " + data));
                return opened.answers().bundle(stored);
            } catch (NodeException e) {
                throw new Failure(e.getMessage(), "");
            }
        }

        @Override
        public Optional<LogTiles> tiles(String origin) throws Failure {
            return NodeLink.find(data).map(node -> LogTiles.ofNode(node.client(), origin));
        }

        private static Failure none(String why) {
            return new Failure(why, "`plumb receipts` lists them; PLUMB_NODE=URL asks another"
                    + " node.");
        }
    }

    /// `http://127.0.0.1:8080/v1/receipts/ID`, with `#SECRET` for a receipt on another machine. The
    /// secret stays out of the address that is asked for, and so out of servers' logs.
    record OfUrl(NodeLink node, ReceiptId id, Optional<Secret> secret) implements BundleSource {
        @Override
        public byte[] read() throws Failure {
            return new NodeApi(node).bundle(id.hex(), secret);
        }

        @Override
        public Optional<LogTiles> tiles(String origin) {
            return Optional.of(LogTiles.ofNode(node.client(), origin));
        }
    }

    static BundleSource of(String subject, Path data, Terminal terminal) throws Failure {
        if (subject.equals("-")) {
            return new OfInput(terminal.in());
        }
        if (subject.startsWith("http://") || subject.startsWith("https://")) {
            return ofUrl(subject);
        }
        if (ModelNames.isFile(subject)) {
            return new OfFile(Path.of(subject));
        }
        try {
            return new OfReceipt(ReceiptId.parse(subject), data);
        } catch (MalformedException e) {
            throw new Failure("there is no file " + subject + ", and it is no receipt's id either"
                    + " (32 hex digits)", "");
        }
    }

    private static BundleSource ofUrl(String url) throws Failure {
        try {
            URI address = new URI(url);
            Matcher path = Pattern.compile("/v1/receipts/([0-9a-f]{32})/?")
                    .matcher(String.valueOf(address.getPath()));
            if (!path.matches()) {
                throw new Failure(url + " is no receipt's address: it must be"
                        + " http://HOST:PORT/v1/receipts/ID[#SECRET]", "");
            }
            String base = address.getScheme() + "://" + address.getRawAuthority();
            Optional<Secret> secret = address.getFragment() == null
                    ? Optional.empty()
                    : Optional.of(Secret.parseHex(address.getFragment()));
            return new OfUrl(NodeLink.open(base), ReceiptId.parse(path.group(1)), secret);
        } catch (URISyntaxException e) {
            throw new Failure(url + " is no address: " + e.getReason(), "");
        } catch (MalformedException e) {
            throw new Failure("the part behind # is no receipt's secret: " + e.getMessage(), "");
        }
    }
}

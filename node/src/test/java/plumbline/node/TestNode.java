package plumbline.node;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.verify.BoundarySalt;
import plumbline.verify.Commitment;
import plumbline.verify.Digest;
import plumbline.verify.Endpoint;
import plumbline.verify.Exchange;
import plumbline.verify.Nonce;
import plumbline.verify.Part;
import plumbline.verify.Price;
import plumbline.verify.Receipt;
import plumbline.verify.ReceiptId;
import plumbline.verify.Sampling;
import plumbline.verify.Secret;
import plumbline.verify.SeedSource;
import plumbline.verify.StopReason;
import plumbline.verify.TokenIds;

/// Nodes and receipts for tests.
final class TestNode {

    static final String MODEL = "test/fake";
    static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");

    private TestNode() {}

    /// A node with a fake model under the name [#MODEL].
    static Node open(Path home, FakeModel model) throws Exception {
        Node node = Node.open(home, _ -> model,
                new Node.Surroundings(InstantSource.fixed(NOW), new SecureRandom(), Optional.empty()));
        Path file = home.resolve("fake.gguf");
        // The id of a one-byte file is FakeModel.ID.
        Files.write(file, new byte[] {1});
        node.models().name(MODEL, node.models().add(file, (_, _) -> {}).id());
        return node;
    }

    /// The log of a data folder, with a high-water mark beside it.
    static LogWriter.Parts log(Path home, Database database, NodeKey key) throws NodeException {
        return log(home, database, key, DurableFiles.real());
    }

    static LogWriter.Parts log(Path home, Database database, NodeKey key, DurableFiles files)
            throws NodeException {
        return new LogWriter.Parts(new ReceiptStore(database), new LogFolder(home.resolve("log"), files),
                key, new HighWaterMark(Optional.of(home.resolve("marks")), key.verifierKey(), files),
                files);
    }

    static Database database(Path home) throws NodeException {
        return Database.open(home.resolve("node.db"), DurableFiles.real());
    }

    static LogFolder folder(Path home) throws NodeException {
        return new LogFolder(home.resolve("log"), DurableFiles.real());
    }

    static byte[] chatBody(String content, String more) {
        return ("{\"model\":\"" + MODEL + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + content
                + "\"}]" + more + "}").getBytes(StandardCharsets.UTF_8);
    }

    static InferenceRequest chat(byte[] body) throws Exception {
        return InferenceRequest.parse(InferenceRequest.CHAT, body, RequestDefaults.standard());
    }

    static Digest nonce(long n) {
        return Digest.sha256(("nonce " + n).getBytes(StandardCharsets.UTF_8));
    }

    static Exchange exchange(long n) {
        return new Exchange(("{\"n\":" + n + "}").getBytes(StandardCharsets.UTF_8),
                TokenIds.of(1, 2, (int) n), TokenIds.of(7), "text " + n, Optional.empty());
    }

    static Secret secret(long n) {
        return Secret.of(Digest.sha256(("secret " + n).getBytes(StandardCharsets.UTF_8)).bytes());
    }

    /// Receipt number n of a key; the same number gives the same receipt.
    static Receipt receipt(NodeKey key, long n) {
        Exchange exchange = exchange(n);
        Secret secret = secret(n);
        Commitment text = exchange.commitment(Part.TEXT, secret);
        return new Receipt(
                new ReceiptId("%032x".formatted(n)), Receipt.ARITHMETIC, FakeModel.ID,
                Digest.sha256(new byte[] {2}), key.verifierKey(),
                new Nonce(nonce(n), Nonce.ChosenBy.CLIENT), Endpoint.COMPLETIONS,
                exchange.commitment(Part.REQUEST, secret).digest(),
                exchange.commitment(Part.PROMPT, secret), exchange.commitment(Part.OUTPUT, secret),
                text, Sampling.greedy(), new SeedSource.FromNonce(), 1, StopReason.LENGTH, 0,
                BoundarySalt.of(new byte[32], nonce(n)), Price.FREE, Optional.empty(),
                Optional.empty(), NOW);
    }
}

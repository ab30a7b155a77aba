package plumbline.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.verify.BoundarySalt;
import plumbline.verify.Digest;
import plumbline.verify.Endpoint;
import plumbline.verify.Exchange;
import plumbline.verify.ModelId;
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
import plumbline.verify.VerifierKey;

/// Data folders with receipts in their logs that no model was needed for.
final class LogSamples {

    private LogSamples() {}

    /// Opens the folder, with the mark of this machine's logs, and appends receipts number `first` and on.
    static void fill(Path home, int first, int count) throws Exception {
        fill(home, first, count, Node.Surroundings.system());
    }

    static void fillWithoutMark(Path home, int first, int count) throws Exception {
        fill(home, first, count, new Node.Surroundings(
                InstantSource.system(), new SecureRandom(), Optional.empty()));
    }

    private static void fill(Path home, int first, int count, Node.Surroundings surroundings)
            throws Exception {
        try (Node node = Node.open(home, ModelNames::loadsNothing, surroundings)) {
            List<Thread> threads = new ArrayList<>();
            for (int n = first; n < first + count; n++) {
                int number = n;
                threads.add(Thread.startVirtualThread(() -> {
                    try {
                        node.log().append(receipt(node.key().verifierKey(), number), exchange(number),
                                secret(number));
                    } catch (NodeException e) {
                        throw new IllegalStateException(e);
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    static Exchange exchange(int n) {
        return new Exchange(("{\"n\":" + n + "}").getBytes(StandardCharsets.UTF_8),
                TokenIds.of(1, n), TokenIds.of(7), "text " + n, Optional.empty());
    }

    static Secret secret(int n) {
        return Secret.of(Digest.sha256(("secret " + n).getBytes(StandardCharsets.UTF_8)).bytes());
    }

    static ReceiptId id(int n) {
        return new ReceiptId("%032x".formatted(n));
    }

    static Receipt receipt(VerifierKey key, int n) {
        Exchange exchange = exchange(n);
        Digest nonce = Digest.sha256(("nonce " + n).getBytes(StandardCharsets.UTF_8));
        return new Receipt(
                id(n), Receipt.ARITHMETIC, new ModelId(nonce), nonce, key,
                new Nonce(nonce, Nonce.ChosenBy.CLIENT), Endpoint.COMPLETIONS,
                exchange.commitment(Part.REQUEST, secret(n)).digest(),
                exchange.commitment(Part.PROMPT, secret(n)), exchange.commitment(Part.OUTPUT, secret(n)),
                exchange.commitment(Part.TEXT, secret(n)), Sampling.greedy(), new SeedSource.FromNonce(), 1,
                StopReason.LENGTH, 0, BoundarySalt.of(new byte[32], nonce), Price.FREE, Optional.empty(),
                Optional.empty(), Instant.now().truncatedTo(ChronoUnit.MILLIS));
    }

    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)),
                        java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    /// Deletes a folder and puts a copy of another in its place.
    static void replace(Path home, Path backup) throws IOException {
        try (Stream<Path> files = Files.walk(home)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        copy(backup, home);
    }
}

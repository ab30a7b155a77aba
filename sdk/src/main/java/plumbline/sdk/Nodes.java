package plumbline.sdk;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import plumbline.sdk.NodeFailedException.Kind;
import plumbline.verify.VerifierKey;

/// The nodes that may be asked: how to reach each, whom it signs as, how it has done. Safe for threads.
final class Nodes {

    private static final long DRAIN_NANOS = 2_000_000_000L;

    private final Connections connections;
    private final List<NodeClient> clients = new ArrayList<>();
    private final Balancer balancer;
    private final LockFile lock;
    private final Consumer<String> notices;
    private final SecureRandom random = new SecureRandom();
    private final HedgeBudget hedges = new HedgeBudget();
    private final SetAside remembered;
    private final Map<Integer, String> setAside = new HashMap<>();
    private final BitSet lasting = new BitSet();
    private final BitSet closed = new BitSet();

    Nodes(List<NodeAddress> addresses, AccessKeys keys, LockFile lock, SetAside remembered, Connections connections,
            Consumer<String> notices) throws PlumblineException {
        this.connections = connections;
        this.remembered = remembered;
        for (NodeAddress address : addresses) {
            Optional<AccessKey> key = keys.of(address);
            clients.add(new NodeClient(address, key, connections));
            if (key.isPresent() && address.isInTheClear()) {
                notices.accept("the API key for " + address.url() + " travels in the clear: everybody on the way can"
                        + " read it, with what is asked and answered");
            }
        }
        this.balancer = new Balancer(addresses.size(), System.nanoTime());
        this.lock = lock;
        this.notices = notices;
        for (int node = 0; node < addresses.size(); node++) {
            Optional<SetAside.Entry> entry = remembered.of(addresses.get(node));
            if (entry.isPresent()) {
                setAside.put(node, entry.get().why());
                lasting.set(node);
                notices.accept("still set aside: the node at " + addresses.get(node).shown() + ", since "
                        + entry.get().since() + ": " + entry.get().why());
            }
        }
    }

    int count() {
        return clients.size();
    }

    Ticks ticks() {
        return connections.ticks();
    }

    NodeClient client(int node) {
        return clients.get(node);
    }

    /// A node to ask, which then counts as asked until [#ended].
    synchronized OptionalInt choose(BitSet excluded) {
        BitSet all = (BitSet) excluded.clone();
        setAside.keySet().forEach(all::set);
        OptionalInt chosen = balancer.choose(all, System.nanoTime(), random);
        chosen.ifPresent(balancer::began);
        return chosen;
    }

    HedgeBudget hedges() {
        return hedges;
    }

    synchronized void answered(int node, long afterNanos) {
        hedges.earn();
        closed.clear(node);
        balancer.answered(node, afterNanos, System.nanoTime());
    }

    synchronized void ended(int node) {
        balancer.ended(node);
    }

    synchronized void failed(int node, Kind kind) {
        if (kind == Kind.BUSY) {
            balancer.drained(node, System.nanoTime() + DRAIN_NANOS / 8);
        } else {
            balancer.failed(node, System.nanoTime(), random);
        }
    }

    synchronized void silent(int node) {
        failed(node, Kind.SILENT);
    }

    /// It answers, but not this.
    synchronized void refused(int node, Kind kind) {
        // Where others go on nobody would hear of it.
        if (kind == Kind.CLOSED) {
            failed(node, kind);
            if (!closed.get(node)) {
                closed.set(node);
                notices.accept("the node at " + client(node).address().shown() + " refuses to answer without an API"
                        + " key, or with the one it was shown. " + NodeClient.NEEDS_KEY);
            }
        }
    }

    synchronized long lateAfterNanos(int node) {
        return balancer.lateAfterNanos(node);
    }

    /// Asks a node for nothing any more: what it said was wrong.
    ///
    /// @param lasts after this client has ended too
    synchronized void setAside(int node, String why, boolean lasts) {
        if (setAside.putIfAbsent(node, why) == null) {
            lasting.set(node, lasts);
            notices.accept("set aside: the node at " + client(node).address().shown() + ": " + why);
            try {
                if (lasts) {
                    remembered.add(client(node).address(), why);
                }
            } catch (PlumblineException e) {
                notices.accept("that can't be remembered: " + e.getMessage());
            }
        }
    }

    /// What is said where nobody answers.
    synchronized PlumblineException nobody() {
        if (setAside.size() < count()) {
            return new PlumblineException("no node answers", "Are they running?");
        }
        StringBuilder why = new StringBuilder();
        setAside.forEach((node, what) -> why.append(why.isEmpty() ? "" : "; ")
                .append(client(node).address().shown()).append(": ").append(what));
        String cure = "Name another node.";
        if (!lasting.isEmpty()) {
            cure += " To ask one that was found wrong again all the same, delete its line in " + remembered.file()
                    + ", or start `plumb proxy` with --forgive and its URL.";
        }
        if (lasting.cardinality() < setAside.size()) {
            cure += " One that isn't what your policy or plumb.lock expects is asked again when those are changed and"
                    + " this program is started anew.";
        }
        return new PlumblineException("no node is left to ask, each was set aside: " + why, cure);
    }

    /// Those that were not set aside: the others are asked for nothing (F14).
    synchronized List<Integer> trusted() throws PlumblineException {
        List<Integer> all = IntStream.range(0, count()).filter(node -> !setAside.containsKey(node)).boxed().toList();
        if (all.isEmpty()) {
            throw nobody();
        }
        return all;
    }

    /// How many nodes there are but for these and those that were set aside.
    synchronized int left(BitSet excluded) {
        BitSet out = (BitSet) excluded.clone();
        setAside.keySet().forEach(out::set);
        return count() - out.cardinality();
    }

    /// The key that a node signs with: the pinned one, or the one that it states now, which is pinned then.
    VerifierKey signer(int node) throws PlumblineException {
        NodeAddress address = client(node).address();
        Optional<VerifierKey> pinned = lock.signer(address);
        if (pinned.isPresent()) {
            return pinned.get();
        }
        VerifierKey key = client(node).key();
        synchronized (lock) {
            Optional<VerifierKey> meanwhile = lock.signer(address);
            if (meanwhile.isPresent()) {
                return meanwhile.get();
            }
            VerifierKey kept = lock.pin(address, key);
            if (!kept.equals(key)) {
                return kept;
            }
        }
        notices.accept("pinned at first use: " + address.url() + " signs as " + key.encode());
        return key;
    }
}

package plumbline.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// One verification: the steps of spec/bundle.md section 4 in their order, and what they found.
///
/// Each step adds its checks and says whether to go on. Only the end of the chain accepts, so a
/// step that is left out or goes wrong can't. One use, one thread.
final class Verification {
    private final Expectations expectations;
    private final Trust trust;
    private final Optional<Function<OpenedBundle, ReplayOutcome>> replay;
    private final Ed25519 ed25519;
    private final Checklist checks = new Checklist();

    private Bundle bundle;
    private OpenedBundle opened;
    private Receipt receipt;
    private SignedNote note;
    private Checkpoint checkpoint;
    private boolean pinned;
    private String pinnedHow = "not pinned";
    private boolean consistent;
    private List<Policy.Cosigned> cosigned = List.of();
    private Optional<String> replayedBy = Optional.empty();

    Verification(Expectations expectations, Trust trust,
            Optional<Function<OpenedBundle, ReplayOutcome>> replay, Ed25519 ed25519) {
        this.expectations = expectations;
        this.trust = trust;
        this.replay = replay;
        this.ed25519 = ed25519;
    }

    Verdict run(byte[] bytes) {
        boolean accepted = reads(bytes)
                && opens()
                && isOfItsLog()
                && isSigned()
                && knowsAllSigners()
                && isInLog()
                && isSignerKnown()
                && isStillSigning()
                && isLogInPolicy()
                && continuesTheLog()
                && meetsQuorum()
                && isExpected()
                && replays();
        return accepted && !checks.hasFailed()
                ? new Verdict.Accepted(new VerifiedReceipt(opened, bundle.proof(), pinned,
                        consistent), checks.list(), facts())
                : checks.rejected();
    }

    private boolean reads(byte[] bytes) {
        BundleReader reader = new BundleReader();
        try {
            bundle = reader.read(bytes);
        } catch (MalformedException e) {
            return checks.fail("format", reader.stage(), e.getMessage());
        }
        receipt = bundle.receipt();
        note = bundle.proof().note();
        checkpoint = bundle.proof().checkpoint();
        return checks.pass("format", "bundle, receipt, parts and proof are in their one encoding");
    }

    private boolean opens() {
        return switch (Opening.of(bundle)) {
            case Opening.Opened open -> {
                opened = open.bundle();
                yield checks.pass("commitments", "the request, prompt, output and text in the"
                        + " bundle are the ones that the receipt commits to");
            }
            case Opening.Refused refused ->
                    checks.fail("commitments", refused.reason(), refused.detail());
        };
    }

    private boolean isOfItsLog() {
        return checkpoint.origin().equals(receipt.origin())
                ? checks.pass("origin", "the checkpoint is of the log that the receipt names")
                : checks.fail("origin", Reason.ORIGIN_MISMATCH, "the receipt names the log "
                        + Texts.show(receipt.origin()) + ", the checkpoint is of "
                        + Texts.show(checkpoint.origin()) + ": the proof belongs to another log");
    }

    private boolean isSigned() {
        VerifierKey key = receipt.node();
        NoteSignature first = note.signatures().getFirst();
        if (!key.isClaimedBy(first)) {
            return checks.fail("signature", Reason.SIGNED_BY_ANOTHER_KEY, "the receipt names the"
                    + " key " + key.encode() + ", but the checkpoint's first signature is of "
                    + Texts.show(first.name()) + " with key id %08x".formatted(first.keyId()));
        }
        return note.isSignedBy(key, ed25519)
                ? checks.pass("signature", "the checkpoint is signed by " + key.encode())
                : checks.fail("signature", Reason.SIGNATURE_INVALID, "the checkpoint's signature is"
                        + " not one by " + key.encode() + ": checkpoint, signature or key was"
                        + " changed");
    }

    /// Every line after the first must be of a witness of the reader's policy, and valid.
    private boolean knowsAllSigners() {
        List<Policy.Witness> witnesses = expectations.policy().map(Policy::witnesses)
                .orElse(List.of());
        List<NoteSignature> lines = note.signatures();
        for (NoteSignature line : lines.subList(1, lines.size())) {
            Optional<Policy.Witness> witness = witnesses.stream()
                    .filter(known -> known.key().isClaimedBy(line)).findFirst();
            if (witness.isEmpty()) {
                return checks.fail("cosignatures", Reason.SIGNATURE_UNKNOWN, "there is a signature"
                        + " of " + Texts.show(line.name()) + ", which is no witness of "
                        + (expectations.policy().isPresent() ? "the policy" : "yours")
                        + ": name it in a policy (--policy FILE), or ask for a bundle without it");
            }
            if (Cosignature.verify(witness.get().key(), note.text(), line, ed25519).isEmpty()) {
                return checks.fail("cosignatures", Reason.COSIGNATURE_INVALID, "the cosignature of"
                        + " the witness " + Texts.show(witness.get().name()) + " is not valid");
            }
        }
        return checks.pass("cosignatures", lines.size() == 1
                ? "there is none" : "all " + (lines.size() - 1) + " are valid");
    }

    private boolean isInLog() {
        Digest leaf = MerkleTree.leafHash(receipt.digest().bytes());
        long index = bundle.proof().index();
        return bundle.proof().includes(leaf)
                ? checks.pass("inclusion", "the receipt is entry " + index + " of "
                        + checkpoint.size() + " under the checkpoint")
                : checks.fail("inclusion", Reason.NOT_IN_LOG, "the proof doesn't lead from this"
                        + " receipt to entry " + index + " of the checkpoint with "
                        + checkpoint.size() + " entries: receipt or proof was changed, or they"
                        + " don't belong together");
    }

    private boolean isSignerKnown() {
        VerifierKey signer = receipt.node();
        if (expectations.key().isPresent()) {
            pinned = expectations.key().get().equals(signer);
            pinnedHow = "expected by you";
            if (!pinned && handsOver(expectations.key().get())) {
                return true;
            }
            return pinned
                    ? checks.pass("key", "the signer is the expected key")
                    : checks.fail("key", Reason.KEY_NOT_EXPECTED, "expected "
                            + expectations.key().get().encode() + ", signed by " + signer.encode());
        }
        Optional<VerifierKey> known = trust.pinned()
                .filter(key -> key.name().equals(receipt.origin()));
        if (known.isEmpty() && trust.pinned().isPresent() && handsOver(trust.pinned().get())) {
            return true;
        }
        if (known.isPresent()) {
            pinned = known.get().equals(signer);
            pinnedHow = "pinned";
            return pinned
                    ? checks.pass("key", "the signer is the key that is pinned for this log")
                    : checks.fail("key", Reason.KEY_NOT_PINNED_ONE, "pinned for this log is "
                            + known.get().encode() + ", signed by " + signer.encode()
                            + "; if the node changed its key, give the new one with --key KEY");
        }
        if (isNamedInPolicy()) {
            pinned = true;
            pinnedHow = "named in your policy";
            return checks.pass("key", "the policy names the signer as a log");
        }
        return replay.isPresent()
                ? checks.skip("key", "nobody pinned " + signer.encode() + "; the replay stands in")
                : checks.fail("key", Reason.SIGNER_NOT_PINNED, "signer not pinned: anybody could"
                        + " have signed as " + signer.encode() + "; add --key KEY, or --remember"
                        + " after you checked it, or --replay with the model");
    }

    /// Whether the signer is the successor or a predecessor of a key that the reader knows.
    private boolean handsOver(VerifierKey known) {
        if (!HandOver.leads(trust.handOvers(), known, receipt.node())) {
            return false;
        }
        pinned = true;
        pinnedHow = "handed over from or to " + known.encode();
        return checks.pass("key", "the signer and the known key " + known.encode()
                + " vouch for each other with a hand-over");
    }

    /// A key that has handed over has a last checkpoint, and signs nothing beyond it.
    private boolean isStillSigning() {
        Optional<Checkpoint> last = HandOver.retiring(trust.handOvers(), receipt.node()).map(HandOver::last);
        boolean isBeyond = last.isPresent() && (checkpoint.size() > last.get().size()
                || checkpoint.size() == last.get().size() && !checkpoint.root().equals(last.get().root()));
        return !isBeyond || checks.fail("hand-over", Reason.KEY_RETIRED, "the signer handed over to another key"
                + " at " + last.get().size() + " entries, but this checkpoint of " + checkpoint.size()
                + " entries goes beyond that: somebody has the old key");
    }

    private boolean isNamedInPolicy() {
        return expectations.policy().map(Policy::logs).orElse(List.of()).stream()
                .anyMatch(log -> log.key().equals(receipt.node()));
    }

    private boolean isLogInPolicy() {
        int logs = expectations.policy().map(policy -> policy.logs().size()).orElse(0);
        return logs == 0 || isNamedInPolicy() || checks.fail("policy", Reason.LOG_NOT_IN_POLICY,
                "the policy names " + logs + " logs, and " + receipt.node().encode()
                        + " is none of them");
    }

    private boolean continuesTheLog() {
        Optional<Checkpoint> before = trust.remembered()
                .filter(known -> known.key().equals(receipt.node()))
                .map(Trust.Remembered::checkpoint)
                .filter(known -> known.origin().equals(receipt.origin()));
        if (before.isEmpty()) {
            return checks.skip("consistency", "no checkpoint of this log is remembered");
        }
        Checkpoint known = before.get();
        if (known.size() == checkpoint.size()) {
            consistent = known.root().equals(checkpoint.root());
            return consistent
                    ? checks.pass("consistency", "it is the remembered checkpoint")
                    : checks.fail("consistency", Reason.FORK, "for " + known.size() + " entries the"
                            + " log had the root " + known.root().hex() + " before, and now "
                            + checkpoint.root().hex()
                            + ": it was rewritten. Keep both as evidence");
        }
        Checkpoint small = known.size() < checkpoint.size() ? known : checkpoint;
        Checkpoint large = small == known ? checkpoint : known;
        // Every log continues the empty one: that needs no proof.
        Optional<List<Digest>> proof = small.size() == 0
                ? Optional.of(List.of()) : trust.consistency();
        if (proof.isEmpty()) {
            return checks.skip("consistency", "no proof is at hand between the checkpoint and the"
                    + " remembered one with " + known.size() + " entries");
        }
        consistent = ConsistencyProof.verify(
                small.size(), small.root(), large.size(), large.root(), proof.get());
        return consistent
                ? checks.pass("consistency", "the log only grew between " + small.size() + " and "
                        + large.size() + " entries")
                : checks.fail("consistency", Reason.INCONSISTENT, "the proof doesn't show that the"
                        + " log with " + large.size() + " entries continues the one with "
                        + small.size() + ": the log was rewritten, or the proof is wrong");
    }

    private boolean meetsQuorum() {
        if (expectations.policy().isEmpty()) {
            return checks.skip("quorum", "no policy names witnesses");
        }
        return switch (expectations.policy().get().evaluateWitnesses(note, ed25519)) {
            case Policy.Outcome.Met met -> {
                cosigned = met.cosigned();
                yield checks.pass("quorum", cosigned.size() + " of " + witnessCount()
                        + " witnesses cosigned, which meets the policy");
            }
            case Policy.Outcome.NotMet not ->
                    checks.fail("quorum", Reason.QUORUM_NOT_MET, not.why());
        };
    }

    private boolean isExpected() {
        return new ExpectationChecks(expectations, opened, checks).all();
    }

    private boolean replays() {
        if (replay.isEmpty()) {
            return checks.skip("replay", "not asked for; add --replay with the model");
        }
        if (receipt.isUpstream()) {
            return checks.fail("replay", Reason.REPLAY_IMPOSSIBLE, "another server gave this answer, which the node"
                    + " passed on (upstream): nobody can re-run it, and the node's signature is all there is");
        }
        return switch (replay.get().apply(opened)) {
            case ReplayOutcome.Same same -> {
                replayedBy = Optional.of(same.by());
                yield checks.pass("replay", same.positions() + " positions re-run by " + same.by()
                        + ": the same bits");
            }
            case ReplayOutcome.Differs differs -> checks.fail("replay", Reason.REPLAY_DIFFERS,
                    differs.what() + " differs: " + differs.detail());
            case ReplayOutcome.Impossible impossible ->
                    checks.fail("replay", Reason.REPLAY_IMPOSSIBLE, impossible.why());
            case null -> checks.fail("replay", Reason.REPLAY_IMPOSSIBLE, "the replay gave nothing");
        };
    }

    private int witnessCount() {
        return expectations.policy().map(policy -> policy.witnesses().size()).orElse(0);
    }

    private List<Fact> facts() {
        String key = receipt.node().encode();
        List<Fact> facts = new ArrayList<>();
        facts.add(new Fact("signed", true, key, "signed by " + key + " (" + pinnedHow + ")"));
        facts.add(new Fact("in-log", true, key, "in the log: entry " + bundle.proof().index()
                + " of " + receipt.origin() + ", under a checkpoint of " + checkpoint.size()
                + (checkpoint.size() == 1 ? " entry" : " entries")));
        facts.add(cosigned.isEmpty()
                ? new Fact("witnessed", false, "", "not witnessed")
                : new Fact("witnessed", true, String.join(", ", cosigned.stream()
                        .map(one -> one.witness().name()).toList()),
                        "witnessed by " + cosigned.size() + " of " + witnessCount()));
        facts.add(consistent
                ? new Fact("consistent", true, "you", "consistency: checked against the remembered"
                        + " checkpoint of " + trust.remembered().orElseThrow().checkpoint().size()
                        + " entries")
                : new Fact("consistent", false, "", "consistency: not checked"));
        if (receipt.isUpstream()) {
            facts.add(new Fact("upstream", true, key, "upstream: another server gave the answer, says the node"));
        }
        facts.add(replayedBy
                .map(by -> new Fact("replayed", true, by, "replayed (by " + by + ")"))
                .orElse(new Fact("replayed", false, "", "not replayed")));
        return facts;
    }
}

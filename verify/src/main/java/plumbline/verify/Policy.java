package plumbline.verify;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SequencedMap;

/// Which logs and which witnesses a reader trusts, and how many witnesses must have cosigned: a
/// C2SP tlog-policy (spec/log.md, L80 to L92).
///
/// ```
/// log <vkey>
/// witness W1 <vkey>
/// witness W2 <vkey>
/// group both all W1 W2
/// quorum both
/// ```
///
/// Written by the reader, not by the one who is checked. Immutable.
public final class Policy {
    /// The longest policy file in bytes.
    public static final int BYTES_MAX = 256 * 1024;
    /// The most logs, the most witnesses and the most groups, each.
    public static final int DEFINITIONS_MAX = 256;

    /// A log whose checkpoints are accepted: the name of `key` is their origin.
    public record Log(VerifierKey key, Optional<String> url) {}

    /// A witness; `name` has a meaning inside the policy only.
    public record Witness(String name, VerifierKey key, Optional<String> url) {}

    /// `threshold` of `members`, which are names of witnesses and of groups defined before.
    record Group(int threshold, List<String> members) {}

    /// What became of a checkpoint under a policy.
    public sealed interface Outcome {
        /// The checkpoint is signed by `logs` (empty if only the witnesses were asked for) and the
        /// quorum is met by `cosigned`, which may be empty if the policy asks for no witness.
        record Met(List<VerifierKey> logs, List<Cosigned> cosigned) implements Outcome {}

        /// The checkpoint must not be used; `why` says which signature is missing or wrong.
        record NotMet(String why) implements Outcome {}
    }

    /// A witness whose cosignature was verified. `timestampSeconds` is POSIX time as it claims it.
    public record Cosigned(Witness witness, long timestampSeconds) {}

    private final List<Log> logs;
    private final List<Witness> witnesses;
    private final SequencedMap<String, Group> groups;
    private final Optional<String> quorum;

    Policy(List<Log> logs, List<Witness> witnesses, SequencedMap<String, Group> groups,
            Optional<String> quorum) {
        this.logs = List.copyOf(logs);
        this.witnesses = List.copyOf(witnesses);
        this.groups = groups;
        this.quorum = quorum;
    }

    /// Reads a policy file.
    public static Policy parse(byte[] file) throws MalformedException {
        return new PolicyParser().parse(file);
    }

    /// The logs, in the order of the file; empty if the reader knows the log from elsewhere.
    public List<Log> logs() {
        return logs;
    }

    /// The witnesses, in the order of the file.
    public List<Witness> witnesses() {
        return witnesses;
    }

    /// Whether the quorum asks for at least one witness; `quorum none` does not.
    public boolean requiresWitnesses() {
        return quorum.isPresent();
    }

    /// Whether a signature line claims to be of a log or a witness of this policy.
    public boolean knows(NoteSignature line) {
        return logs.stream().anyMatch(log -> log.key().isClaimedBy(line))
                || witnesses.stream().anyMatch(witness -> witness.key().isClaimedBy(line));
    }

    /// Whether a checkpoint is signed by a log of this policy and cosigned by the quorum. One wrong
    /// signature of a known key spoils the note; lines of unknown keys are not looked at.
    public Outcome evaluate(SignedNote note, Ed25519 ed25519) {
        String origin;
        try {
            origin = Checkpoint.parse(note.text()).origin();
        } catch (MalformedException e) {
            return new Outcome.NotMet(e.getMessage());
        }
        List<VerifierKey> signers = new ArrayList<>();
        for (Log log : logs) {
            if (note.signatures().stream().noneMatch(log.key()::isClaimedBy)) {
                continue;
            }
            if (!note.isSignedBy(log.key(), ed25519)) {
                return new Outcome.NotMet("the signature of the log "
                        + Texts.show(log.key().name()) + " does not verify");
            }
            if (log.key().name().equals(origin)) {
                signers.add(log.key());
            }
        }
        if (signers.isEmpty()) {
            return new Outcome.NotMet("none of the policy's " + logs.size()
                    + " logs has signed this checkpoint of " + Texts.show(origin));
        }
        return switch (evaluateWitnesses(note, ed25519)) {
            case Outcome.Met met -> new Outcome.Met(List.copyOf(signers), met.cosigned());
            case Outcome.NotMet notMet -> notMet;
        };
    }

    /// Whether a checkpoint is cosigned by the quorum; who signed it as its log is left to the
    /// caller. One wrong cosignature of a known witness spoils the note.
    public Outcome evaluateWitnesses(SignedNote note, Ed25519 ed25519) {
        try {
            Checkpoint.parse(note.text());
        } catch (MalformedException e) {
            return new Outcome.NotMet(e.getMessage());
        }
        List<Cosigned> cosigned = new ArrayList<>();
        for (Witness witness : witnesses) {
            Optional<Cosignature> first = Optional.empty();
            for (NoteSignature line : note.signatures()) {
                if (!witness.key().isClaimedBy(line)) {
                    continue;
                }
                Optional<Cosignature> verified =
                        Cosignature.verify(witness.key(), note.text(), line, ed25519);
                if (verified.isEmpty()) {
                    return new Outcome.NotMet("the cosignature of the witness "
                            + Texts.show(witness.name()) + " does not verify");
                }
                first = first.or(() -> verified);
            }
            first.ifPresent(cosignature ->
                    cosigned.add(new Cosigned(witness, cosignature.timestampSeconds())));
        }
        return isQuorum(cosigned)
                ? new Outcome.Met(List.of(), List.copyOf(cosigned))
                : new Outcome.NotMet("the quorum " + Texts.show(quorum.orElse("none"))
                        + " is not met: " + cosigned.size() + " of the policy's "
                        + witnesses.size() + " witnesses have cosigned");
    }

    private boolean isQuorum(List<Cosigned> cosigned) {
        if (quorum.isEmpty()) {
            return true;
        }
        Set<String> satisfied = new HashSet<>();
        cosigned.forEach(one -> satisfied.add(one.witness().name()));
        // Groups name only what was defined before them, so one pass in order settles all.
        groups.forEach((name, group) -> {
            if (group.members().stream().filter(satisfied::contains).count() >= group.threshold()) {
                satisfied.add(name);
            }
        });
        return satisfied.contains(quorum.get());
    }
}

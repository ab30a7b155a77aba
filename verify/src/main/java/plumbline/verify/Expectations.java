package plumbline.verify;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;

/// What a reader expects of an answer. What isn't named isn't checked. Immutable.
///
/// `Expectations.none().withKey(key).withModel(id)` and so on. Source: spec/bundle.md (V9-V13).
public final class Expectations {
    private static final Expectations NONE = new Expectations(Optional.empty(), Optional.empty(),
            Optional.empty(), Optional.empty(), OptionalLong.empty(), Optional.empty(),
            Optional.empty());

    private final Optional<VerifierKey> key;
    private final Optional<Policy> policy;
    private final Optional<ModelId> model;
    private final Optional<byte[]> request;
    private final OptionalLong seed;
    private final Optional<byte[]> answer;
    private final Optional<Digest> nonce;

    private Expectations(Optional<VerifierKey> key, Optional<Policy> policy,
            Optional<ModelId> model, Optional<byte[]> request, OptionalLong seed,
            Optional<byte[]> answer, Optional<Digest> nonce) {
        this.key = key;
        this.policy = policy;
        this.model = model;
        this.request = request;
        this.seed = seed;
        this.answer = answer;
        this.nonce = nonce;
    }

    /// Nothing is expected.
    public static Expectations none() {
        return NONE;
    }

    /// The node must have this key; a pinned key then doesn't count.
    public Expectations withKey(VerifierKey expected) {
        return new Expectations(
                Optional.of(expected), policy, model, request, seed, answer, nonce);
    }

    /// The log must be one that the policy names, if it names any, and its quorum must be met.
    public Expectations withPolicy(Policy expected) {
        return new Expectations(key, Optional.of(expected), model, request, seed, answer, nonce);
    }

    /// The answer must be this model's.
    public Expectations withModel(ModelId expected) {
        return new Expectations(key, policy, Optional.of(expected), request, seed, answer, nonce);
    }

    /// The request must have had exactly these bytes (copied).
    public Expectations withRequest(byte[] expected) {
        return new Expectations(
                key, policy, model, Optional.of(expected.clone()), seed, answer, nonce);
    }

    /// The answer's text must have exactly these bytes of UTF-8 (copied).
    public Expectations withAnswer(byte[] expected) {
        return new Expectations(
                key, policy, model, request, seed, Optional.of(expected.clone()), nonce);
    }

    /// The request must have given this seed.
    public Expectations withSeed(long expected) {
        return new Expectations(
                key, policy, model, request, OptionalLong.of(expected), answer, nonce);
    }

    /// The nonce must be this one, chosen by the client.
    public Expectations withNonce(Digest expected) {
        return new Expectations(key, policy, model, request, seed, answer, Optional.of(expected));
    }

    /// The expected key.
    public Optional<VerifierKey> key() {
        return key;
    }

    /// The reader's policy.
    public Optional<Policy> policy() {
        return policy;
    }

    /// The expected model.
    public Optional<ModelId> model() {
        return model;
    }

    /// The expected seed.
    public OptionalLong seed() {
        return seed;
    }

    /// The expected nonce.
    public Optional<Digest> nonce() {
        return nonce;
    }

    /// A copy of the expected request.
    public Optional<byte[]> request() {
        return request.map(byte[]::clone);
    }

    /// A copy of the expected answer.
    public Optional<byte[]> answer() {
        return answer.map(byte[]::clone);
    }

    boolean isRequest(byte[] found) {
        return request.map(expected -> Arrays.equals(expected, found)).orElse(true);
    }

    boolean isAnswer(byte[] found) {
        return answer.map(expected -> Arrays.equals(expected, found)).orElse(true);
    }
}

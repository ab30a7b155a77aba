package plumbline.sdk;

/// Where an answer's randomness comes from.
///
/// Every attempt at an answer must draw the same. A nonce can be used once by each node, so a client that leaves the
/// seed to the nonce could never go on at a node that has begun the answer before, after its restart say. So a seed is
/// drawn for whoever gives neither.
sealed interface SeedChoice {

    /// A seed in the request: the client's, or drawn for it.
    record InBody(long value) implements SeedChoice {}

    /// The client gave a nonce and no seed: every node is asked under this nonce.
    record OfNonce() implements SeedChoice {}
}

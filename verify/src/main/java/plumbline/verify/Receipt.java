package plumbline.verify;

import java.time.Instant;
import java.util.Optional;

/// What a node states about one answer: which model gave which output to which request, and how.
///
/// An immutable value with one encoding. A receipt carries no signature: its SHA-256 is an entry of
/// the node's log, and the node signs the log's checkpoints. That a receipt parses says nothing
/// about truth; [Verifier] does. Request, prompt, output and text stand as salted commitments.
/// The components are the lines of the text, in its order. Source: spec/receipt.md.
///
/// @param id the name that people see
/// @param arithmetic the arithmetic's version, 1..64 of `a-z 0-9 . -`
/// @param model SHA-256 of the model's file
/// @param weightsRoot RFC 6962 root over the file's pieces of 16,384 bytes
/// @param node the node's Ed25519 verifier key; its name is the log's origin
/// @param nonce the request's nonce
/// @param endpoint how the request is to be read
/// @param request commitment to the bytes of the request
/// @param prompt commitment to the prompt's token ids, at least one
/// @param output commitment to the whole answer's token ids
/// @param text commitment to the answer's text; the count is in bytes
/// @param sampling the sampler's parameters
/// @param seed where the randomness came from
/// @param maxTokens the most output ids that were allowed, 0..[#COUNT_MAX]
/// @param stop why the answer ended
/// @param choice which of the request's several answers, from 0
/// @param boundaries root of the boundary commitments (spec/boundaries.md)
/// @param price what it costs
/// @param payment a reference to the payment, 1..128 printable ASCII characters without space
/// @param prefix commitment to the output ids that were handed over when another began the answer
/// @param time when the answer was finished, by the node's clock, in whole milliseconds
public record Receipt(
        ReceiptId id,
        String arithmetic,
        ModelId model,
        Digest weightsRoot,
        VerifierKey node,
        Nonce nonce,
        Endpoint endpoint,
        Digest request,
        Commitment prompt,
        Commitment output,
        Commitment text,
        Sampling sampling,
        SeedSource seed,
        int maxTokens,
        StopReason stop,
        int choice,
        Digest boundaries,
        Price price,
        Optional<String> payment,
        Optional<Commitment> prefix,
        Instant time) {

    /// The arithmetic of this version.
    public static final String ARITHMETIC = "plumbline-exact-1";
    /// Stands in the place of an arithmetic where another server gave the answer (spec/upstream.md).
    public static final String UPSTREAM = "upstream";
    /// Most bytes of an encoded receipt.
    public static final int BYTES_MAX = 32 * 1024;
    /// Most token ids of a prompt or an output, most bytes of a text, and the highest max-tokens.
    public static final int COUNT_MAX = TokenIds.COUNT_MAX;
    /// The highest choice index.
    public static final int CHOICE_MAX = 65_535;

    /// Refuses values that the format can't express; a node must not make them.
    public Receipt {
        require(ReceiptText.isArithmetic(arithmetic), "arithmetic " + arithmetic);
        require(ReceiptText.isNode(node), "node key " + node);
        require(prompt.count() >= 1, "empty prompt");
        require(maxTokens >= 0 && maxTokens <= COUNT_MAX, "max-tokens " + maxTokens);
        require(choice >= 0 && choice <= CHOICE_MAX, "choice " + choice);
        require(payment.map(ReceiptText::isPayment).orElse(true), "payment " + payment);
        require(ReceiptText.isTime(time), "time " + time);
        for (Commitment counted : new Commitment[] {prompt, output, text}) {
            require(counted.count() <= COUNT_MAX, "count " + counted.count());
        }
        Optional<String> contradiction =
                ReceiptText.contradiction(output.count(), maxTokens, stop, prefix);
        require(contradiction.isEmpty(), contradiction.orElse(""));
        require(!arithmetic.equals(UPSTREAM) || ReceiptText.isNothing(boundaries), "boundaries of an upstream");
    }

    /// Whether another server gave the answer: then the node's word is all there is.
    public boolean isUpstream() {
        return arithmetic.equals(UPSTREAM);
    }

    /// Reads a receipt; `encode` of the result gives exactly these bytes.
    public static Receipt parse(byte[] bytes) throws MalformedException {
        return ReceiptText.parse(bytes);
    }

    /// The one encoding, ASCII.
    public byte[] encode() {
        return Ascii.bytes(ReceiptText.of(this));
    }

    /// The data of the log entry: SHA-256 of the encoding.
    public Digest digest() {
        return Digest.sha256(encode());
    }

    /// The log's origin: the name of the node's key.
    public String origin() {
        return node.name();
    }

    /// The commitment to a part, or nothing where the receipt has no such part.
    public Optional<Digest> commitment(Part part) {
        return switch (part) {
            case REQUEST -> Optional.of(request);
            case PROMPT -> Optional.of(prompt.digest());
            case OUTPUT -> Optional.of(output.digest());
            case TEXT -> Optional.of(text.digest());
            case PREFIX -> prefix.map(Commitment::digest);
        };
    }

    private static void require(boolean good, String what) {
        if (!good) {
            throw new IllegalArgumentException("not a receipt: " + what);
        }
    }
}

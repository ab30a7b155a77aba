package plumbline.sdk;

import java.util.List;
import plumbline.verify.Digest;
import plumbline.verify.ReceiptId;
import plumbline.verify.Secret;

/// What a node that was lost had sent of an answer. It may have a receipt for its part, or get one when it notices that
/// nobody listens any more: [Plumbline#lostReceipt].
public final class LostPart {

    final int node;
    final Secret secret;
    final byte[] body;
    final Digest nonce;
    private final String url;
    private final ReceiptId receipt;
    private final List<Integer> tokens;

    LostPart(int node, String url, ReceiptId receipt, Secret secret, byte[] body, Digest nonce, List<Integer> tokens) {
        this.node = node;
        this.url = url;
        this.receipt = receipt;
        this.secret = secret;
        this.body = body;
        this.nonce = nonce;
        this.tokens = List.copyOf(tokens);
    }

    /// The node's address.
    public String url() {
        return url;
    }

    /// The id that its receipt has, where there is one.
    public ReceiptId receipt() {
        return receipt;
    }

    /// The output ids that it sent, those that it was handed before them.
    public List<Integer> tokens() {
        return tokens;
    }
}

package plumbline.node;

import java.util.Optional;
import java.util.function.Consumer;
import plumbline.verify.Receipt;

/// Which API key an answer is counted for.
///
/// @param key its id; it is counted in the database, in the transaction of the receipt
/// @param committed told of the receipt right after that transaction, on the log's thread, once
public record Charge(Optional<String> key, Consumer<Receipt> committed) {

    /// No key's answer.
    public static final Charge NOBODY = new Charge(Optional.empty(), _ -> {});
}

package plumbline.node;

import java.util.Optional;
import java.util.function.Consumer;
import plumbline.verify.Receipt;

/// Which API key an answer is counted for.
///
/// @param key its id; it is counted in the database, in the transaction of the receipt
/// @param logged told of the receipt when it is in the log
public record Charge(Optional<String> key, Consumer<Receipt> logged) {

    /// No key's answer.
    public static final Charge NOBODY = new Charge(Optional.empty(), _ -> {});
}

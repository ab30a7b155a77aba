package plumbline.verify;

import java.util.HexFormat;

/// The name that people see of a receipt: 128 random bits as 32 hex digits.
///
/// It is no digest: it says nothing about the content. Source: spec/receipt.md (R6).
///
/// @param hex 32 lowercase hex digits
public record ReceiptId(String hex) {
    private static final int BYTES = 16;

    /// Refuses anything but 32 lowercase hex digits.
    public ReceiptId {
        if (!Ascii.isHex(hex, 2 * BYTES)) {
            throw new IllegalArgumentException("a receipt id is 32 lowercase hex digits: " + hex);
        }
    }

    /// The id with these 16 bytes.
    public static ReceiptId of(byte[] bytes16) {
        return new ReceiptId(HexFormat.of().formatHex(bytes16));
    }

    /// Reads 32 lowercase hex digits.
    public static ReceiptId parse(String text) throws MalformedException {
        if (!Ascii.isHex(text, 2 * BYTES)) {
            throw Malformed.value("receipt id", text, "must be 32 lowercase hex digits");
        }
        return new ReceiptId(text);
    }

    @Override
    public String toString() {
        return hex;
    }
}

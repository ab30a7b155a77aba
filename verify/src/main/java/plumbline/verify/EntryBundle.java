package plumbline.verify;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The bytes of up to 256 consecutive log entries: for each its length as a big-endian 16-bit
/// number, then the entry (C2SP tlog-tiles, "Log entries"; spec/log.md, L56 and L57).
public final class EntryBundle {
    /// The longest entry in bytes. Ours have 32: the SHA-256 of a receipt.
    public static final int ENTRY_BYTES_MAX = 0xffff;

    private static final int LENGTH_BYTES = 2;

    private EntryBundle() {}

    /// The bundle of these entries.
    public static byte[] encode(List<byte[]> entries) {
        ByteArrayOutputStream bundle = new ByteArrayOutputStream();
        for (byte[] entry : entries) {
            if (entry.length > ENTRY_BYTES_MAX) {
                throw new IllegalArgumentException("an entry of " + entry.length + " bytes");
            }
            bundle.write(entry.length >>> 8);
            bundle.write(entry.length);
            bundle.writeBytes(entry);
        }
        return bundle.toByteArray();
    }

    /// The entries of a bundle that must hold exactly `width` of them. They are nobody's word until
    /// their leaf hashes are those of a tile that belongs to a checkpoint.
    public static List<byte[]> parse(byte[] bundle, int width) throws MalformedException {
        List<byte[]> entries = new ArrayList<>();
        int at = 0;
        while (at < bundle.length) {
            if (bundle.length - at < LENGTH_BYTES || entries.size() == width) {
                throw malformed(at, "bytes behind the last of " + entries.size() + " entries");
            }
            int length = (bundle[at] & 0xff) << 8 | bundle[at + 1] & 0xff;
            at += LENGTH_BYTES;
            if (bundle.length - at < length) {
                throw malformed(at, "an entry of " + length + " bytes, but only "
                        + (bundle.length - at) + " are left");
            }
            entries.add(Arrays.copyOfRange(bundle, at, at + length));
            at += length;
        }
        if (entries.size() != width) {
            throw malformed(at, "expected " + width + " entries, found " + entries.size());
        }
        return List.copyOf(entries);
    }

    private static MalformedException malformed(int at, String what) {
        return MalformedException.atOffset("entry bundle", at, what);
    }
}

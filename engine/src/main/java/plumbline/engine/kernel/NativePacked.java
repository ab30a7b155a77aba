package plumbline.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import plumbline.exact.Matrix;

/// A matrix packed by the native kernel, outside the Java heap; the layout is in plumbline.c. The
/// instruction sets share one layout.
///
/// Groups of rows are packed when they are first asked for, by the thread that asks: so a model is there at once, its
/// weights are read by all threads, and what is packed is multiplied while it is near. Safe for threads.
final class NativePacked implements Packed {

    private static final int IN_FILE = 0;
    private static final int BEING_PACKED = 1;
    private static final int PACKED = 2;
    private static final int TOO_WIDE = 3;

    private final Matrix file;
    private final int format;
    private final MemorySegment weights;
    private final int group;
    private final AtomicIntegerArray states; // of groups
    private final AtomicInteger left;
    private volatile boolean complete;       // all are packed, and none is too wide

    /// Nothing of `file` is packed yet.
    ///
    /// @param format number of the format in plumbline.c
    /// @param weights room for it
    /// @param group rows packed together
    NativePacked(Matrix file, int format, MemorySegment weights, int group) {
        this.file = file;
        this.format = format;
        this.weights = weights;
        this.group = group;
        states = new AtomicIntegerArray(Math.ceilDiv(file.rows(), group));
        left = new AtomicInteger(states.length());
    }

    @Override
    public int rows() {
        return file.rows();
    }

    @Override
    public int columns() {
        return file.columns();
    }

    /// The matrix as it lies in the file.
    MappedMatrix inFile() {
        return new MappedMatrix(file);
    }

    int format() {
        return format;
    }

    MemorySegment weights() {
        return weights;
    }

    /// Sees to it that rows `from .. to` are packed, `from` a multiple of a group's. False where one of their scales is
    /// too large for the products in C.
    boolean ready(NativeLibrary library, int from, int to) {
        if (complete) {
            return true;
        }
        boolean ready = true;
        for (int i = from / group; i * group < to; i++) {
            while (states.get(i) <= BEING_PACKED) {
                if (states.compareAndSet(i, IN_FILE, BEING_PACKED)) {
                    pack(library, i);
                } else {
                    Thread.onSpinWait(); // a group takes some microseconds
                }
            }
            ready &= states.get(i) == PACKED;
        }
        return ready;
    }

    private void pack(NativeLibrary library, int i) {
        int state = IN_FILE;
        try {
            int from = i * group;
            int count = Math.min(group, rows() - from);
            long rowBytes = file.format().rowBytes(columns());
            boolean wide = library.pack(format, count, columns(),
                    file.data().asSlice(from * rowBytes, count * rowBytes),
                    weights.asSlice(library.packedBytes(format, from, columns())));
            state = wide ? TOO_WIDE : PACKED;
        } finally {
            states.set(i, state);
        }
        if (left.decrementAndGet() == 0) {
            boolean wide = false;
            for (int k = 0; k < states.length(); k++) {
                wide |= states.get(k) == TOO_WIDE;
            }
            complete = !wide;
            if (!wide && file.data().isMapped()) {
                file.data().unload(); // else its pages stayed in memory beside what was packed
            }
        }
    }
}

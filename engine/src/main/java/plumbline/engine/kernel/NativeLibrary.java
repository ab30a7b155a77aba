package plumbline.engine.kernel;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import java.util.Optional;
import plumbline.exact.KeyValues;

/// The compiled C part (`engine/src/main/native`), its functions bound once. Safe for threads.
///
/// Calls pass Java arrays without copying; the collector waits while one is under way, so calls must
/// be short. C trusts its arguments: who calls has checked every length.
final class NativeLibrary {

    /// What the library must answer; see `VERSION` in plumbline.c.
    static final int VERSION = 2;

    private static final AddressLayout POINTER = ValueLayout.ADDRESS;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private record Functions(MethodHandle version, MethodHandle sets, MethodHandle packedBytes,
            MethodHandle pack, MethodHandle allocate, MethodHandle free, MethodHandle multiply,
            MethodHandle attend, MethodHandle rotate, MethodHandle gate) {}

    /// Names the library's file, where it isn't in its usual place.
    private static final String PLACE = "plumbline.native";

    private final SymbolLookup lookup;
    private final Functions c;
    private final Optional<MethodHandle> sha256;

    // Bound when they are first used: an answer needs neither, and each takes a while.
    private volatile MethodHandle scores;
    private volatile MethodHandle mix;

    private NativeLibrary(SymbolLookup lookup) {
        this.lookup = lookup;
        c = bind(lookup);
        sha256 = (sets() >> InstructionSet.SHA & 1) == 0 ? Optional.empty()
                : Optional.of(function(lookup, "sha256", nothing(POINTER, POINTER, POINTER, INT, POINTER)));
    }

    /// The file that the system property `plumbline.native` names, else the one in the folder `native`
    /// beside this program's jars.
    static Path place() {
        String named = System.getProperty(PLACE);
        if (named != null) {
            return Path.of(named).toAbsolutePath();
        }
        try {
            Path jar = Path.of(NativeLibrary.class.getProtectionDomain().getCodeSource().getLocation()
                    .toURI());
            return jar.resolveSibling("native").resolve(System.mapLibraryName("plumbline"));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e); // a class path entry is a URI
        }
    }

    /// Loads the library in file `path`, which stays loaded until the JVM ends.
    @SuppressWarnings("restricted") // what native code may do is plumbline.c's promise
    static NativeLibrary open(Path path) throws KernelUnavailableException {
        if (!Files.isRegularFile(path)) {
            throw new KernelUnavailableException("kernel \"native\" needs the library "
                    + path.getFileName() + ", which is not in " + path.getParent()
                    + "; it is compiled with the program where there is a C compiler: install gcc or"
                    + " clang and build again, or use kernel \"vector\"");
        }
        NativeLibrary library;
        try {
            library = new NativeLibrary(SymbolLookup.libraryLookup(path, Arena.global()));
        } catch (IllegalArgumentException | UnsupportedOperationException
                | NoSuchElementException e) {
            throw new KernelUnavailableException("kernel \"native\": " + path
                    + " can't be loaded (" + e.getMessage() + "); delete it and build again, or use"
                    + " kernel \"vector\"");
        }
        int version = library.version();
        if (version != VERSION) {
            throw new KernelUnavailableException("kernel \"native\": " + path + " is version "
                    + version + ", but this program needs version " + VERSION
                    + "; delete it and build again, or use kernel \"vector\"");
        }
        return library;
    }

    private static Functions bind(SymbolLookup lookup) {
        return new Functions(
                function(lookup, "version", FunctionDescriptor.of(INT)),
                function(lookup, "sets", FunctionDescriptor.of(INT)),
                function(lookup, "packed_bytes", FunctionDescriptor.of(LONG, INT, INT, INT)),
                function(lookup, "pack",
                        FunctionDescriptor.of(INT, INT, INT, INT, POINTER, POINTER)),
                function(lookup, "allocate", FunctionDescriptor.of(POINTER, LONG)),
                function(lookup, "free", nothing(POINTER)),
                function(lookup, "multiply", nothing(INT, INT, POINTER, POINTER, POINTER, POINTER,
                        INT, INT, INT, INT, INT)),
                function(lookup, "attend", nothing(INT, POINTER, POINTER, INT, POINTER, POINTER,
                        POINTER, POINTER, INT, INT, INT, POINTER, POINTER, INT)),
                function(lookup, "rotate", FunctionDescriptor.of(INT, INT, POINTER, INT, INT, INT, INT,
                        POINTER, POINTER, INT, LONG, POINTER, INT)),
                function(lookup, "gate", FunctionDescriptor.of(INT, INT, POINTER, INT, POINTER,
                        POINTER, INT, INT, POINTER, INT)));
    }

    private static FunctionDescriptor nothing(MemoryLayout... parameters) {
        return FunctionDescriptor.ofVoid(parameters);
    }

    @SuppressWarnings("restricted")
    private static MethodHandle function(SymbolLookup lookup, String name,
            FunctionDescriptor types) {
        return Linker.nativeLinker().downcallHandle(lookup.findOrThrow("plumb_" + name), types,
                Linker.Option.critical(true));
    }

    private int version() {
        try {
            return (int) c.version.invokeExact();
        } catch (Throwable e) {
            throw thrown(e);
        }
    }

    /// Bit i is set where [InstructionSet] i works here.
    int sets() {
        try {
            return (int) c.sets.invokeExact();
        } catch (Throwable e) {
            throw thrown(e);
        }
    }

    long packedBytes(int format, int rows, int columns) {
        try {
            return (long) c.packedBytes.invokeExact(format, rows, columns);
        } catch (Throwable e) {
            throw thrown(e);
        }
    }

    /// Packs the matrix in `file`; whether its scales are too large for the products here.
    boolean pack(int format, int rows, int columns, MemorySegment file, MemorySegment packed) {
        try {
            return (int) c.pack.invokeExact(format, rows, columns, file, packed) != 0;
        } catch (Throwable e) {
            throw thrown(e);
        }
    }

    /// Memory with any contents, freed once nothing refers to it.
    @SuppressWarnings("restricted")
    MemorySegment allocate(long bytes) {
        MemorySegment memory;
        try {
            memory = (MemorySegment) c.allocate.invokeExact(bytes);
        } catch (Throwable e) {
            throw thrown(e);
        }
        if (memory.address() == 0) {
            throw new OutOfMemoryError("no " + bytes + " bytes for packed weights");
        }
        return memory.reinterpret(bytes, Arena.ofAuto(), this::free);
    }

    private void free(MemorySegment memory) {
        try {
            c.free.invokeExact(memory);
        } catch (Throwable e) {
            throw thrown(e);
        }
    }

    /// `exponents` is null for exact sums, else results are wide values.
    void multiply(int set, NativePacked w, short[] x, int[] exponents, int count, long[] y, int from,
            int to) {
        MemorySegment e = exponents == null ? MemorySegment.NULL : MemorySegment.ofArray(exponents);
        try {
            c.multiply.invokeExact(set, w.format(), w.weights(), MemorySegment.ofArray(x), e,
                    MemorySegment.ofArray(y), w.rows(), w.columns(), count, from, to);
        } catch (Throwable t) {
            throw thrown(t);
        }
    }

    void scores(int set, short[] q, int qAt, short[] k, int kAt, int size, int positions, long[] out,
            int outAt) {
        MethodHandle bound = scores;
        if (bound == null) {
            bound = function(lookup, "scores", nothing(INT, POINTER, INT, POINTER, INT, INT, INT, POINTER, INT));
            scores = bound;
        }
        try {
            bound.invokeExact(set, MemorySegment.ofArray(q), qAt, MemorySegment.ofArray(k), kAt,
                    size, positions, MemorySegment.ofArray(out), outAt);
        } catch (Throwable e) {
            throw thrown(e);
        }
    }

    void mix(int set, int[] w, short[] v, int vAt, int size, int positions, long[] out, int outAt) {
        MethodHandle bound = mix;
        if (bound == null) {
            bound = function(lookup, "mix", nothing(INT, POINTER, POINTER, INT, INT, INT, POINTER, INT));
            mix = bound;
        }
        try {
            bound.invokeExact(set, MemorySegment.ofArray(w), MemorySegment.ofArray(v), vAt, size,
                    positions, MemorySegment.ofArray(out), outAt);
        } catch (Throwable e) {
            throw thrown(e);
        }
    }

    void attend(int set, MemorySegment table, short[] q, int eq, KeyValues rows, int head, int from,
            int count, long[] scratch, long[] out, int at) {
        try {
            c.attend.invokeExact(set, table, MemorySegment.ofArray(q), eq,
                    MemorySegment.ofArray(rows.keys(head)),
                    MemorySegment.ofArray(rows.keyExponents(head)),
                    MemorySegment.ofArray(rows.values(head)),
                    MemorySegment.ofArray(rows.valueExponents(head)), rows.headSize(), from, count,
                    MemorySegment.ofArray(scratch), MemorySegment.ofArray(out), at);
        } catch (Throwable e) {
            throw thrown(e);
        }
    }

    int rotate(int set, long[] z, int at, int size, int pairs, boolean halves, int[] cos, int[] sin,
            int tableAt, long scale, short[] xq, int xqAt) {
        try {
            return (int) c.rotate.invokeExact(set, MemorySegment.ofArray(z), at, size, pairs,
                    halves ? 1 : 0, MemorySegment.ofArray(cos), MemorySegment.ofArray(sin), tableAt,
                    scale, MemorySegment.ofArray(xq), xqAt);
        } catch (Throwable e) {
            throw thrown(e);
        }
    }

    int gate(int set, MemorySegment table, boolean gelu, long[] gate, long[] up, int rowAt, int count,
            short[] xq, int at) {
        try {
            return (int) c.gate.invokeExact(set, table, gelu ? 1 : 0, MemorySegment.ofArray(gate),
                    MemorySegment.ofArray(up), rowAt, count, MemorySegment.ofArray(xq), at);
        } catch (Throwable e) {
            throw thrown(e);
        }
    }

    /// Takes two messages further through SHA-256, as [PairDigest] has them; false where the processor can't.
    boolean compress(byte[] first, byte[] second, int[] state) {
        if (sha256.isEmpty()) {
            return false;
        }
        try {
            sha256.get().invokeExact(MemorySegment.ofArray(PairDigest.CONSTANTS), MemorySegment.ofArray(first),
                    MemorySegment.ofArray(second), first.length / 64, MemorySegment.ofArray(state));
            return true;
        } catch (Throwable e) {
            throw thrown(e);
        }
    }

    private static RuntimeException thrown(Throwable e) {
        return switch (e) {
            case Error error -> throw error;
            case RuntimeException exception -> exception;
            default -> new IllegalStateException(e); // no C function throws
        };
    }
}

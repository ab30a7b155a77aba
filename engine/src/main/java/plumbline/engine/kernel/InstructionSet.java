package plumbline.engine.kernel;

/// What the native kernel was compiled for, slowest first. Numbered as in plumbline.c. PORTABLE has no products.
enum InstructionSet {
    PORTABLE,
    AVX2,
    AVX512,
    NEON;

    /// The number after them: what an x86 processor has for SHA-256.
    static final int SHA = 4;

    /// Whether `sets`, the answer of [NativeLibrary#sets], has this one.
    boolean in(int sets) {
        return (sets >> ordinal() & 1) != 0;
    }
}

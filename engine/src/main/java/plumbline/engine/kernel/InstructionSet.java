package plumbline.engine.kernel;

/// What the native kernel was compiled for, slowest first. Numbered as in plumbline.c. PORTABLE has no products.
enum InstructionSet {
    PORTABLE,
    AVX2,
    AVX512,
    NEON;

    /// Whether `sets`, the answer of [NativeLibrary#sets], has this one.
    boolean in(int sets) {
        return (sets >> ordinal() & 1) != 0;
    }
}

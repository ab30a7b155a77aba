package plumbline.engine.kernel;

/// Weights as one kernel wants them. Only the kernel that packed them can multiply with them.
public sealed interface Packed permits MappedMatrix, VectorMatrix, VectorFloats, NativePacked {

    /// Outputs.
    int rows();

    /// Inputs.
    int columns();
}

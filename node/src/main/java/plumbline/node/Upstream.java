package plumbline.node;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import plumbline.verify.MalformedException;

/// A model that another server has, behind an API like OpenAI's. It lies in the model store as a file of its own, whose
/// SHA-256 is the model's id:
///
/// ```
/// plumbline upstream v1
/// url http://127.0.0.1:9000/v1
/// model llama-3
/// key-env PLUMB_UPSTREAM_KEY      (or -)
/// ```
///
/// Source: spec/upstream.md.
///
/// @param url without a slash at the end; `/chat/completions` is put behind it
/// @param model what that server calls it
/// @param keyVariable the environment variable that has the key for that server
public record Upstream(String url, String model, Optional<String> keyVariable) {

    private static final String TITLE = "plumbline upstream v1\n";
    private static final int BYTES_MAX = 4096;
    private static final Pattern FORM = Pattern.compile(
            "plumbline upstream v1\nurl ([!-~]{1,2048})\nmodel ([ -~]{1,256})\nkey-env (-|[A-Z0-9_]{1,64})\n");
    // A variable that was meant for this, since the value is sent to whoever is at the address.
    private static final String VARIABLE_PREFIX = "PLUMB_UPSTREAM_";

    /// Reads a description.
    ///
    /// @throws MalformedException if it is none
    public static Upstream parse(byte[] bytes) throws MalformedException {
        Matcher matcher = FORM.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
        if (bytes.length > BYTES_MAX || !matcher.matches()) {
            throw new MalformedException("upstream", "it isn't the title and the lines url, model and key-env");
        }
        Optional<String> variable = Optional.of(matcher.group(3)).filter(name -> !name.equals("-"));
        Upstream upstream = new Upstream(matcher.group(1), matcher.group(2), variable);
        upstream.check();
        return upstream;
    }

    /// Whether a file says that it is one.
    static boolean isOne(Path file) throws IOException {
        byte[] title = TITLE.getBytes(StandardCharsets.US_ASCII);
        try (var in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(title.length), title);
        }
    }

    static Upstream read(Path file) throws IOException, MalformedException {
        try (var in = Files.newInputStream(file)) {
            return parse(in.readNBytes(BYTES_MAX + 1));
        }
    }

    private void check() throws MalformedException {
        if (keyVariable.isPresent() && !keyVariable.get().startsWith(VARIABLE_PREFIX)) {
            throw new MalformedException("upstream", "the variable with the key must begin with " + VARIABLE_PREFIX);
        }
        try {
            URI uri = new URI(url);
            boolean isWeb = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (isWeb && uri.getHost() != null && uri.getRawUserInfo() == null && uri.getRawQuery() == null
                    && uri.getRawFragment() == null && !url.endsWith("/")) {
                return;
            }
        } catch (URISyntaxException e) {
            // Said below.
        }
        throw new MalformedException("upstream",
                "the url must be like http://127.0.0.1:9000/v1, without user, query and slash at the end");
    }

    /// The file.
    ///
    /// @throws MalformedException if the values can't stand in one
    public byte[] encode() throws MalformedException {
        byte[] bytes = (TITLE + "url " + url + "\nmodel " + model + "\nkey-env " + keyVariable.orElse("-") + "\n")
                .getBytes(StandardCharsets.UTF_8);
        parse(bytes);
        return bytes;
    }
}

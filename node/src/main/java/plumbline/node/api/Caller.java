package plumbline.node.api;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Optional;

/// Who asks, as far as the connection and its headers tell. Source: spec/api.md A40, A41.
public final class Caller {

    private static final String BEARER = "Bearer ";
    private static final String[] FORWARDED = {"forwarded", "x-forwarded-for", "x-real-ip", "via"};

    private final ServerRequest request;

    /// Who sent this request.
    public Caller(ServerRequest request) {
        this.request = request;
    }

    /// Whether the caller sits at this machine. A loopback address is not enough: a proxy in front has
    /// one too, and so has a browser that a foreign page sent here under its own host name.
    public boolean isLocal() {
        for (String name : FORWARDED) {
            if (request.headers().contains(HeaderNames.create(name))) {
                return false;
            }
        }
        return request.remotePeer().address() instanceof InetSocketAddress peer
                && peer.getAddress() != null
                && peer.getAddress().isLoopbackAddress()
                && isLoopbackName(request.authority());
    }

    /// Whether a `Host` names this machine.
    public static boolean isLoopbackName(String authority) {
        String host = authority.toLowerCase(Locale.ROOT);
        int colon = host.lastIndexOf(':');
        if (colon > host.lastIndexOf(']')) {
            host = host.substring(0, colon);
        }
        return host.equals("localhost") || host.equals("127.0.0.1") || host.equals("[::1]");
    }

    /// Who shares the queue with others as one: the address that the connection comes from.
    public String name() {
        return request.remotePeer().address() instanceof InetSocketAddress peer && peer.getAddress() != null
                ? peer.getAddress().getHostAddress() : "";
    }

    /// The receipt's secret or the token that the caller shows, unchecked.
    public Optional<String> credential() {
        Optional<String> secret = header("plumb-receipt-secret");
        return secret.isPresent() ? secret : bearer();
    }

    /// The API key that the caller shows, unchecked. Two different ones are none that could be right.
    public Optional<String> apiKey() {
        Optional<String> key = header("x-api-key");
        Optional<String> bearer = bearer();
        return key.isPresent() && bearer.isPresent() && !key.equals(bearer)
                ? Optional.of(key.get() + " " + bearer.get()) : key.or(() -> bearer);
    }

    /// The token in `Authorization: Bearer`.
    public Optional<String> bearer() {
        return header("authorization")
                .filter(value -> value.regionMatches(true, 0, BEARER, 0, BEARER.length()))
                .map(value -> value.substring(BEARER.length()));
    }

    /// Whether the caller shows this token. Takes as long wherever they differ.
    public boolean shows(String token) {
        byte[] shown = bearer().orElse("").getBytes(StandardCharsets.UTF_8);
        return MessageDigest.isEqual(shown, token.getBytes(StandardCharsets.UTF_8));
    }

    /// A header's first value.
    public Optional<String> header(String name) {
        var header = HeaderNames.create(name);
        return request.headers().contains(header)
                ? Optional.of(request.headers().get(header).get())
                : Optional.empty();
    }
}
